/** Subscriptions: made, shown, listed, changed and taken away. */
import type {
  GetSubscriptionAttributesInput,
  GetSubscriptionAttributesResponse,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  ListSubscriptionsInput,
  ListSubscriptionsResponse,
  SetSubscriptionAttributesInput,
  Subscription,
  UnsubscribeInput,
} from '@aws-sdk/client-sns';
import type { Operation, Permission } from '../../core/operation.ts';
import { pageOf } from '../page.ts';
import type { NamedKey } from '../record-repository.ts';
import type { Validated } from '../validated.ts';
import { findTopic, keyOrNothing, topicKey, topicPermission } from './find-topic.ts';
import { invalidParameter, subscriptionNotFound } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { showAttributes, withAttribute } from './subscription-attributes.ts';
import { subscriptionArn, topicOf, type SubscriptionRecord } from './subscription-record.ts';
import { subscriptionsOf } from './topics.ts';
import { topicArn } from './topic-record.ts';

/** AWS: subscriptions are no resources of policies. */
function onAll(action: string): readonly Permission[] {
  return [{ action: `sns:${action}`, resources: ['*'] }];
}

/** Of the caller's account: as its own, or as one of its topic. */
function findSubscription(
  { subscriptions }: SnsRoom,
  arn: string,
  { account }: { readonly account: string },
): SubscriptionRecord {
  const found = subscriptions.find(subscriptionKey(arn));
  if (found === undefined) throw subscriptionNotFound();
  if (found.owner !== account && found.account !== account) throw subscriptionNotFound();
  return found;
}

function subscriptionKey(arn: string): NamedKey {
  const elements = arn.split(':');
  if (elements.length < 6) {
    throw invalidParameter(
      `SubscriptionArn Reason: An ARN must have at least 6 elements, not ${elements.length}`,
    );
  }
  if (elements.length < 7) throw invalidParameter('SubscriptionId');
  return topicKey(arn, 'SubscriptionArn');
}

/** AWS: one that is not there is taken away all the same. */
export function unsubscribe(room: SnsRoom): Operation<Validated<UnsubscribeInput>> {
  return {
    name: 'Unsubscribe',
    permissions: () => onAll('Unsubscribe'),
    handle: async ({ SubscriptionArn: arn }, context) => {
      const key = subscriptionKey(arn);
      if (room.subscriptions.find(key) === undefined) return {};
      findSubscription(room, arn, context);
      await room.subscriptions.change(key, () => undefined);
      await room.topics.change(
        topicOf(key),
        (topic) => topic && { ...topic, unsubscribed: topic.unsubscribed + 1 },
      );
      return {};
    },
  };
}

export function getSubscriptionAttributes(
  room: SnsRoom,
): Operation<Validated<GetSubscriptionAttributesInput>, GetSubscriptionAttributesResponse> {
  return {
    name: 'GetSubscriptionAttributes',
    permissions: () => onAll('GetSubscriptionAttributes'),
    handle: async ({ SubscriptionArn: arn }, context) => ({
      Attributes: showAttributes(findSubscription(room, arn, context)),
    }),
  };
}

export function setSubscriptionAttributes(
  room: SnsRoom,
): Operation<Validated<SetSubscriptionAttributesInput>> {
  return {
    name: 'SetSubscriptionAttributes',
    permissions: () => onAll('SetSubscriptionAttributes'),
    handle: async (input, context) => {
      const { AttributeName: name, AttributeValue: value = '' } = input;
      const found = findSubscription(room, input.SubscriptionArn, context);
      await room.subscriptions.change(found, (record) => {
        if (record === undefined) throw subscriptionNotFound();
        return withAttribute(record, name, value);
      });
      return {};
    },
  };
}

export function listSubscriptions(
  room: SnsRoom,
): Operation<Validated<ListSubscriptionsInput>, ListSubscriptionsResponse> {
  return {
    name: 'ListSubscriptions',
    permissions: () => onAll('ListSubscriptions'),
    handle: async (page, { account, region }) => {
      const own = room.subscriptions
        .all()
        .filter((each) => each.owner === account && each.region === region);
      return showPage(own, page);
    },
  };
}

export function listSubscriptionsByTopic(
  room: SnsRoom,
): Operation<Validated<ListSubscriptionsByTopicInput>, ListSubscriptionsByTopicResponse> {
  return {
    name: 'ListSubscriptionsByTopic',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'ListSubscriptionsByTopic', keyOrNothing(arn), context),
    ],
    handle: async ({ TopicArn: arn, ...page }) =>
      showPage(subscriptionsOf(room, findTopic(room, arn)), page),
  };
}

function showPage(
  records: readonly SubscriptionRecord[],
  page: { readonly NextToken?: string | undefined },
): { readonly Subscriptions: Subscription[]; readonly NextToken?: string } {
  const sorted = records.toSorted((one, other) =>
    subscriptionArn(one) < subscriptionArn(other) ? -1 : 1,
  );
  const { items, next } = pageOf(sorted, subscriptionArn, page);
  return { Subscriptions: items.map(show), ...next };
}

function show(record: SubscriptionRecord): Subscription {
  return {
    SubscriptionArn: subscriptionArn(record),
    Owner: record.owner,
    Protocol: record.protocol,
    Endpoint: record.endpoint,
    TopicArn: topicArn(topicOf(record)),
  };
}
