/** Against a server on loopback that accepts nothing but its own key's signature. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  signedServerKey,
  startSignedServer,
  type SignedServer,
} from '../../../testkit/src/start-signed-server.ts';
import type { Operation, OperationContext } from '../core/operation.ts';
import { createContext } from '../iam/fixtures/create-context.ts';
import { forwardEvents } from './events/forward-events.ts';
import { createForwardedTopics } from './sns/forwarded-topics.ts';
import { createUpstream, type Upstream, type UpstreamOptions } from './upstream.ts';

const context = createContext({ account: '123456789012' });
const topic = 'arn:aws:sns:eu-west-1:123456789012:news';
const published =
  '<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>';

let server: SignedServer;
beforeAll(async () => {
  server = await startSignedServer(() => ({ text: published }));
});
beforeEach(() => {
  server.answer = () => ({ text: published });
});
afterAll(() => server[Symbol.asyncDispose]());

const upstreamOf = (
  service: UpstreamOptions['service'],
  more: Partial<UpstreamOptions> = {},
): Upstream =>
  createUpstream({ service, url: server.endpoint, ...signedServerKey, region: undefined, ...more });
const topics = (more: Partial<UpstreamOptions> = {}) =>
  createForwardedTopics(upstreamOf('sns', more)).operations;
const publish = (more: Partial<UpstreamOptions> = {}, as: Partial<OperationContext> = {}) => {
  const operation = topics(more).get('Publish') as Operation<object>;
  return operation.handle({ TopicArn: topic, Message: 'hello' }, { ...context, ...as });
};

describe('a forwarded request', () => {
  test("is signed with the upstream's key, for the region of the request or the configured one", async () => {
    expect(await publish()).toEqual({ MessageId: 'm-1' });
    expect(await publish({ region: 'us-east-2' })).toEqual({ MessageId: 'm-1' });
    expect(server.requests.slice(-2)).toMatchObject([
      { service: 'sns', region: 'eu-west-1' },
      { service: 'sns', region: 'us-east-2' },
    ]);
    const sent = new URLSearchParams(server.requests.at(-1)?.text);
    expect(Object.fromEntries(sent)).toMatchObject({
      Action: 'Publish',
      TopicArn: topic,
      Message: 'hello',
    });
  });

  test('that is signed with another key is refused there, and the caller told', async () => {
    const wrong = publish({ secretAccessKey: 'another' });
    await expect(wrong).rejects.toMatchObject({ status: 403 });
  });

  test('carries the trace of its caller on, and none where there is none', async () => {
    const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:0123abcd:3';
    await publish({}, { traceHeader });
    await publish();
    expect(server.requests.slice(-2).map(({ headers }) => headers['x-amzn-trace-id'])).toEqual([
      traceHeader,
      undefined,
    ]);
  });

  test('that is refused is answered with the words of the upstream', async () => {
    server.answer = () => ({
      status: 404,
      text: '<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>',
    });
    const refused = { code: expect.stringMatching(/^NotFound/), message: 'Topic does not exist' };
    await expect(publish()).rejects.toMatchObject({ status: 404, ...refused });
  });

  test('is not tried again where the upstream fails: whoever called does that', async () => {
    const before = server.requests.length;
    server.answer = () => ({ status: 503, text: 'busy' });
    await expect(publish()).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(before + 1);
  });

  test('to nobody is answered with 503 and a sentence', async () => {
    await expect(publish({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      status: 503,
      message: 'Hearth forwards sns to http://127.0.0.1:1, which does not answer: ECONNREFUSED.',
    });
  });

  test('whose answer cannot be read is answered with 503 and a sentence', async () => {
    server.answer = () => ({ text: 'the object itself' });
    await expect(publish()).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      status: 503,
      message: expect.stringContaining(`${server.endpoint}, whose answer cannot be read: `),
    });
  });

  test('ends with its caller, where the upstream is slow', async () => {
    const caller = new AbortController();
    server.answer = () => {
      caller.abort();
      return new Promise(() => {});
    };
    await expect(publish({}, { signal: caller.signal })).rejects.toThrow(/abort/i);
  });
});

describe('what a caller of a forwarded topic needs', () => {
  const needs = (name: string, input: object) =>
    (topics().get(name) as Operation<object>).permissions(input, context);
  const own = { resourceAccount: context.account };

  test.each([
    ['Publish', { TopicArn: topic }, 'sns:Publish', topic],
    ['Publish', { TargetArn: topic }, 'sns:Publish', topic],
    ['Publish', { PhoneNumber: '+1' }, 'sns:Publish', '*'],
    ['PublishBatch', { TopicArn: topic }, 'sns:Publish', topic],
    ['CreateTopic', { Name: 'news' }, 'sns:CreateTopic', topic],
    ['ListTopics', {}, 'sns:ListTopics', '*'],
    ['TagResource', { ResourceArn: topic }, 'sns:TagResource', topic],
    ['Unsubscribe', { SubscriptionArn: `${topic}:1` }, 'sns:Unsubscribe', '*'],
  ])('%s with %j is %s on %s', (name, input, action, resource) => {
    expect(needs(name, input)).toEqual([{ ...own, action, resources: [resource], conditions: {} }]);
  });

  test('has the condition keys of the request', () => {
    const asked = { TopicArn: topic, Protocol: 'https', Endpoint: 'https://a.example' };
    expect(needs('Subscribe', asked)).toMatchObject([
      { conditions: { 'sns:Protocol': 'https', 'sns:Endpoint': 'https://a.example' } },
    ]);
    expect(needs('CreateTopic', { Name: 'news', Tags: [{ Key: 'a', Value: 'b' }] })).toMatchObject([
      { conditions: { 'aws:TagKeys': ['a'], 'aws:RequestTag/a': 'b' } },
    ]);
  });
});

describe('PutEvents', () => {
  const bus = 'arn:aws:events:eu-west-1:123456789012:event-bus/orders';
  const Entries = [
    { Source: 'shop', DetailType: 'sold', Detail: '{}', EventBusName: 'orders' },
    { Source: 'shop', DetailType: 'sold', Detail: '{}', EventBusName: bus },
    { Source: 'shop', Detail: '{}' },
  ];

  test('needs the right for the bus of each entry', () => {
    const permissions = forwardEvents(upstreamOf('events')).permissions({ Entries }, context);
    expect(permissions.map(({ action, resources }) => [action, ...resources])).toEqual([
      ['events:PutEvents', bus],
      ['events:PutEvents', bus],
      ['events:PutEvents', 'arn:aws:events:eu-west-1:123456789012:event-bus/default'],
    ]);
    expect(permissions[0]?.conditions).toEqual({
      'events:source': 'shop',
      'events:detail-type': 'sold',
    });
  });

  test('is sent as it came, and its answer as well', async () => {
    const answer = { FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] };
    server.answer = () => ({ type: 'application/x-amz-json-1.1', text: JSON.stringify(answer) });
    expect(await forwardEvents(upstreamOf('events')).handle({ Entries }, context)).toEqual(answer);
    expect(server.requests.at(-1)).toMatchObject({ service: 'events', region: 'eu-west-1' });
    expect(JSON.parse(server.requests.at(-1)?.text ?? '')).toEqual({ Entries });
  });
});
