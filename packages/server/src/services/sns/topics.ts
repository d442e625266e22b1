/** Topics: made, shown, listed, changed and deleted. */
import type {
  CreateTopicInput,
  CreateTopicResponse,
  DeleteTopicInput,
  GetTopicAttributesInput,
  GetTopicAttributesResponse,
  ListTopicsInput,
  ListTopicsResponse,
  SetTopicAttributesInput,
} from '@aws-sdk/client-sns';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { pageOf } from '../page.ts';
import type { NamedKey } from '../record-repository.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import { findTopic, keyOrNothing, topicKey, topicPermission } from './find-topic.ts';
import { cannotYet, invalidParameter, topicNotFound } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { topicOf } from './subscription-record.ts';
import { readTags } from './tags.ts';
import { showAttributes, withAttribute } from './topic-attributes.ts';
import { topicArn, type TopicRecord } from './topic-record.ts';

/** AWS: an account has so many standard topics. */
const TOPICS = 100_000;

export function createTopic(
  room: SnsRoom,
): Operation<Validated<CreateTopicInput>, CreateTopicResponse> {
  return {
    name: 'CreateTopic',
    permissions: ({ Name: name, Tags: tags }, context) => {
      const { account, region } = context;
      const key = { account, region, name };
      return [
        topicPermission(room, 'CreateTopic', key, context, requestTagConditions(tagRecord(tags))),
      ];
    },
    handle: async (input, { account, region }) => {
      const { Name: name, Attributes: given = {}, Tags: tags } = input;
      if (name.endsWith('.fifo')) throw cannotYet('FIFO topics');
      if (!/^[\w-]{1,256}$/.test(name)) throw invalidParameter('Topic Name');
      if (input.DataProtectionPolicy !== undefined) throw cannotYet('DataProtectionPolicy');
      const key = { account, region, name };
      const wanted = withAttributes(
        { ...key, attributes: {}, tags: readTags(tags), unsubscribed: 0 },
        given,
      );
      await room.topics.change(key, (record) => {
        if (record !== undefined) return sameOrRefused(record, wanted, given);
        if (room.topics.list(key).length >= TOPICS) {
          throw new AwsError('TopicLimitExceeded', 403, 'Topic limit exceeded');
        }
        return wanted;
      });
      return { TopicArn: topicArn(key) };
    },
  };
}

function withAttributes(record: TopicRecord, given: Readonly<Record<string, string>>): TopicRecord {
  return Object.entries(given).reduce(
    (topic, [name, value]) => withAttribute(topic, name, value),
    record,
  );
}

/** AWS: what is there already is answered again, where nothing else was asked for. */
function sameOrRefused(
  record: TopicRecord,
  wanted: TopicRecord,
  given: Readonly<Record<string, string>>,
): TopicRecord {
  const shown = showAttributes(record, 0);
  const asked = showAttributes({ ...wanted, unsubscribed: record.unsubscribed }, 0);
  if (Object.keys(given).some((name) => shown[name] !== asked[name])) {
    throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
  }
  if (Object.entries(wanted.tags).some(([key, value]) => record.tags[key] !== value)) {
    throw invalidParameter('Tags Reason: Topic already exists with different tags');
  }
  return record;
}

export function getTopicAttributes(
  room: SnsRoom,
): Operation<Validated<GetTopicAttributesInput>, GetTopicAttributesResponse> {
  return {
    name: 'GetTopicAttributes',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'GetTopicAttributes', keyOrNothing(arn), context),
    ],
    handle: async ({ TopicArn: arn }) => {
      const record = findTopic(room, arn);
      return { Attributes: showAttributes(record, subscriptionsOf(room, record).length) };
    },
  };
}

export function setTopicAttributes(room: SnsRoom): Operation<Validated<SetTopicAttributesInput>> {
  return {
    name: 'SetTopicAttributes',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'SetTopicAttributes', keyOrNothing(arn), context),
    ],
    handle: async ({ TopicArn: arn, AttributeName: name, AttributeValue: value = '' }) => {
      await room.topics.change(topicKey(arn), (record) => {
        if (record === undefined) throw topicNotFound();
        return withAttribute(record, name, value);
      });
      return {};
    },
  };
}

export function listTopics(
  room: SnsRoom,
): Operation<Validated<ListTopicsInput>, ListTopicsResponse> {
  return {
    name: 'ListTopics',
    permissions: () => [{ action: 'sns:ListTopics', resources: ['*'] }],
    handle: async (page, { account, region }) => {
      const arns = room.topics.list({ account, region }).map(topicArn).sort();
      const { items, next } = pageOf(arns, (arn) => arn, page);
      return { Topics: items.map((TopicArn) => ({ TopicArn })), ...next };
    },
  };
}

/** AWS: one that is not there is deleted all the same. */
export function deleteTopic(room: SnsRoom): Operation<Validated<DeleteTopicInput>> {
  return {
    name: 'DeleteTopic',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'DeleteTopic', keyOrNothing(arn), context),
    ],
    handle: async ({ TopicArn: arn }) => {
      const key = topicKey(arn);
      await room.topics.change(key, () => undefined);
      for (const each of subscriptionsOf(room, key)) {
        await room.subscriptions.change(each, () => undefined);
      }
      return {};
    },
  };
}

export function subscriptionsOf(
  { subscriptions }: SnsRoom,
  topic: NamedKey,
): ReturnType<SnsRoom['subscriptions']['list']> {
  return subscriptions.list(topic).filter((each) => topicOf(each).name === topic.name);
}
