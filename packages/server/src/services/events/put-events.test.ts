/** Events that are put on buses, and the targets of the rules that match them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { AwsError } from '../../core/aws-error.ts';
import {
  account,
  failure,
  functionArn,
  ruleArn,
  startEvents,
  type EventsUnderTest,
} from './fixtures/start-events.ts';

let events: EventsUnderTest;
beforeEach(async () => {
  events = await startEvents(openMemoryStore());
});
afterEach(() => events.stop());

const order = { Source: 'shop', DetailType: 'Order placed', Detail: '{"total": 12.5}' };

async function rule(Name: string, pattern: object, more: object = {}): Promise<void> {
  await events.call('PutRule', { Name, EventPattern: JSON.stringify(pattern), ...more });
}

interface Answer {
  readonly FailedEntryCount: number;
  readonly Entries: readonly { readonly EventId?: string; readonly ErrorCode?: string }[];
}

async function put(...Entries: readonly object[]): Promise<Answer> {
  const answer = await events.call<Answer>('PutEvents', { Entries });
  await events.service.run();
  return answer;
}

describe('an event', () => {
  test('reaches the targets of each rule whose pattern it matches', async () => {
    await rule('orders', { source: ['shop'], detail: { total: [{ numeric: ['>', 10] }] } });
    await rule('others', { source: ['stock'] });
    await rule('off', { source: ['shop'] }, { State: 'DISABLED' });
    for (const name of ['orders', 'others', 'off']) await events.putTarget(name);
    await events.putTarget('orders', { Id: 'b', Arn: functionArn });
    const answer = await put({ ...order, Resources: ['arn:aws:s3:::b'] });
    expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    const sent = events.sent.map(({ operation, caller }) => [operation, caller.source]);
    const source = { arn: ruleArn('orders'), account };
    expect(sent).toEqual([
      ['sqs:SendMessage', source],
      ['lambda:Invoke', source],
    ]);
    const event = {
      version: '0',
      id: answer.Entries[0]?.EventId,
      'detail-type': 'Order placed',
      source: 'shop',
      account,
      time: '2026-03-01T09:59:30Z',
      region: 'eu-west-1',
      resources: ['arn:aws:s3:::b'],
      detail: { total: 12.5 },
    };
    expect(events.bodies()).toEqual([event, event]);
  });

  test('is sent with its numbers as they came, and with the time and the trace that it was given', async () => {
    await rule('all', { source: [{ prefix: '' }] });
    await events.putTarget('all');
    const TraceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    const Time = new Date('2020-01-02T03:04:05.678Z');
    const Detail = '{ "big": 12345678901234567890 }';
    // Loops through buses are nobody's business, as on AWS.
    const inChain = { TraceHeader: `${TraceHeader};Lineage=1:01234567:9` };
    await put({ ...order, Detail, Time, ...inChain });
    const [sent] = events.sent;
    expect(sent?.caller.traceHeader).toBe(TraceHeader);
    const body = String(sent?.input['MessageBody']);
    expect(body).toContain('"detail":{ "big": 12345678901234567890 }}');
    expect(JSON.parse(body)).toMatchObject({ time: '2020-01-02T03:04:05Z', resources: [] });
  });

  test('is transformed for each target', async () => {
    await rule('orders', { source: ['shop'] });
    await events.putTarget('orders', { Id: 'path', InputPath: '$.detail.total' });
    const InputTransformer = {
      InputPathsMap: { total: '$.detail.total' },
      InputTemplate: '"<total> of <aws.events.rule-name>"',
    };
    await events.putTarget('orders', { Id: 'template', InputTransformer });
    await put(order);
    expect(events.bodies()).toEqual(['12.5', '12.5 of orders']);
  });

  test('is on one bus only; a bus that is not there takes it and sends nothing', async () => {
    const EventBusName = 'own';
    await events.call('CreateEventBus', { Name: EventBusName });
    await rule('here', { source: ['shop'] });
    await rule('there', { source: ['shop'] }, { EventBusName });
    await events.putTarget('here', { Input: '"here"' });
    await events.putTarget('there', { Input: '"there"' }, EventBusName);
    await put({ ...order, EventBusName });
    expect(events.bodies()).toEqual(['there']);
    const arn = `arn:aws:events:eu-west-1:${account}:event-bus/own`;
    await put(order, { ...order, EventBusName: arn }, { ...order, EventBusName: 'none' });
    expect(events.bodies()).toEqual(['here', 'there']);
  });

  test('is delivered by the next server where the first one ends before', async () => {
    await rule('orders', { source: ['shop'] });
    await events.putTarget('orders', { Input: '"late"' });
    events.answer = () => Promise.reject(new AwsError('ServiceUnavailable', 503, 'not now'));
    expect(await put(order)).toMatchObject({ FailedEntryCount: 0 });
    events.sent = [];
    events.answer = () => Promise.resolve({});
    await events.restart(120_000);
    expect(events.bodies()).toEqual(['late']);
  });

  test('is refused alone, in its place, as AWS was seen to', async () => {
    await rule('all', { source: [{ prefix: '' }] });
    await events.putTarget('all', { InputPath: '$.source' });
    const without = (name: keyof typeof order): object => ({ ...order, [name]: undefined });
    const isRequired = (name: string): object => ({
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    });
    const malformed = { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    const answer = await put(
      without('Source'),
      order,
      without('DetailType'),
      without('Detail'),
      ...['text', '["a"]', '"{}"', '{'].map((Detail) => ({ ...order, Detail })),
      { ...order, Source: 'aws.s3' },
    );
    expect(answer).toEqual({
      FailedEntryCount: 8,
      Entries: [
        isRequired('Source'),
        { EventId: expect.any(String) },
        isRequired('DetailType'),
        isRequired('Detail'),
        malformed,
        malformed,
        malformed,
        malformed,
        {
          ErrorCode: 'NotAuthorizedForSourceException',
          ErrorMessage: 'Not authorized for the source.',
        },
      ],
    });
    expect(events.bodies()).toEqual(['shop']);
  });

  test('comes with nine others at most, of a megabyte together', async () => {
    const filler = (bytes: number): object => ({
      ...order,
      Detail: `{"a":"${'x'.repeat(bytes)}"}`,
    });
    expect(await put(filler(500_000), filler(540_000))).toMatchObject({ FailedEntryCount: 0 });
    expect(await failure(put(filler(500_000), filler(550_000)))).toBe(
      'ValidationException: Total size of the entries in the request is over the limit.',
    );
    expect(await failure(put(...Array.from({ length: 11 }, () => order)))).toContain(
      "at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
    );
  });
});

describe('a pattern', () => {
  test('that is none is refused, for rules and for tests', async () => {
    for (const EventPattern of ['{', '[]', '{"source":"shop"}', '{"a":[{"like":"b"}]}']) {
      const Event = '{}';
      expect(await failure(events.call('PutRule', { Name: 'r', EventPattern }))).toMatch(
        /^InvalidEventPatternException: Event pattern is not valid. Reason: /,
      );
      expect(await failure(events.call('TestEventPattern', { EventPattern, Event }))).toMatch(
        /^(?:InvalidEventPattern|Validation)Exception/,
      );
    }
  });

  test('is tested against an event that is whole', async () => {
    const event = {
      ...{ id: '1', account, source: 'shop', time: '2026-03-01T09:59:30Z', region: 'r' },
      ...{ resources: [], 'detail-type': 'Order placed', detail: { total: 3 } },
    };
    const tested = (pattern: object, given: object = event): Promise<unknown> =>
      events.call('TestEventPattern', {
        EventPattern: JSON.stringify(pattern),
        Event: JSON.stringify(given),
      });
    expect(await tested({ detail: { total: [3] } })).toEqual({ Result: true });
    expect(await tested({ detail: { total: [4] } })).toEqual({ Result: false });
    const { account: _, ...rest } = event;
    expect(await failure(tested({ source: ['shop'] }, rest))).toBe(
      'ValidationException: Parameter Event is not valid. Reason: It has no account.',
    );
  });

  test('stands beside a schedule, and goes where an update leaves it out', async () => {
    const pattern = { source: ['shop'] };
    await rule('both', pattern, { ScheduleExpression: 'rate(1 hour)' });
    expect(await events.call('DescribeRule', { Name: 'both' })).toMatchObject({
      EventPattern: JSON.stringify(pattern),
      ScheduleExpression: 'rate(1 hour)',
    });
    await rule('both', pattern);
    expect(await events.call('DescribeRule', { Name: 'both' })).not.toHaveProperty(
      'ScheduleExpression',
    );
    await events.putTarget('both');
    await events.pass(7_200_000);
    expect(events.bodies()).toEqual([]);
    await put(order);
    expect(events.bodies()).toHaveLength(1);
  });
});
