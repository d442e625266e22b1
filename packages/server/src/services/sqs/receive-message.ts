import type { Message, ReceiveMessageRequest, ReceiveMessageResult } from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { ReceivedEntry, ReceiveOptions } from '../../store/queue/durable-queue.ts';
import type { Validated } from '../validated.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { md5Of, md5OfAttributes, type MessageAttributes } from './message-attributes.ts';
import { arnOfMessages, isFifo, messagesOf, secondsOf, type QueueRecord } from './queue-record.ts';
import { writeHandle } from './receipt-handle.ts';
import { redrivePolicyOf } from './redrive-policy.ts';
import { invalidParameter } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';
import { readStored, sequenceNumber, type StoredMessage } from './stored-message.ts';

export function receiveMessage(
  room: SqsRoom,
): Operation<Validated<ReceiveMessageRequest>, ReceiveMessageResult> {
  return {
    name: 'ReceiveMessage',
    permissions: (input, context) => [queuePermission(room, 'ReceiveMessage', input, context)],
    handle: async (input, context) => {
      const record = findQueue(room, input, context);
      const signal = AbortSignal.any([context.signal, room.ending]);
      const options = { ...optionsOf(room, record, input), signal };
      checkInFlight(room, record);
      const received = await room.messages.receive(messagesOf(record), options);
      if (received.length === 0) return {};
      return { Messages: received.map((each) => shown(record, each, input)) };
    },
  };
}

const MOST_MESSAGES = 10;
const MOST_WAIT_SECONDS = 20;
const MOST_VISIBILITY_SECONDS = 43_200;
const MOST_IN_FLIGHT = 120_000;

function optionsOf(
  room: SqsRoom,
  record: QueueRecord,
  input: Validated<ReceiveMessageRequest>,
): ReceiveOptions {
  const { MaxNumberOfMessages: most = 1, WaitTimeSeconds: wait, VisibilityTimeout: hidden } = input;
  if (most < 1 || most > MOST_MESSAGES) {
    const reason = `Must be between 1 and ${MOST_MESSAGES}, if provided.`;
    throw invalidParameter(most, 'MaxNumberOfMessages', reason);
  }
  checkSeconds('WaitTimeSeconds', wait, MOST_WAIT_SECONDS);
  checkSeconds('VisibilityTimeout', hidden, MOST_VISIBILITY_SECONDS);
  const redrive = redrivePolicyOf(record);
  // A dead-letter queue that is gone takes nothing: the message stays where it is.
  const dead = room.records.findByArn(redrive?.deadLetterTargetArn ?? '');
  return {
    most,
    waitMs: (wait ?? secondsOf(record, 'ReceiveMessageWaitTimeSeconds')) * 1_000,
    visibilityMs: (hidden ?? secondsOf(record, 'VisibilityTimeout')) * 1_000,
    retentionMs: secondsOf(record, 'MessageRetentionPeriod') * 1_000,
    ...(redrive === undefined || dead === undefined
      ? {}
      : { deadLetter: { queue: messagesOf(dead), afterReceives: redrive.maxReceiveCount } }),
  };
}

export function checkSeconds(name: string, value: number | undefined, most: number): void {
  if (value === undefined || (value >= 0 && value <= most)) return;
  throw invalidParameter(value, name, `Must be >= 0 and <= ${most}, if provided.`);
}

function checkInFlight(room: SqsRoom, record: QueueRecord): void {
  if (isFifo(record)) return;
  if (room.messages.counts(messagesOf(record)).inFlight < MOST_IN_FLIGHT) return;
  throw new AwsError('OverLimit', 403, `Too many messages in flight: ${MOST_IN_FLIGHT}.`);
}

function shown(
  record: QueueRecord,
  entry: ReceivedEntry,
  input: Validated<ReceiveMessageRequest>,
): Message {
  const stored = readStored(entry.attributes);
  const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const system = chosen(systemAttributes(record, entry, stored), wanted);
  const attributes = chosen(stored.attributes, input.MessageAttributeNames ?? []);
  return {
    MessageId: entry.id,
    ReceiptHandle: writeHandle(record, entry.receipt),
    MD5OfBody: md5Of(entry.body),
    Body: Buffer.from(entry.body).toString(),
    ...(system === undefined ? {} : { Attributes: system }),
    ...(attributes === undefined
      ? {}
      : { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  };
}

function systemAttributes(
  record: QueueRecord,
  entry: ReceivedEntry,
  stored: StoredMessage,
): Record<string, string> {
  const optional: Readonly<Record<string, string | undefined>> = {
    AWSTraceHeader: stored.traceHeader,
    DeadLetterQueueSourceArn:
      entry.movedFrom === undefined ? undefined : arnOfMessages(entry.movedFrom),
    MessageGroupId: stored.groupId,
    MessageDeduplicationId: stored.deduplicationId,
    SequenceNumber: isFifo(record) ? sequenceNumber(entry.sequence) : undefined,
  };
  const there = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    SenderId: stored.senderId,
    SentTimestamp: String(entry.sentAtMs),
    ApproximateReceiveCount: String(entry.receiveCount),
    ApproximateFirstReceiveTimestamp: String(entry.firstReceivedAtMs),
    ...(Object.fromEntries(there) as Record<string, string>),
  };
}

/** By name, by `All` or `.*`, or by `prefix.*`; undefined where nothing was chosen. */
function chosen<Value extends string | MessageAttributes[string]>(
  all: Readonly<Record<string, Value>>,
  names: readonly string[],
): Record<string, Value> | undefined {
  const isWanted = (name: string): boolean =>
    names.some(
      (wanted) =>
        wanted === 'All' ||
        wanted === name ||
        (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -2))),
    );
  const entries = Object.entries(all).filter(([name]) => isWanted(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
