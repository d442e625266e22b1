/** One subscription as it is stored. Immutable. */
import type { NamedKey } from '../record-repository.ts';

/** `name`: that of the topic, a colon and an id; account and region are the topic's. */
export interface SubscriptionRecord extends NamedKey {
  /** Of whoever subscribed. */
  readonly owner: string;
  readonly principal: string;
  readonly protocol: 'lambda' | 'sqs';
  /** An ARN. */
  readonly endpoint: string;
  readonly isRaw: boolean;
  /** JSON, as it was given. */
  readonly filterPolicy?: string;
  readonly filterScope: 'MessageAttributes' | 'MessageBody';
  /** JSON, as it was given. */
  readonly redrivePolicy?: string;
  readonly deadLetterArn?: string;
}

export function subscriptionArn({ account, region, name }: NamedKey): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}

export function topicOf({ account, region, name }: NamedKey): NamedKey {
  return { account, region, name: name.slice(0, name.lastIndexOf(':')) };
}
