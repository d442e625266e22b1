/** What policies can ask about tags: those of a resource, and those that a request gives or takes. */
import type { Permission } from '../core/operation.ts';

type Conditions = NonNullable<Permission['conditions']>;

export function resourceTagConditions(tags: Readonly<Record<string, string>> = {}): Conditions {
  const entries = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
  return Object.fromEntries(entries) as Conditions;
}

/** Empty where there are none. */
export function requestTagConditions(tags: Readonly<Record<string, string>> = {}): Conditions {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  const entries = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return { ...(Object.fromEntries(entries) as Conditions), 'aws:TagKeys': keys };
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Of tags as most requests write them, checked or not. */
export function tagRecord(given: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(given.map(({ Key = '', Value = '' }) => [Key, Value]));
}
