/** A message as a caller sends it, checked, and as the durable queue takes it. */
import { createHash } from 'node:crypto';
import type { SendMessageBatchRequestEntry, SendMessageResult } from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { OperationContext } from '../../core/operation.ts';
import type { Principal } from '../../core/principal.ts';
import type { NewEntry, SentEntry } from '../../store/queue/durable-queue.ts';
import {
  checkMessageAttributes,
  md5Of,
  md5OfAttributes,
  sizeOf,
  type MessageAttributes,
} from './message-attributes.ts';
import { attributesOf, isFifo, secondsOf, type QueueRecord } from './queue-record.ts';
import { invalidParameter, invalidValue } from './sqs-errors.ts';
import { sequenceNumber, writeStored } from './stored-message.ts';

export type MessageInput = Omit<SendMessageBatchRequestEntry, 'Id'>;

export interface PreparedMessage {
  readonly entry: NewEntry;
  readonly sizeBytes: number;
  answer(sent: SentEntry): SendMessageResult;
}

/** AWS: how long a message with the same deduplication id is taken for the same message. */
const DEDUPLICATION_MS = 300_000;
const MOST_DELAY_SECONDS = 900;

export function prepareMessage(
  record: QueueRecord,
  input: MessageInput,
  id: string,
  context: OperationContext,
): PreparedMessage {
  const body = Buffer.from(checkedBody(input.MessageBody ?? ''));
  const attributes: MessageAttributes = input.MessageAttributes ?? {};
  checkMessageAttributes(attributes);
  const systemAttributes: MessageAttributes = input.MessageSystemAttributes ?? {};
  const sizeBytes = body.byteLength + sizeOf(attributes);
  checkSize(record, sizeBytes);
  const traceHeader = systemAttributes['AWSTraceHeader']?.StringValue ?? context.traceHeader;
  const fifo = isFifo(record) ? fifoOf(record, input, body) : undefined;
  const { MessageGroupId: groupId } = input;
  const stored = writeStored({
    senderId: senderOf(context.principal),
    attributes,
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(fifo === undefined ? {} : { deduplicationId: fifo.deduplicationId }),
  });
  return {
    sizeBytes,
    entry: {
      id,
      body,
      attributes: stored,
      delayMs: delayOf(record, input.DelaySeconds) * 1_000,
      ...(groupId === undefined ? {} : { lane: groupId }),
      ...(fifo === undefined ? {} : { isOrdered: true, deduplication: fifo.deduplication }),
    },
    answer: (sent) => ({
      MessageId: sent.id,
      MD5OfMessageBody: md5Of(body),
      MD5OfMessageAttributes: md5OfAttributes(attributes),
      MD5OfMessageSystemAttributes: md5OfAttributes(systemAttributes),
      ...(fifo === undefined ? {} : { SequenceNumber: sequenceNumber(sent.sequence) }),
    }),
  };
}

// What XML 1.0 does not allow, as AWS documents it
const notAllowed = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function checkedBody(body: string): string {
  if (body === '') {
    throw new AwsError(
      'MissingParameter',
      400,
      'The request must contain the parameter MessageBody.',
    );
  }
  const [found] = notAllowed.exec(body) ?? [];
  if (found === undefined) return body;
  const code = found.codePointAt(0)?.toString(16) ?? '';
  throw new AwsError(
    'InvalidMessageContents',
    400,
    `Invalid binary character '#x${code}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`,
  );
}

function checkSize(record: QueueRecord, sizeBytes: number): void {
  const limit = Number(attributesOf(record)['MaximumMessageSize']);
  if (sizeBytes <= limit) return;
  throw invalidValue(
    `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
  );
}

function delayOf(record: QueueRecord, asked: number | undefined): number {
  if (asked === undefined) return secondsOf(record, 'DelaySeconds');
  if (isFifo(record) && asked !== 0) {
    const reason = 'The request include parameter that is not valid for this queue type.';
    throw invalidParameter(asked, 'DelaySeconds', reason);
  }
  if (isFifo(record)) return secondsOf(record, 'DelaySeconds');
  if (asked >= 0 && asked <= MOST_DELAY_SECONDS) return asked;
  const reason = `DelaySeconds must be >= 0 and <= ${MOST_DELAY_SECONDS}.`;
  throw invalidParameter(asked, 'DelaySeconds', reason);
}

interface FifoParts {
  readonly deduplicationId: string;
  readonly deduplication: NonNullable<NewEntry['deduplication']>;
}

const idForm = /^[\w!"#$%&'()*+,./:;<=>?@[\\\]^`{|}~-]{1,128}$/;

function fifoOf(record: QueueRecord, input: MessageInput, body: Buffer): FifoParts {
  const { MessageGroupId: group, MessageDeduplicationId: given } = input;
  if (group === undefined) {
    throw new AwsError(
      'MissingParameter',
      400,
      'The request must contain the parameter MessageGroupId.',
    );
  }
  const attributes = attributesOf(record);
  checkId('MessageGroupId', group);
  if (given !== undefined) checkId('MessageDeduplicationId', given);
  if (given === undefined && attributes['ContentBasedDeduplication'] !== 'true') {
    throw invalidValue(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  const deduplicationId = given ?? createHash('sha256').update(body).digest('hex');
  const isOfGroup = attributes['DeduplicationScope'] === 'messageGroup';
  // Neither holds a space: two that differ never make the same key.
  const key = isOfGroup ? `${group} ${deduplicationId}` : deduplicationId;
  return { deduplicationId, deduplication: { key, windowMs: DEDUPLICATION_MS } };
}

function checkId(name: string, value: string): void {
  if (idForm.test(value)) return;
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidParameter(value, name, reason);
}

/** AWS: the unique id of who sent it; of a service its name. */
function senderOf(principal: Principal): string {
  return principal.kind === 'service' ? principal.service : principal.userId;
}
