import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAsCaller } from '../../core/call-as.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import { rootPrincipal } from '../../iam/credentials.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { Store } from '../../store/store.ts';
import { loadServiceModel } from '../../wire/service-model.ts';
import { validateInput } from '../../wire/validate.ts';
import { openEventsService, type EventsService } from './service.ts';

const account = '000000000000';
const context: OperationContext = {
  requestId: 'r',
  account,
  region: 'eu-west-1',
  principal: rootPrincipal(account),
  endpoint: 'http://127.0.0.1:4566',
  signal: new AbortController().signal,
};
const model = loadServiceModel('events');
const functionArn = `arn:aws:lambda:eu-west-1:${account}:function:tick`;
const queueArn = `arn:aws:sqs:eu-west-1:${account}:jobs`;
const ruleArn = (name: string): string => `arn:aws:events:eu-west-1:${account}:rule/${name}`;

/** What a target was sent. */
interface Sent {
  readonly caller: CallAsCaller;
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

let store: Store;
let wallMs: number;
let passedMs: number;
let sent: Sent[];
let answer: () => Promise<object>;
let service: EventsService;

const start = async (): Promise<EventsService> => {
  const opened = await openEventsService({
    store,
    callAs: (caller, name, operation, input) => {
      sent.push({ caller, operation: `${name}:${operation}`, input: { ...input } });
      return answer();
    },
    clock: { nowMs: () => wallMs, monotonicMs: () => passedMs },
    ids: randomIds,
    logger: silentLogger,
  });
  await opened.start();
  return opened;
};

beforeEach(async () => {
  store = openMemoryStore();
  wallMs = Date.UTC(2026, 2, 1, 9, 59, 30, 250);
  passedMs = 0;
  sent = [];
  answer = () => Promise.resolve({});
  service = await start();
});
afterEach(() => service.close());

async function call<Output = Record<string, unknown>>(
  name: string,
  input: object,
): Promise<Output> {
  const operation = service.operations.get(name) as Operation<object>;
  validateInput(model, model.operations.get(name)!, input);
  operation.permissions(input, context);
  return (await operation.handle(input, context)) as Output;
}
/** So much time passes; then the server looks at what is due. */
async function pass(ms: number): Promise<void> {
  wallMs += ms;
  passedMs += ms;
  await service.run();
}
async function setClock(to: string): Promise<void> {
  wallMs = Date.parse(to);
  await service.run();
}
async function restart(meanwhileMs: number): Promise<void> {
  await service.close();
  wallMs += meanwhileMs;
  passedMs = 0;
  service = await start();
  await service.run();
}
const putRule = (Name: string, ScheduleExpression: string, more: object = {}) =>
  call('PutRule', { Name, ScheduleExpression, ...more });
const putTarget = (Rule: string, target: object = {}) =>
  call('PutTargets', { Rule, Targets: [{ Id: 'a', Arn: queueArn, ...target }] });
/** The bodies that were sent since this was asked last. */
const bodies = (): unknown[] =>
  sent.splice(0).map(({ input }) => {
    const text = String(input['MessageBody'] ?? input['Payload']);
    return text.startsWith('{') || text.startsWith('"') ? (JSON.parse(text) as unknown) : text;
  });
const times = (): unknown[] =>
  bodies().map((each) => (each as { time: string }).time.slice(11, 16));
const failure = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: AwsError) => reason,
  );
  return error === undefined ? 'none' : `${error.code}: ${error.message}`;
};

describe('a rule', () => {
  test('is described and listed as AWS does', async () => {
    const answered = await putRule('tick', 'rate(5 minutes)', {
      Description: 'ticks',
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    expect(answered).toEqual({ RuleArn: ruleArn('tick') });
    const shown = {
      Name: 'tick',
      Arn: ruleArn('tick'),
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Description: 'ticks',
      EventBusName: 'default',
    };
    expect(await call('DescribeRule', { Name: 'tick' })).toEqual({ ...shown, CreatedBy: account });
    expect(await call('ListRules', {})).toEqual({ Rules: [shown] });
    expect(await call('ListTagsForResource', { ResourceARN: ruleArn('tick') })).toEqual({
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
  });

  test('that is put again loses what is left out, but for targets and tags', async () => {
    await putRule('tick', 'rate(5 minutes)', {
      Description: 'ticks',
      Tags: [{ Key: 'a', Value: '1' }],
    });
    await putTarget('tick');
    await putRule('tick', 'rate(1 hour)', {
      State: 'DISABLED',
      Tags: [{ Key: 'b', Value: '2' }],
    });
    const described = await call('DescribeRule', { Name: 'tick' });
    expect(described).toMatchObject({ ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' });
    expect(described).not.toHaveProperty('Description');
    expect(await call('ListTargetsByRule', { Rule: 'tick' })).toMatchObject({
      Targets: [{ Id: 'a' }],
    });
    expect(await call('ListTagsForResource', { ResourceARN: ruleArn('tick') })).toEqual({
      Tags: [{ Key: 'a', Value: '1' }],
    });
  });

  test('is tagged and untagged', async () => {
    await putRule('tick', 'rate(1 day)');
    const ResourceARN = ruleArn('tick');
    await call('TagResource', { ResourceARN, Tags: [{ Key: 'a', Value: '1' }] });
    await call('TagResource', { ResourceARN, Tags: [{ Key: 'b', Value: '2' }] });
    await call('UntagResource', { ResourceARN, TagKeys: ['a', 'c'] });
    expect(await call('ListTagsForResource', { ResourceARN })).toEqual({
      Tags: [{ Key: 'b', Value: '2' }],
    });
  });

  test('is deleted once it has no targets; one that is not there is deleted all the same', async () => {
    await putRule('tick', 'rate(1 day)');
    await putTarget('tick');
    expect(await failure(call('DeleteRule', { Name: 'tick' }))).toBe(
      "ValidationException: Rule can't be deleted since it has targets.",
    );
    await call('RemoveTargets', { Rule: 'tick', Ids: ['a', 'b'] });
    expect(await call('DeleteRule', { Name: 'tick' })).toEqual({});
    expect(await call('DeleteRule', { Name: 'tick' })).toEqual({});
    expect(await call('ListRules', {})).toEqual({ Rules: [] });
  });

  test('is listed by prefix, by target, and page by page', async () => {
    for (const name of ['b1', 'a2', 'a1', 'a3']) {
      await putRule(name, 'rate(1 day)');
      await putTarget(name);
    }
    const first = await call('ListRules', { NamePrefix: 'a', Limit: 2 });
    expect(first).toMatchObject({ Rules: [{ Name: 'a1' }, { Name: 'a2' }] });
    const rest = { NamePrefix: 'a', Limit: 2, NextToken: first['NextToken'] };
    const second = await call('ListRules', rest);
    expect(second).toMatchObject({ Rules: [{ Name: 'a3' }] });
    expect(second).not.toHaveProperty('NextToken');
    expect(await call('ListRuleNamesByTarget', { TargetArn: queueArn })).toEqual({
      RuleNames: ['a1', 'a2', 'a3', 'b1'],
    });
    expect(await call('ListRuleNamesByTarget', { TargetArn: functionArn })).toEqual({
      RuleNames: [],
    });
  });

  test.each([
    [{ ScheduleExpression: 'rate(1 minutes)' }, 'Parameter ScheduleExpression is not valid.'],
    [{}, 'Parameter(s) EventPattern or ScheduleExpression must be specified.'],
    [
      { ScheduleExpression: 'rate(1 day)', EventBusName: 'own' },
      'ScheduleExpression is supported only on the default event bus.',
    ],
    [
      { EventPattern: '{"source":["a"]}' },
      'Hearth does not implement rules with an EventPattern yet.',
    ],
    [
      { ScheduleExpression: 'rate(1 day)', RoleArn: 'arn:aws:iam::000000000000:role/r' },
      'Hearth does not implement roles of rules (RoleArn) yet.',
    ],
    [
      { Name: 'a b', ScheduleExpression: 'rate(1 day)' },
      String.raw`1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`,
    ],
  ])('with %j is refused', async (input, message) => {
    const put = call('PutRule', { Name: 'tick', ...input });
    expect(await failure(put)).toBe(`ValidationException: ${message}`);
  });

  test.each([
    ['DescribeRule', { Name: 'no' }],
    ['EnableRule', { Name: 'no' }],
    ['DisableRule', { Name: 'no' }],
    ['ListTargetsByRule', { Rule: 'no' }],
    ['PutTargets', { Rule: 'no', Targets: [{ Id: 'a', Arn: queueArn }] }],
    ['RemoveTargets', { Rule: 'no', Ids: ['a'] }],
    ['ListTagsForResource', { ResourceARN: ruleArn('no') }],
  ])('that is not there: %s', async (operation, input) => {
    expect(await failure(call(operation, input))).toBe(
      'ResourceNotFoundException: Rule no does not exist on EventBus default.',
    );
    expect(await failure(call('ListRules', { EventBusName: 'own' }))).toBe(
      'ResourceNotFoundException: Event bus own does not exist.',
    );
  });
});

describe('targets', () => {
  test('are listed as they were put; one id is one target', async () => {
    await putRule('tick', 'rate(1 day)');
    const target = {
      Id: 'a',
      Arn: `${queueArn}.fifo`,
      InputTransformer: { InputPathsMap: { t: '$.time' }, InputTemplate: '{"at":<t>}' },
      SqsParameters: { MessageGroupId: 'g' },
      DeadLetterConfig: { Arn: queueArn },
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
    };
    await putTarget('tick');
    expect(await call('PutTargets', { Rule: 'tick', Targets: [target] })).toEqual({
      FailedEntryCount: 0,
      FailedEntries: [],
    });
    expect(await call('ListTargetsByRule', { Rule: 'tick' })).toEqual({ Targets: [target] });
  });

  test('are five at most', async () => {
    await putRule('tick', 'rate(1 day)');
    const Targets = [1, 2, 3, 4, 5, 6].map((each) => ({ Id: `t${each}`, Arn: queueArn }));
    expect(await failure(call('PutTargets', { Rule: 'tick', Targets }))).toBe(
      'LimitExceededException: The requested resource exceeds the maximum number allowed.',
    );
    expect(await call('ListTargetsByRule', { Rule: 'tick' })).toEqual({ Targets: [] });
  });

  test.each([
    [
      { Arn: 'jobs' },
      'Parameter jobs is not valid. Reason: Provided Arn is not in correct format.',
    ],
    [
      { Arn: 'arn:aws:sns:eu-west-1:000000000000:t' },
      'Hearth does not implement targets other than functions and queues (arn:aws:sns:eu-west-1:000000000000:t) yet.',
    ],
    [{ Arn: `${queueArn}.fifo` }, 'Parameter(s) SqsParameters must be specified for target: a.'],
    [
      { RoleArn: 'arn:aws:iam::000000000000:role/r' },
      `RoleArn is not supported for target ${queueArn}.`,
    ],
    [{ KinesisParameters: { PartitionKeyPath: '$.id' } }, 'Hearth does not implement targets with'],
    [
      { Input: '{}', InputPath: '$.detail' },
      'Only one of Input, InputPath, or InputTransformer must be provided for target a.',
    ],
    [{ Input: '{' }, 'JSON syntax error in input for target a.'],
    [{ InputPath: 'detail' }, 'Invalid JSON path detail for target a.'],
    [
      { InputTransformer: { InputTemplate: '<b>' } },
      'InputTemplate for target a contains invalid placeholder b.',
    ],
    [
      { DeadLetterConfig: { Arn: functionArn } },
      `Parameter ${functionArn} is not valid. Reason: Provided Arn is not in correct format.`,
    ],
  ])('with %j are refused', async (target, message) => {
    await putRule('tick', 'rate(1 day)');
    expect(await failure(putTarget('tick', target))).toContain(`ValidationException: ${message}`);
  });
});

describe('a rule that is due', () => {
  test('sends the scheduled event to its queue and invokes its function, in the name of EventBridge', async () => {
    await putRule('tick', 'cron(0 10 * * ? *)');
    await call('PutTargets', {
      Rule: 'tick',
      Targets: [
        { Id: 'q', Arn: queueArn },
        { Id: 'f', Arn: functionArn },
      ],
    });
    await pass(29_000);
    expect(sent).toEqual([]);
    await pass(2_000);
    const caller = {
      principal: { kind: 'service', service: 'events.amazonaws.com' },
      account,
      region: 'eu-west-1',
      source: { arn: ruleArn('tick'), account },
    };
    expect(sent).toEqual([
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
    const [event, same] = bodies();
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
    await pass(60_000);
    expect(sent).toEqual([]);
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
    await putRule('tick', 'cron(0 10 * * ? *)');
    await putTarget('tick', input);
    await pass(60_000);
    expect(bodies()).toEqual([expected]);
  });

  test('names the message group of a FIFO queue', async () => {
    await putRule('tick', 'cron(0 10 * * ? *)');
    await putTarget('tick', { Arn: `${queueArn}.fifo`, SqsParameters: { MessageGroupId: 'g' } });
    await pass(60_000);
    expect(sent).toMatchObject([
      { input: { QueueUrl: `/${account}/jobs.fifo`, MessageGroupId: 'g' } },
    ]);
  });

  test('counts a rate from when it was made, and again when it is enabled', async () => {
    await putRule('tick', 'rate(5 minutes)');
    await putTarget('tick');
    await pass(299_000);
    expect(sent).toEqual([]);
    await pass(1_000);
    expect(bodies()).toMatchObject([{ time: '2026-03-01T10:04:30Z' }]);
    await pass(300_000);
    expect(bodies()).toMatchObject([{ time: '2026-03-01T10:09:30Z' }]);
    await call('DisableRule', { Name: 'tick' });
    await pass(3_600_000);
    expect(sent).toEqual([]);
    await call('EnableRule', { Name: 'tick' });
    await pass(299_000);
    expect(sent).toEqual([]);
    await pass(1_000);
    expect(sent).toHaveLength(1);
  });

  test('goes on as it was when it is put again with the same schedule', async () => {
    await putRule('tick', 'rate(5 minutes)');
    await putTarget('tick');
    await pass(240_000);
    await putRule('tick', 'rate(5 minutes)', { Description: 'new' });
    await pass(60_000);
    expect(sent).toHaveLength(1);
  });
});

describe('what a target does not take', () => {
  beforeEach(async () => {
    await putRule('tick', 'cron(0 10 * * ? *)');
  });

  test('comes again until it does', async () => {
    await putTarget('tick');
    answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    await pass(60_000);
    await pass(1_000);
    expect(sent).toHaveLength(2);
    answer = () => Promise.resolve({});
    await pass(300_000);
    await pass(300_000);
    expect(sent).toHaveLength(3);
    const ids = bodies().map((each) => (each as { id: string }).id);
    expect(new Set(ids).size).toBe(1);
  });

  test('is given up after the retries that it has, and goes to the dead-letter queue', async () => {
    await putTarget('tick', {
      RetryPolicy: { MaximumRetryAttempts: 2 },
      DeadLetterConfig: { Arn: `${queueArn}-dead` },
    });
    answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    for (let round = 0; round < 8; round += 1) await pass(60_000);
    expect(sent).toHaveLength(4);
    expect(sent[3]?.input).toMatchObject({
      QueueUrl: `/${account}/jobs-dead`,
      MessageBody: sent[0]?.input['MessageBody'],
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
    await putTarget('tick', { RetryPolicy: { MaximumEventAgeInSeconds: 60 } });
    answer = () => Promise.reject(new AwsError('ThrottlingException', 400, 'slower'));
    await pass(31_000);
    await pass(50_000);
    for (let round = 0; round < 8; round += 1) await pass(60_000);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.length).toBeLessThan(6);
  });

  test('is not tried again where the target does not let EventBridge in', async () => {
    await putTarget('tick', { DeadLetterConfig: { Arn: `${queueArn}-dead` } });
    answer = () => Promise.reject(new AwsError('AccessDenied', 403, 'not authorized'));
    for (let round = 0; round < 4; round += 1) await pass(60_000);
    expect(sent.map(({ input }) => input['QueueUrl'])).toEqual([
      `/${account}/jobs`,
      `/${account}/jobs-dead`,
    ]);
  });
});

describe('after a restart', () => {
  test('a rule is due when it was due before, and has kept its targets', async () => {
    await putRule('tick', 'rate(5 minutes)');
    await putTarget('tick');
    await restart(240_000);
    expect(sent).toEqual([]);
    await pass(60_000);
    expect(times()).toEqual(['10:04']);
  });

  test('what was fired and not handed over is handed over', async () => {
    await putRule('tick', 'cron(0 10 * * ? *)');
    await putTarget('tick');
    answer = () => Promise.reject(new Error('the server ends'));
    await pass(60_000);
    sent = [];
    answer = () => Promise.resolve({});
    await restart(60_000);
    expect(times()).toEqual(['10:00']);
  });

  test('a time that has just passed is made up for, once', async () => {
    await putRule('tick', 'cron(* * * * ? *)');
    await putTarget('tick');
    await restart(240_000);
    expect(times()).toEqual(['10:00']);
    await pass(60_000);
    expect(times()).toEqual(['10:04']);
  });

  test('times that passed longer ago are not', async () => {
    await putRule('often', 'rate(1 minute)');
    await putTarget('often');
    await putRule('daily', 'cron(0 10 * * ? *)');
    await putTarget('daily');
    await restart(86_400_000 - 40_000);
    expect(sent).toEqual([]);
    await pass(20_000);
    expect(sent).toEqual([]);
    await pass(20_000);
    expect(times()).toEqual(['09:59']);
    await pass(30_000);
    expect(times()).toEqual(['10:00']);
  });
});

describe('a clock that is set', () => {
  beforeEach(async () => {
    await putRule('daily', 'cron(30 10 * * ? *)');
    await putTarget('daily');
  });

  test('forward over a time: it is due at once, and once', async () => {
    await setClock('2026-03-01T11:00:00Z');
    expect(times()).toEqual(['10:30']);
    for (let minute = 0; minute < 60; minute += 1) await pass(60_000);
    expect(sent).toEqual([]);
  });

  test('back over a time that was due: it is not due again', async () => {
    await setClock('2026-03-01T10:29:59Z');
    await pass(1_000);
    expect(times()).toEqual(['10:30']);
    await setClock('2026-03-01T09:30:00Z');
    for (let minute = 0; minute < 120; minute += 1) await pass(60_000);
    expect(sent).toEqual([]);
    await pass(23 * 3_600_000);
    expect(times()).toEqual(['10:30']);
  });

  test('back before a time that was not due yet: it is due then', async () => {
    await setClock('2026-03-01T08:00:00Z');
    for (let minute = 0; minute < 149; minute += 1) await pass(60_000);
    expect(sent).toEqual([]);
    await pass(60_000);
    expect(times()).toEqual(['10:30']);
  });

  test.each(['2026-03-01T08:59:30Z', '2026-03-01T10:59:30Z'])(
    'to %s: a rate goes on as if nothing had been',
    async (to) => {
      await call('DisableRule', { Name: 'daily' });
      await putRule('tick', 'rate(30 minutes)');
      await putTarget('tick');
      await pass(600_000);
      await setClock(to);
      expect(sent).toEqual([]);
      await pass(1_199_000);
      expect(sent).toEqual([]);
      await pass(2_000);
      expect(sent).toHaveLength(1);
      await pass(1_800_000);
      expect(sent).toHaveLength(2);
    },
  );

  test('back by years, as it had been wrong: rules are due as the clock says now', async () => {
    await setClock('2030-01-01T10:29:50Z');
    await pass(20_000);
    expect(times()).toEqual(['10:30', '10:30']);
    await setClock('2026-03-01T10:00:00Z');
    await pass(1_800_000);
    expect(times()).toEqual(['10:30']);
  });

  test('back while an event waits for its target: it is handed over all the same', async () => {
    answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    await pass(1_860_000);
    answer = () => Promise.resolve({});
    sent = [];
    await setClock('2026-03-01T09:00:00Z');
    expect(times()).toEqual(['10:30']);
  });
});

test('a record that is not what was written is counted and never fires', async () => {
  await putRule('tick', 'rate(1 minute)');
  await putTarget('tick');
  await store.write([{ sql: "UPDATE events_rules SET body = replace(body, 'tick', 'tock')" }]);
  await restart(120_000);
  expect(service.damagedRows).toBe(1);
  expect(sent).toEqual([]);
});
