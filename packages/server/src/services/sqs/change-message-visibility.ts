import type {
  ChangeMessageVisibilityBatchRequest,
  ChangeMessageVisibilityBatchResult,
  ChangeMessageVisibilityRequest,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkBatch, eachOf } from './batches.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { isFifo, messagesOf, type QueueRecord } from './queue-record.ts';
import { readHandle } from './receipt-handle.ts';
import { checkSeconds } from './receive-message.ts';
import { invalidParameter } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

const MOST_SECONDS = 43_200;

export function changeMessageVisibility(
  room: SqsRoom,
): Operation<Validated<ChangeMessageVisibilityRequest>> {
  return {
    name: 'ChangeMessageVisibility',
    permissions: (input, context) => [
      queuePermission(room, 'ChangeMessageVisibility', input, context),
    ],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      await change(room, record, input.ReceiptHandle, input.VisibilityTimeout);
      return {};
    },
  };
}

export function changeMessageVisibilityBatch(
  room: SqsRoom,
): Operation<Validated<ChangeMessageVisibilityBatchRequest>, ChangeMessageVisibilityBatchResult> {
  return {
    name: 'ChangeMessageVisibilityBatch',
    permissions: (input, context) => [
      queuePermission(room, 'ChangeMessageVisibility', input, context),
    ],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      checkBatch(input.Entries, 'ChangeMessageVisibilityBatchRequestEntry');
      return eachOf(input.Entries, async (entry) => {
        await change(room, record, entry.ReceiptHandle ?? '', entry.VisibilityTimeout ?? 0);
        return { Id: entry.Id };
      });
    },
  };
}

async function change(
  room: SqsRoom,
  record: QueueRecord,
  handle: string,
  seconds: number,
): Promise<void> {
  checkSeconds('VisibilityTimeout', seconds, MOST_SECONDS);
  const receipt = readHandle(record, handle);
  const state = await room.messages.hold(messagesOf(record), receipt, seconds * 1_000);
  if (state === 'held') return;
  if (state === 'gone') {
    const reason = 'Message does not exist or is not available for visibility timeout change.';
    throw invalidParameter(handle, 'ReceiptHandle', reason);
  }
  if (isFifo(record)) {
    throw invalidParameter(handle, 'ReceiptHandle', 'The receipt handle has expired.');
  }
  // AWS: recorded as no error where the time is over and nobody has received the message since.
  if (state === 'visible') return;
  throw new AwsError('MessageNotInflight', 400, 'The message referred to is not in flight.');
}
