/** Publish and PublishBatch: a message is acknowledged when it is durable for each subscriber that wants it. */
import type {
  PublishBatchInput,
  PublishBatchRequestEntry,
  PublishBatchResponse,
  PublishInput,
  PublishResponse,
} from '@aws-sdk/client-sns';
import { parseEventPattern, type EventPattern } from '../../core/event-pattern/event-pattern.ts';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import { parsedObject } from '../../lib/parsed-object.ts';
import type { Statement } from '../../store/store.ts';
import { deliveryStatement } from '../deliveries.ts';
import type { Validated } from '../validated.ts';
import { findTopic, keyOrNothing, topicPermission } from './find-topic.ts';
import { filterable, readAttributes, sizeOf, type KeptAttributes } from './message-attributes.ts';
import type { SnsDelivery } from './notification.ts';
import { batchRefused, cannotYet, invalidParameter } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { subscriptionArn, type SubscriptionRecord } from './subscription-record.ts';
import { topicDeliveries } from './topic-deliveries.ts';
import { subscriptionsOf } from './topics.ts';
import { topicArn, type TopicRecord } from './topic-record.ts';

/** AWS: of a message with its attributes, and of a batch. */
const MESSAGE_BYTES = 262_144;
const SUBJECT_LENGTH = 100;
const ENTRIES = 10;

export interface PublishDeps {
  readonly room: SnsRoom;
  /** Somebody has to be sent something. */
  readonly onPublished: () => void;
}

interface Message {
  readonly messageId: string;
  readonly subject: string | undefined;
  /** By protocol, where each gets its own. */
  readonly text: (protocol: string) => string;
  readonly attributes: KeptAttributes;
}

export function publish(deps: PublishDeps): Operation<Validated<PublishInput>, PublishResponse> {
  return {
    name: 'Publish',
    permissions: ({ TopicArn: topic, TargetArn: target }, context) =>
      publishPermission(deps.room, topic ?? target ?? '', context),
    handle: async (input, context) => {
      const { TopicArn: arn, TargetArn: target, PhoneNumber: phone } = input;
      if (phone !== undefined) throw cannotYet('messages to phones (PhoneNumber)');
      if (arn === undefined && target === undefined) {
        throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter');
      }
      const topic =
        arn === undefined
          ? findTopic(deps.room, target ?? '', 'TargetArn')
          : findTopic(deps.room, arn);
      const message = readMessage(deps.room, input);
      await send(deps, topic, [message], context);
      return { MessageId: message.messageId };
    },
  };
}

export function publishBatch(
  deps: PublishDeps,
): Operation<Validated<PublishBatchInput>, PublishBatchResponse> {
  return {
    name: 'PublishBatch',
    // AWS: a batch needs what one message needs.
    permissions: ({ TopicArn: arn }, context) => publishPermission(deps.room, arn, context),
    handle: async ({ TopicArn: arn, PublishBatchRequestEntries: entries }, context) => {
      checkEntries(entries);
      const topic = findTopic(deps.room, arn);
      const messages = entries.map((entry) => readMessage(deps.room, entry));
      const bytes = entries.reduce(
        (sum, { Message: text = '' }) => sum + Buffer.byteLength(text),
        0,
      );
      if (bytes > MESSAGE_BYTES) {
        throw batchRefused(
          'BatchRequestTooLong',
          'The length of all the messages put together is more than the limit.',
        );
      }
      await send(deps, topic, messages, context);
      const Successful = messages.map(({ messageId }, at) => ({
        Id: entries[at]?.Id,
        MessageId: messageId,
      }));
      return { Successful, Failed: [] };
    },
  };
}

function publishPermission(
  room: SnsRoom,
  arn: string,
  context: OperationContext,
): readonly Permission[] {
  return [topicPermission(room, 'Publish', keyOrNothing(arn), context)];
}

function checkEntries(entries: readonly PublishBatchRequestEntry[]): void {
  if (entries.length === 0) {
    throw batchRefused('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  }
  if (entries.length > ENTRIES) {
    throw batchRefused(
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    );
  }
  const ids = entries.map(({ Id: id = '' }) => id);
  if (ids.some((id) => !/^[\w-]{1,80}$/.test(id))) {
    throw batchRefused(
      'InvalidBatchEntryId',
      'The Id of a batch entry in a batch request does not abide by the specification.',
    );
  }
  if (new Set(ids).size < ids.length) {
    throw batchRefused(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
}

type Given = Pick<
  PublishInput,
  'Subject' | 'MessageStructure' | 'MessageAttributes' | 'MessageGroupId' | 'MessageDeduplicationId'
> & { readonly Message?: string | undefined };

function readMessage({ ids }: SnsRoom, given: Given): Message {
  const { Message: text = '', Subject: subject } = given;
  if (text === '') throw invalidParameter('Empty message');
  if (subject !== undefined && !isSubject(subject)) throw invalidParameter('Subject');
  if (given.MessageDeduplicationId !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  const attributes = readAttributes(given.MessageAttributes);
  if (Buffer.byteLength(text) + sizeOf(attributes) > MESSAGE_BYTES) {
    throw invalidParameter('Message too long');
  }
  return {
    messageId: ids.uuid(),
    subject,
    text: given.MessageStructure === 'json' ? byProtocol(text) : () => text,
    attributes,
  };
}

/** AWS: it begins with a letter, a digit or a mark, and has neither control characters nor line breaks. */
function isSubject(subject: string): boolean {
  return subject.length <= SUBJECT_LENGTH && /^[\x21-\x7E][\x20-\x7E]*$/.test(subject);
}

function byProtocol(text: string): (protocol: string) => string {
  const texts = parsedObject(text);
  if (texts === undefined) {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  const general = texts['default'];
  if (typeof general !== 'string') {
    throw invalidParameter('Message Structure - No default entry in JSON message body');
  }
  return (protocol) => {
    const own = texts[protocol];
    return typeof own === 'string' ? own : general;
  };
}

async function send(
  { room, onPublished }: PublishDeps,
  topic: TopicRecord,
  messages: readonly Message[],
  context: OperationContext,
): Promise<void> {
  const nowMs = room.clock.nowMs();
  const subscribers = subscriptionsOf(room, topic);
  const statements = messages.flatMap((message): readonly Statement[] =>
    subscribers
      .filter((each) => isWanted(each, message))
      .map((each) =>
        deliveryStatement(topicDeliveries, deliveryTo(each, topic, message, { context, nowMs })),
      ),
  );
  if (statements.length === 0) return;
  await room.topics.store.write(statements);
  onPublished();
}

function isWanted(subscription: SubscriptionRecord, { text, attributes }: Message): boolean {
  const { protocol, filterScope } = subscription;
  const filter = filterOf(subscription);
  if (filter === undefined) return true;
  const seen =
    filterScope === 'MessageBody' ? parsedObject(text(protocol)) : filterable(attributes);
  return seen !== undefined && filter.matches(seen);
}

/** Records do not change: what is compiled of one is kept as long as it. */
const compiled = new WeakMap<SubscriptionRecord, EventPattern>();

function filterOf(subscription: SubscriptionRecord): EventPattern | undefined {
  if (subscription.filterPolicy === undefined) return undefined;
  const known = compiled.get(subscription) ?? parseEventPattern(subscription.filterPolicy);
  compiled.set(subscription, known);
  return known;
}

function deliveryTo(
  subscription: SubscriptionRecord,
  topic: TopicRecord,
  { messageId, subject, text, attributes }: Message,
  { context, nowMs }: { readonly context: OperationContext; readonly nowMs: number },
): SnsDelivery {
  const { endpoint, isRaw, deadLetterArn, protocol } = subscription;
  const { traceHeader } = context;
  return {
    topicArn: topicArn(topic),
    account: topic.account,
    subscriptionArn: subscriptionArn(subscription),
    endpoint,
    isRaw,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    messageId,
    ...(subject === undefined ? {} : { subject }),
    message: text(protocol),
    attributes,
    signatureVersion: topic.attributes['SignatureVersion'] ?? '1',
    serverUrl: context.endpoint,
    createdMs: nowMs,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}
