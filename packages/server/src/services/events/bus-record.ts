/** One event bus as it is stored. The default one is there without a record, until it has a policy. */
import type { ResourcePolicy } from '../../core/operation.ts';
import type { NamedKey } from '../record-repository.ts';

export const DEFAULT_BUS = 'default';

export interface BusRecord extends NamedKey {
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: ResourcePolicy;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export function busArn({ account, region, name }: NamedKey): string {
  return `arn:aws:events:${region}:${account}:event-bus/${name}`;
}

/** Changed now. The default bus gets a record when there is something to be kept of it. */
export function busOrNew(
  record: BusRecord | undefined,
  { account, region, name }: NamedKey,
  nowMs: number,
): BusRecord {
  if (record !== undefined) return { ...record, modifiedMs: nowMs };
  return { account, region, name, tags: {}, createdMs: nowMs, modifiedMs: nowMs };
}
