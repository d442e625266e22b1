import type { DeleteQueueRequest, PurgeQueueRequest } from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { messagesOf, queueArn } from './queue-record.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function deleteQueue(room: SqsRoom): Operation<Validated<DeleteQueueRequest>> {
  return {
    name: 'DeleteQueue',
    permissions: (input, context) => [queuePermission(room, 'DeleteQueue', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      await room.records.change(record, () => undefined);
      await room.messages.drop(messagesOf(record));
      return {};
    },
  };
}

/** AWS: once a minute for each queue. */
const PURGE_INTERVAL_MS = 60_000;

export function purgeQueue(room: SqsRoom): Operation<Validated<PurgeQueueRequest>> {
  const purgedMs = new Map<string, number>();
  return {
    name: 'PurgeQueue',
    permissions: (input, context) => [queuePermission(room, 'PurgeQueue', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      const nowMs = room.clock.monotonicMs();
      for (const [id, atMs] of purgedMs) if (atMs + PURGE_INTERVAL_MS <= nowMs) purgedMs.delete(id);
      if (purgedMs.has(record.id)) {
        throw new AwsError(
          'PurgeQueueInProgress',
          403,
          `Only one PurgeQueue operation on ${record.name} is allowed every 60 seconds.`,
        );
      }
      purgedMs.set(record.id, nowMs);
      await room.messages.purge(messagesOf(record));
      room.logger.info('queue purged', { queue: queueArn(record) });
      return {};
    },
  };
}
