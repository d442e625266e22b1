import type {
  DeleteMessageBatchRequest,
  DeleteMessageBatchResult,
  DeleteMessageRequest,
} from '@aws-sdk/client-sqs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkBatch, eachOf } from './batches.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { isFifo, messagesOf, type QueueRecord } from './queue-record.ts';
import { readHandle } from './receipt-handle.ts';
import { invalidParameter } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function deleteMessage(room: SqsRoom): Operation<Validated<DeleteMessageRequest>> {
  return {
    name: 'DeleteMessage',
    permissions: (input, context) => [queuePermission(room, 'DeleteMessage', input, context)],
    handle: async (input, context) => {
      await remove(room, findQueue(room, input, context), input.ReceiptHandle);
      return {};
    },
  };
}

export function deleteMessageBatch(
  room: SqsRoom,
): Operation<Validated<DeleteMessageBatchRequest>, DeleteMessageBatchResult> {
  return {
    name: 'DeleteMessageBatch',
    permissions: (input, context) => [queuePermission(room, 'DeleteMessage', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      checkBatch(input.Entries, 'DeleteMessageBatchRequestEntry');
      return eachOf(input.Entries, async ({ Id: id, ReceiptHandle: handle = '' }) => {
        await remove(room, record, handle);
        return { Id: id };
      });
    },
  };
}

/** AWS: an old handle of a standard queue removes nothing and is no error; of a FIFO queue it is. */
async function remove(room: SqsRoom, record: QueueRecord, handle: string): Promise<void> {
  const receipt = readHandle(record, handle);
  const place = messagesOf(record);
  const state = room.messages.receiptState(place, receipt);
  const isExpired = state === 'visible' || state === 'replaced';
  if (isFifo(record) && isExpired) {
    throw invalidParameter(handle, 'ReceiptHandle', 'The receipt handle has expired.');
  }
  await room.messages.remove(place, [receipt]);
}
