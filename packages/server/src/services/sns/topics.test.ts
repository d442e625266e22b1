/** Topics and subscriptions, as they are made, shown and refused. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import {
  account,
  failure,
  functionArn,
  queueArn,
  startSns,
  topicArn,
  type SnsUnderTest,
} from './fixtures/start-sns.ts';

let sns: SnsUnderTest;
beforeEach(async () => {
  sns = await startSns(openMemoryStore());
});
afterEach(() => sns.stop());

async function attributesOf(name?: string): Promise<Record<string, string>> {
  const answer = await sns.call<{ Attributes: Record<string, string> }>('GetTopicAttributes', {
    TopicArn: topicArn(name),
  });
  return answer.Attributes;
}

describe('a topic', () => {
  test('is made once, shown, listed, changed and deleted with its subscriptions', async () => {
    expect(await sns.createTopic()).toBe(topicArn());
    expect(await sns.createTopic()).toBe(topicArn());
    const shown = await attributesOf();
    expect(shown).toMatchObject({
      TopicArn: topicArn(),
      Owner: account,
      DisplayName: '',
      SubscriptionsConfirmed: '0',
      SubscriptionsPending: '0',
      SubscriptionsDeleted: '0',
    });
    expect(JSON.parse(shown['Policy'] ?? '')).toMatchObject({
      Id: '__default_policy_ID',
      Statement: [
        {
          Sid: '__default_statement_ID',
          Resource: topicArn(),
          Condition: { StringEquals: { 'AWS:SourceOwner': account } },
        },
      ],
    });
    await sns.createTopic('other');
    expect(await sns.call('ListTopics', {})).toEqual({
      Topics: [{ TopicArn: topicArn() }, { TopicArn: topicArn('other') }],
    });
    const set = { TopicArn: topicArn(), AttributeName: 'DisplayName', AttributeValue: 'Orders' };
    await sns.call('SetTopicAttributes', set);
    await sns.restart();
    expect(await attributesOf()).toMatchObject({ DisplayName: 'Orders' });
    await sns.subscribe();
    const second = await sns.subscribe(functionArn);
    await sns.call('Unsubscribe', { SubscriptionArn: second });
    await sns.call('Unsubscribe', { SubscriptionArn: second });
    expect(await attributesOf()).toMatchObject({
      SubscriptionsConfirmed: '1',
      SubscriptionsDeleted: '1',
    });
    await sns.call('DeleteTopic', { TopicArn: topicArn() });
    await sns.call('DeleteTopic', { TopicArn: topicArn() });
    expect(await failure(attributesOf())).toBe('NotFound: Topic does not exist');
    expect(await sns.call('ListSubscriptions', {})).toEqual({ Subscriptions: [] });
  });

  test.each([
    [{ Name: 'a b' }, 'Topic Name'],
    [{ Name: 'a.fifo' }, 'Hearth does not implement FIFO topics yet.'],
    [{ Attributes: { FifoTopic: 'true' } }, 'Hearth does not implement FIFO topics yet.'],
    [{ Attributes: { Nope: '1' } }, 'AttributeName'],
    [
      { Attributes: { KmsMasterKeyId: 'k' } },
      'Hearth does not implement the attribute KmsMasterKeyId of topics yet.',
    ],
    [
      { Attributes: { TracingConfig: 'Active' } },
      'Hearth does not implement active tracing of topics yet.',
    ],
    [{ Attributes: { DisplayName: 'x'.repeat(101) } }, 'DisplayName'],
    [
      {
        Tags: [
          { Key: 'k', Value: '1' },
          { Key: 'k', Value: '2' },
        ],
      },
      'Duplicated keys are not allowed.',
    ],
  ])('with %j is refused', async (input, message) => {
    expect(await failure(sns.createTopic('orders', input))).toBe(
      `InvalidParameter: Invalid parameter: ${message}`,
    );
  });

  test('that is there is answered again, unless something else is asked for', async () => {
    const more = { Attributes: { DisplayName: 'Orders' }, Tags: [{ Key: 'a', Value: '1' }] };
    await sns.createTopic('orders', more);
    expect(await sns.createTopic('orders', more)).toBe(topicArn());
    expect(await failure(sns.createTopic('orders', { Attributes: { DisplayName: 'x' } }))).toBe(
      'InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes',
    );
    expect(await failure(sns.createTopic('orders', { Tags: [{ Key: 'b', Value: '1' }] }))).toBe(
      'InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags',
    );
  });

  test('is tagged and untagged', async () => {
    await sns.createTopic('orders', { Tags: [{ Key: 'a', Value: '1' }] });
    const ResourceArn = topicArn();
    await sns.call('TagResource', { ResourceArn, Tags: [{ Key: 'b', Value: '2' }] });
    await sns.call('UntagResource', { ResourceArn, TagKeys: ['a'] });
    expect(await sns.call('ListTagsForResource', { ResourceArn })).toEqual({
      Tags: [{ Key: 'b', Value: '2' }],
    });
    const none = { ResourceArn: topicArn('none') };
    expect(await failure(sns.call('ListTagsForResource', none))).toBe(
      'ResourceNotFound: Resource does not exist',
    );
  });

  test('has a policy by which callers of other accounts and services are judged', async () => {
    await sns.createTopic();
    const other = createContext({ account: '111111111111' });
    const publish = { TopicArn: topicArn(), Message: 'm' };
    expect(sns.needs('Publish', publish, other)[0]).not.toHaveProperty('resourcePolicy');
    await sns.call('AddPermission', {
      TopicArn: topicArn(),
      Label: 'shop',
      AWSAccountId: ['111111111111'],
      ActionName: ['Publish'],
    });
    expect(sns.needs('Publish', publish, other)).toMatchObject([
      {
        action: 'sns:Publish',
        resources: [topicArn()],
        resourcePolicy: {
          Statement: [
            { Sid: '__default_statement_ID' },
            {
              Sid: 'shop',
              Principal: { AWS: 'arn:aws:iam::111111111111:root' },
              Action: 'SNS:Publish',
            },
          ],
        },
      },
    ]);
    await sns.call('RemovePermission', { TopicArn: topicArn(), Label: 'shop' });
    const Policy = JSON.parse((await attributesOf())['Policy'] ?? '') as { Statement: unknown[] };
    expect(Policy.Statement).toHaveLength(1);
    const broken = { TopicArn: topicArn(), AttributeName: 'Policy', AttributeValue: '{' };
    expect(await failure(sns.call('SetTopicAttributes', broken))).toMatch(
      /^InvalidParameter: Invalid parameter: Policy Error: /,
    );
  });
});

describe('a subscription', () => {
  beforeEach(() => sns.createTopic());

  test('is made once, shown, listed and changed', async () => {
    const SubscriptionArn = await sns.subscribe();
    expect(await sns.subscribe()).toBe(SubscriptionArn);
    expect(SubscriptionArn.startsWith(`${topicArn()}:`)).toBe(true);
    const shown = { SubscriptionArn, Owner: account, Protocol: 'sqs', Endpoint: queueArn };
    const { Attributes } = await sns.call('GetSubscriptionAttributes', { SubscriptionArn });
    expect(Attributes).toEqual({
      ...shown,
      TopicArn: topicArn(),
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'true',
      RawMessageDelivery: 'false',
      SubscriptionPrincipal: expect.stringContaining('arn:aws:iam::'),
    });
    const listed = { Subscriptions: [{ ...shown, TopicArn: topicArn() }] };
    expect(await sns.call('ListSubscriptions', {})).toEqual(listed);
    expect(await sns.call('ListSubscriptionsByTopic', { TopicArn: topicArn() })).toEqual(listed);
    const set = (AttributeName: string, AttributeValue: string): Promise<unknown> =>
      sns.call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue });
    await set('FilterPolicy', '{"kind":["large"]}');
    await set('RawMessageDelivery', 'TRUE');
    await set('RedrivePolicy', JSON.stringify({ deadLetterTargetArn: queueArn }));
    const changed = await sns.call('GetSubscriptionAttributes', { SubscriptionArn });
    expect(changed['Attributes']).toMatchObject({
      RawMessageDelivery: 'true',
      FilterPolicy: '{"kind":["large"]}',
      FilterPolicyScope: 'MessageAttributes',
      RedrivePolicy: `{"deadLetterTargetArn":"${queueArn}"}`,
    });
    await set('FilterPolicy', '');
    const without = await sns.call('GetSubscriptionAttributes', { SubscriptionArn });
    expect(without['Attributes']).not.toHaveProperty('FilterPolicy');
    expect(await failure(sns.subscribe(queueArn, { RawMessageDelivery: 'false' }))).toBe(
      'InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
    );
  });

  test.each([
    [{ Protocol: 'nope' }, 'Amazon SNS does not support this protocol string: nope'],
    [
      { Protocol: 'https', Endpoint: 'https://example.com' },
      'Hearth does not implement the protocol https of subscriptions yet.',
    ],
    [{ Endpoint: 'http://127.0.0.1/jobs' }, 'SQS endpoint ARN'],
    [
      { Endpoint: `${queueArn}.fifo` },
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    ],
    [
      { Endpoint: 'arn:aws:sqs:eu-west-1:111111111111:jobs' },
      `Hearth does not implement subscriptions that arn:aws:sqs:eu-west-1:111111111111:jobs has to confirm, to ${topicArn()} yet.`,
    ],
    [
      { Attributes: { RawMessageDelivery: 'wrongvalue' } },
      'Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.',
    ],
    [
      { Protocol: 'lambda', Endpoint: functionArn, Attributes: { RawMessageDelivery: 'true' } },
      'Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.',
    ],
    [
      { Attributes: { RedrivePolicy: '{"deadLetterTargetArn":"fake"}' } },
      'Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn',
    ],
    [
      { Attributes: { FilterPolicy: 'x' } },
      'Attributes Reason: FilterPolicy: failed to parse JSON.',
    ],
    [
      { Attributes: { FilterPolicy: '{"a":[{"like":"b"}]}' } },
      'Attributes Reason: FilterPolicy: There is no comparison named like.',
    ],
  ])('with %j is refused', async (input, message) => {
    const subscribed = sns.call('Subscribe', {
      ...{ TopicArn: topicArn(), Protocol: 'sqs', Endpoint: queueArn },
      ...input,
    });
    expect(await failure(subscribed)).toBe(`InvalidParameter: Invalid parameter: ${message}`);
  });

  test.each([
    ['GetSubscriptionAttributes', {}],
    ['SetSubscriptionAttributes', { AttributeName: 'RawMessageDelivery', AttributeValue: 'true' }],
  ])('that is not there: %s', async (operation, input) => {
    const SubscriptionArn = `${topicArn()}:00000000-0000-0000-0000-000000000000`;
    expect(await failure(sns.call(operation, { SubscriptionArn, ...input }))).toBe(
      'NotFound: Subscription does not exist',
    );
  });

  test('of a topic that is not there, or that is none, is refused', async () => {
    const subscribe = (TopicArn: string): Promise<unknown> =>
      sns.call('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: queueArn });
    expect(await failure(subscribe(topicArn('none')))).toBe('NotFound: Topic does not exist');
    expect(await failure(subscribe('none'))).toBe(
      'InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
    );
  });
});
