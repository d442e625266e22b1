/** One rule as it is stored, with its targets. Immutable. */
import { DEFAULT_BUS } from './bus-record.ts';
import type { NamedKey } from '../record-repository.ts';

export interface RuleKey extends NamedKey {
  /** The name of its bus. Absent: the default one. */
  readonly bus?: string;
}

export interface RuleRecord extends RuleKey {
  /** It has one of the two, or both. */
  readonly schedule?: string;
  /** An event pattern as it was given. */
  readonly pattern?: string;
  readonly isEnabled: boolean;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** In the order in which they came. */
  readonly targets: readonly RuleTarget[];
  /** When its rate started to count, or was due before: milliseconds since 1970. */
  readonly countedFromMs: number;
  /** When it is due next; absent while it is disabled, and where no time is left. */
  readonly dueMs?: number;
  /** The time it was due last and for which it has fired. */
  readonly firedMs?: number;
}

export interface RuleTarget {
  readonly id: string;
  readonly arn: string;
  /** JSON that is sent instead of the event. */
  readonly input?: string;
  /** The part of the event that is sent. */
  readonly inputPath?: string;
  readonly transformer?: InputTransformer;
  /** Of a FIFO queue. */
  readonly messageGroupId?: string;
  readonly deadLetterArn?: string;
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
}

export interface InputTransformer {
  /** Variables and the paths to their values in the event. */
  readonly paths: Readonly<Record<string, string>>;
  readonly template: string;
}

export function busNameOf({ bus = DEFAULT_BUS }: RuleKey): string {
  return bus;
}

/** AWS: the default bus is not part of it. */
export function ruleArn(key: RuleKey): string {
  const { account, region, name } = key;
  const bus = busNameOf(key);
  const place = bus === DEFAULT_BUS ? name : `${bus}/${name}`;
  return `arn:aws:events:${region}:${account}:rule/${place}`;
}
