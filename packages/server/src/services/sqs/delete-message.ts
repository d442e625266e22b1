import type {
  DeleteMessageBatchRequest,
  DeleteMessageBatchResult,
  DeleteMessageRequest,
} from '@aws-sdk/client-sqs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkBatch, failureOf } from './batches.ts';
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
      const record = findQueue(room, input, context);
      const receipt = await checkedReceipt(room, record, input.ReceiptHandle);
      await room.messages.remove(messagesOf(record), [receipt]);
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
      const result: DeleteMessageBatchResult = { Successful: [], Failed: [] };
      const receipts: string[] = [];
      for (const entry of input.Entries) {
        try {
          receipts.push(await checkedReceipt(room, record, entry.ReceiptHandle ?? ''));
          result.Successful?.push({ Id: entry.Id });
        } catch (error) {
          result.Failed?.push(failureOf(entry, error));
        }
      }
      // In one step: a batch costs the disk what a message does.
      await room.messages.remove(messagesOf(record), receipts);
      return result;
    },
  };
}

/** AWS: an old handle of a standard queue removes nothing and is no error; of a FIFO queue it is. */
async function checkedReceipt(room: SqsRoom, record: QueueRecord, handle: string): Promise<string> {
  const receipt = readHandle(record, handle);
  const state = await room.messages.receiptState(messagesOf(record), receipt);
  const isExpired = state === 'visible' || state === 'replaced';
  if (isFifo(record) && isExpired) {
    throw invalidParameter(handle, 'ReceiptHandle', 'The receipt handle has expired.');
  }
  return receipt;
}
