/** What a rule sends to its targets, and what becomes of what they do not take. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { AwsError } from '../../core/aws-error.ts';
import {
  account,
  functionArn,
  queueArn,
  ruleArn,
  startEvents,
  type EventsUnderTest,
} from './fixtures/start-events.ts';

let events: EventsUnderTest;
beforeEach(async () => {
  events = await startEvents(openMemoryStore());
});
afterEach(() => events.stop());

describe('a rule that is due', () => {
  test('sends the scheduled event to its queue and invokes its function, in the name of EventBridge', async () => {
    await events.putRule('tick', 'cron(0 10 * * ? *)');
    await events.call('PutTargets', {
      Rule: 'tick',
      Targets: [
        { Id: 'q', Arn: queueArn },
        { Id: 'f', Arn: functionArn },
      ],
    });
    await events.pass(29_000);
    expect(events.sent).toEqual([]);
    await events.pass(2_000);
    const caller = {
      principal: { kind: 'service', service: 'events.amazonaws.com' },
      account,
      region: 'eu-west-1',
      source: { arn: ruleArn('tick'), account },
    };
    expect(events.sent).toEqual([
      {
        caller,
        operation: 'sqs:SendMessage',
        input: { QueueUrl: `/${account}/jobs`, MessageBody: expect.any(String) },
      },
      {
        caller,
        operation: 'lambda:Invoke',
        input: { FunctionName: functionArn, InvocationType: 'Event', Payload: expect.any(Buffer) },
      },
    ]);
    const [event, same] = events.bodies();
    expect(same).toEqual(event);
    expect(event).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account,
      time: '2026-03-01T10:00:00Z',
      region: 'eu-west-1',
      resources: [ruleArn('tick')],
      detail: {},
    });
    await events.pass(60_000);
    expect(events.sent).toEqual([]);
  });

  test.each([
    [{}, expect.objectContaining({ time: '2026-03-01T10:00:00Z' })],
    [{ Input: '{"a": [1]}' }, { a: [1] }],
    [{ InputPath: '$.resources[0]' }, ruleArn('tick')],
    [{ InputPath: '$.detail-type' }, 'Scheduled Event'],
    [{ InputPath: '$.nothing' }, 'null'],
    [
      {
        InputTransformer: {
          InputPathsMap: { at: '$.time', from: '$.source', all: '$.resources[*]', no: '$.no' },
          InputTemplate:
            '{"at": <at>, "text": "from <from> \\"<from>\\" by <aws.events.rule-name>", "all": <all>, "no": "<no>", "rule": <aws.events.rule-arn>}',
        },
      },
      {
        at: '2026-03-01T10:00:00Z',
        text: 'from aws.events "aws.events" by tick',
        all: [ruleArn('tick')],
        no: '',
        rule: ruleArn('tick'),
      },
    ],
    [
      {
        InputTransformer: {
          InputTemplate:
            '{"all": <aws.events.event.json>, "got": <aws.events.event.ingestion-time>}',
        },
      },
      {
        all: expect.objectContaining({ source: 'aws.events', detail: {} }),
        got: '2026-03-01T10:00:30.250Z',
      },
    ],
    [
      { InputTransformer: { InputPathsMap: { s: '$.source' }, InputTemplate: '"<s> ticks"' } },
      'aws.events ticks',
    ],
  ])('sends what its target asks for: %j', async (input, expected) => {
    await events.putRule('tick', 'cron(0 10 * * ? *)');
    await events.putTarget('tick', input);
    await events.pass(60_000);
    expect(events.bodies()).toEqual([expected]);
  });

  test('names the message group of a FIFO queue', async () => {
    await events.putRule('tick', 'cron(0 10 * * ? *)');
    await events.putTarget('tick', {
      Arn: `${queueArn}.fifo`,
      SqsParameters: { MessageGroupId: 'g' },
    });
    await events.pass(60_000);
    expect(events.sent).toMatchObject([
      { input: { QueueUrl: `/${account}/jobs.fifo`, MessageGroupId: 'g' } },
    ]);
  });

  test('counts a rate from when it was made, and again when it is enabled', async () => {
    await events.putRule('tick', 'rate(5 minutes)');
    await events.putTarget('tick');
    await events.pass(299_000);
    expect(events.sent).toEqual([]);
    await events.pass(1_000);
    expect(events.bodies()).toMatchObject([{ time: '2026-03-01T10:04:30Z' }]);
    await events.pass(300_000);
    expect(events.bodies()).toMatchObject([{ time: '2026-03-01T10:09:30Z' }]);
    await events.call('DisableRule', { Name: 'tick' });
    await events.pass(3_600_000);
    expect(events.sent).toEqual([]);
    await events.call('EnableRule', { Name: 'tick' });
    await events.pass(299_000);
    expect(events.sent).toEqual([]);
    await events.pass(1_000);
    expect(events.sent).toHaveLength(1);
  });

  test('goes on as it was when it is put again with the same schedule', async () => {
    await events.putRule('tick', 'rate(5 minutes)');
    await events.putTarget('tick');
    await events.pass(240_000);
    await events.putRule('tick', 'rate(5 minutes)', { Description: 'new' });
    await events.pass(60_000);
    expect(events.sent).toHaveLength(1);
  });
});

describe('what a target does not take', () => {
  beforeEach(async () => {
    await events.putRule('tick', 'cron(0 10 * * ? *)');
  });

  test('comes again until it does', async () => {
    await events.putTarget('tick');
    events.answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    await events.pass(60_000);
    await events.pass(1_000);
    expect(events.sent).toHaveLength(2);
    events.answer = () => Promise.resolve({});
    await events.pass(300_000);
    await events.pass(300_000);
    expect(events.sent).toHaveLength(3);
    const ids = events.bodies().map((each) => (each as { id: string }).id);
    expect(new Set(ids).size).toBe(1);
  });

  test('is given up after the retries that it has, and goes to the dead-letter queue', async () => {
    await events.putTarget('tick', {
      RetryPolicy: { MaximumRetryAttempts: 2 },
      DeadLetterConfig: { Arn: `${queueArn}-dead` },
    });
    events.answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    for (let round = 0; round < 8; round += 1) await events.pass(60_000);
    expect(events.sent).toHaveLength(4);
    expect(events.sent[3]?.input).toMatchObject({
      QueueUrl: `/${account}/jobs-dead`,
      MessageBody: events.sent[0]?.input['MessageBody'],
      MessageAttributes: {
        RULE_ARN: { StringValue: ruleArn('tick') },
        TARGET_ARN: { StringValue: queueArn },
        ERROR_CODE: { StringValue: 'InternalFailure' },
        ERROR_MESSAGE: { StringValue: 'no' },
        EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
        RETRY_ATTEMPTS: { StringValue: '2' },
      },
    });
  });

  test('is given up when it is too old', async () => {
    await events.putTarget('tick', { RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    events.answer = () => Promise.reject(new AwsError('ThrottlingException', 400, 'slower'));
    await events.pass(31_000);
    await events.pass(50_000);
    for (let round = 0; round < 8; round += 1) await events.pass(60_000);
    expect(events.sent.length).toBeGreaterThan(1);
    expect(events.sent.length).toBeLessThan(6);
  });

  test('is not tried again where the target does not let EventBridge in', async () => {
    await events.putTarget('tick', { DeadLetterConfig: { Arn: `${queueArn}-dead` } });
    events.answer = () => Promise.reject(new AwsError('AccessDenied', 403, 'not authorized'));
    for (let round = 0; round < 4; round += 1) await events.pass(60_000);
    expect(events.sent.map(({ input }) => input['QueueUrl'])).toEqual([
      `/${account}/jobs`,
      `/${account}/jobs-dead`,
    ]);
  });
});
