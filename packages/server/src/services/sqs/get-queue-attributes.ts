import type {
  GetQueueAttributesRequest,
  GetQueueAttributesResult,
  SetQueueAttributesRequest,
} from '@aws-sdk/client-sqs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { withAttributes } from './queue-attributes.ts';
import { attributesOf, messagesOf, queueArn, type QueueRecord } from './queue-record.ts';
import { queueNotFound, unknownAttribute } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function getQueueAttributes(
  room: SqsRoom,
): Operation<Validated<GetQueueAttributesRequest>, GetQueueAttributesResult> {
  return {
    name: 'GetQueueAttributes',
    permissions: (input, context) => [queuePermission(room, 'GetQueueAttributes', input, context)],
    handle: async (input, context) => {
      await room.messages.loaded;
      const all = allAttributes(room, findQueue(room, input, context));
      const names = input.AttributeNames ?? [];
      for (const name of names) if (!known.has(name)) throw unknownAttribute(name);
      const entries = Object.entries(all);
      const wanted = names.includes('All')
        ? entries
        : entries.filter(([name]) => (names as readonly string[]).includes(name));
      return wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) };
    },
  };
}

export function setQueueAttributes(room: SqsRoom): Operation<Validated<SetQueueAttributesRequest>> {
  return {
    name: 'SetQueueAttributes',
    permissions: (input, context) => [queuePermission(room, 'SetQueueAttributes', input, context)],
    handle: async (input, context) => {
      await room.records.change(findQueue(room, input, context), (record) => {
        if (record === undefined) throw queueNotFound();
        const next = withAttributes(room, record, input.Attributes);
        return { ...next, modifiedMs: room.clock.nowMs() };
      });
      return {};
    },
  };
}

function allAttributes(room: SqsRoom, record: QueueRecord): Record<string, string> {
  const { visible, delayed, inFlight } = room.messages.counts(messagesOf(record));
  return {
    QueueArn: queueArn(record),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(record.createdMs / 1_000)),
    LastModifiedTimestamp: String(Math.floor(record.modifiedMs / 1_000)),
    ...attributesOf(record),
    ...(record.policy === undefined ? {} : { Policy: JSON.stringify(record.policy) }),
  };
}

const known: ReadonlySet<string> = new Set([
  'All',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'ContentBasedDeduplication',
  'CreatedTimestamp',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'LastModifiedTimestamp',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'Policy',
  'QueueArn',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
]);
