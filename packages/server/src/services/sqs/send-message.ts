import type {
  SendMessageBatchRequest,
  SendMessageBatchResult,
  SendMessageRequest,
  SendMessageResult,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkBatch, failureOf } from './batches.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { prepareMessage, type PreparedMessage } from './prepare-message.ts';
import { messagesOf } from './queue-record.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function sendMessage(
  room: SqsRoom,
): Operation<Validated<SendMessageRequest>, SendMessageResult> {
  return {
    name: 'SendMessage',
    permissions: (input, context) => [queuePermission(room, 'SendMessage', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      const prepared = prepareMessage(record, input, room.ids.uuid(), context);
      const [sent] = await room.messages.send(messagesOf(record), [prepared.entry]);
      if (sent === undefined) throw new Error('The queue kept nothing and gave no reason.');
      return prepared.answer(sent);
    },
  };
}

const MOST_BATCH_BYTES = 1_048_576;

export function sendMessageBatch(
  room: SqsRoom,
): Operation<Validated<SendMessageBatchRequest>, SendMessageBatchResult> {
  return {
    name: 'SendMessageBatch',
    permissions: (input, context) => [queuePermission(room, 'SendMessage', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      checkBatch(input.Entries, 'SendMessageBatchRequestEntry');
      const accepted: { readonly id: string; readonly prepared: PreparedMessage }[] = [];
      const result: SendMessageBatchResult = { Successful: [], Failed: [] };
      for (const entry of input.Entries) {
        try {
          const prepared = prepareMessage(record, entry, room.ids.uuid(), context);
          accepted.push({ id: entry.Id ?? '', prepared });
        } catch (error) {
          result.Failed?.push(failureOf(entry, error));
        }
      }
      checkBatchSize(accepted.map(({ prepared }) => prepared));
      const sent = await room.messages.send(
        messagesOf(record),
        accepted.map(({ prepared }) => prepared.entry),
      );
      for (const [index, { id, prepared }] of accepted.entries()) {
        const each = sent[index];
        if (each === undefined) continue;
        const answer = prepared.answer(each);
        result.Successful?.push({
          ...answer,
          Id: id,
          MessageId: answer.MessageId,
          MD5OfMessageBody: answer.MD5OfMessageBody,
        });
      }
      return result;
    },
  };
}

function checkBatchSize(prepared: readonly PreparedMessage[]): void {
  const bytes = prepared.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  if (bytes <= MOST_BATCH_BYTES) return;
  throw new AwsError(
    'BatchRequestTooLong',
    400,
    `Batch requests cannot be longer than ${MOST_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
  );
}
