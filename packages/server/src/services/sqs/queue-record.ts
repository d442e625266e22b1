/** One queue as it is stored; its messages lie in the durable queue. Immutable. */
import type { ResourcePolicy } from '../../core/operation.ts';

export interface QueueKey {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface QueueRecord extends QueueKey {
  /** Another one for every queue: a name that is used again has none of the old messages. */
  readonly id: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** What the caller gave, in AWS's form; `attributesOf` has the defaults. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly policy?: ResourcePolicy;
  readonly tags: Readonly<Record<string, string>>;
}

export function queueArn({ account, region, name }: QueueKey): string {
  return `arn:aws:sqs:${region}:${account}:${name}`;
}

/** Where its messages lie. */
export function messagesOf(record: QueueRecord): string {
  return `sqs/${queueArn(record)}/${record.id}`;
}

/** The ARN of the queue whose messages lie there. */
export function arnOfMessages(place: string): string {
  return place.split('/')[1] ?? '';
}

export function isFifo({ name }: Pick<QueueKey, 'name'>): boolean {
  return name.endsWith('.fifo');
}

const defaults: Readonly<Record<string, string>> = {
  VisibilityTimeout: '30',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
};

const fifoDefaults: Readonly<Record<string, string>> = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};

/** All that can be set, but for the policy. */
export function attributesOf(record: QueueRecord): Readonly<Record<string, string>> {
  return { ...defaults, ...(isFifo(record) ? fifoDefaults : {}), ...record.attributes };
}

export function secondsOf(record: QueueRecord, attribute: string): number {
  return Number(attributesOf(record)[attribute]);
}
