/** One topic as it is stored. Immutable. */
import type { ResourcePolicy } from '../../core/operation.ts';
import type { NamedKey } from '../record-repository.ts';

export interface TopicRecord extends NamedKey {
  /** Those that were given, but for the policy, as `topic-attributes.ts` has checked them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Absent: AWS's default, which lets in nobody but the owner's account. */
  readonly policy?: ResourcePolicy;
  readonly tags: Readonly<Record<string, string>>;
  /** Subscriptions that were taken away. */
  readonly unsubscribed: number;
}

export function topicArn({ account, region, name }: NamedKey): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}
