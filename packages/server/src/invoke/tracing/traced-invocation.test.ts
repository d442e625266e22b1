/** What is written of an invocation whose segments are kept. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Throttled, type InvocationRequest, type InvocationResult } from '../../core/invocation.ts';
import type { InvocationTrace } from '../../core/trace.ts';
import type { InitSpan } from '../../environment/log/environment-log.ts';
import { openProcessStages, invokeWith, type ProcessStages } from '../process-stage.testsuite.ts';
import { TracedInvocation } from './traced-invocation.ts';

const trace: InvocationTrace = {
  traceId: '1-69a42840-0123456789abcdef01234567',
  parentId: 'a'.repeat(16),
  ids: {
    lambda: '1'.repeat(16),
    attempt: '2'.repeat(16),
    function: '3'.repeat(16),
    invocation: '4'.repeat(16),
  },
  receivedAtMs: 10_000,
};
const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:pay';
const request = {
  requestId: 'r-1',
  version: { account: '000000000000', region: 'eu-west-1', name: 'pay', version: '$LATEST' },
  invokedArn: arn,
} as InvocationRequest;

const succeeded: InvocationResult = {
  outcome: { kind: 'succeeded', payload: new Uint8Array() },
  payload: new Uint8Array(),
  executedVersion: '$LATEST',
};
const payload = Buffer.from('{"errorType":"NoMoney","errorMessage":"none left"}');
const failed: InvocationResult = {
  outcome: { kind: 'function-error', errorType: 'NoMoney', payload },
  payload,
  functionError: 'Unhandled',
  executedVersion: '$LATEST',
};

class Environment {
  isCold = false;
  inits: (InitSpan | undefined)[] = [];
  takeInit = (): InitSpan | undefined => this.inits.shift();
  sent: string[] = [];
  collectSegments = async (): Promise<readonly string[]> => this.sent.splice(0);
  settled = async (): Promise<void> => {
    nowMs = 10_060;
  };
}

let nowMs: number;
let segments: Record<string, unknown>[];
let environment: Environment;
beforeEach(() => {
  nowMs = 10_010;
  segments = [];
  environment = new Environment();
});

/** Begins at 10.01 s, answers at 10.05, is settled at 10.06; what was written. */
async function run(
  result: InvocationResult | Error,
  more: Partial<InvocationTrace> = {},
): Promise<Record<string, unknown>[]> {
  const expected: Promise<void>[] = [];
  const traces = {
    write: (_owner: unknown, documents: readonly string[]) =>
      void segments.push(...documents.map((each) => JSON.parse(each) as Record<string, unknown>)),
    expect: (work: Promise<void>) => void expected.push(work),
    dropped: 0,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const ids = { uuid: () => '', hex: (bytes: number) => '0'.repeat(bytes * 2) };
  const traced = new TracedInvocation({ traces, clock, ids }, request, { ...trace, ...more });
  if (result instanceof Error) {
    traced.failed(result);
  } else {
    traced.assigned(environment);
    nowMs = 10_050;
    traced.answered(environment, result);
  }
  await Promise.all(expected);
  return segments;
}

test('a warm one has the segments of Lambda and of the function, below each other', async () => {
  expect(await run(succeeded)).toEqual([
    {
      id: trace.ids.lambda,
      trace_id: trace.traceId,
      parent_id: trace.parentId,
      name: 'pay',
      start_time: 10,
      end_time: 10.05,
      http: { response: { status: 200 } },
      aws: { account_id: '000000000000', request_id: 'r-1' },
      origin: 'AWS::Lambda',
      resource_arn: arn,
    },
    {
      id: trace.ids.function,
      trace_id: trace.traceId,
      parent_id: trace.ids.lambda,
      name: 'pay',
      start_time: 10.01,
      end_time: 10.06,
      aws: {
        account_id: '000000000000',
        function_arn: arn,
        resource_names: ['pay'],
        request_id: 'r-1',
        cold_start: false,
      },
      origin: 'AWS::Lambda::Function',
      subsegments: [
        {
          id: trace.ids.invocation,
          name: 'Invocation',
          start_time: 10.01,
          end_time: 10.05,
          aws: { function_arn: arn },
        },
        {
          id: '0'.repeat(16),
          name: 'Overhead',
          start_time: 10.05,
          end_time: 10.06,
          aws: { function_arn: arn },
        },
      ],
    },
  ]);
});

const init = { startedAtMs: 9_900, endedAtMs: 10_005, hasFailed: false };

test('a cold one begins with its init', async () => {
  environment.isCold = true;
  environment.inits = [init];
  const [, ofFunction] = await run(succeeded);
  expect(ofFunction).toMatchObject({
    start_time: 9.9,
    aws: { cold_start: true },
    subsegments: [
      { name: 'Initialization', start_time: 9.9, end_time: 10.005 },
      { name: 'Invocation' },
      { name: 'Overhead' },
    ],
  });
});

test('that of a provisioned environment, long before, is left out', async () => {
  environment.inits = [init];
  const [, ofFunction] = await run(succeeded);
  expect(ofFunction).toMatchObject({
    start_time: 10.01,
    subsegments: [{ name: 'Invocation' }, { name: 'Overhead' }],
  });
});

test('an init that failed and was made again inside the invocation is there twice', async () => {
  environment.isCold = true;
  environment.inits = [
    { ...init, hasFailed: true },
    { startedAtMs: 10_012, endedAtMs: 10_020, hasFailed: false },
  ];
  const [, ofFunction] = await run(succeeded);
  expect(ofFunction).toMatchObject({
    subsegments: [
      { name: 'Initialization', fault: true },
      { name: 'Initialization', start_time: 10.012 },
      { name: 'Invocation' },
      { name: 'Overhead' },
    ],
  });
});

test("a failed one is a fault of the function's segment, with its cause; Lambda answered 200", async () => {
  const [ofLambda, ofFunction] = await run(failed);
  expect(ofLambda).toMatchObject({ http: { response: { status: 200 } } });
  expect(ofLambda).not.toHaveProperty('fault');
  const cause = {
    working_directory: '/var/task',
    exceptions: [{ type: 'NoMoney', message: 'none left' }],
  };
  expect(ofFunction).toMatchObject({
    fault: true,
    cause,
    subsegments: [{ name: 'Invocation', fault: true, cause }, { name: 'Overhead' }],
  });
});

test('one that a function answered with no readable error has a cause all the same', async () => {
  const none = Buffer.from('"oh"');
  const [, ofFunction] = await run({
    ...failed,
    outcome: { kind: 'function-error', errorType: 'Odd', payload: none },
    payload: none,
  });
  expect(ofFunction).toMatchObject({ cause: { exceptions: [{ type: 'Odd', message: '' }] } });
});

describe('one that did not run', () => {
  test('is throttled', async () => {
    expect(await run(new Throttled('ConcurrentInvocationLimitExceeded'))).toMatchObject([
      { origin: 'AWS::Lambda', error: true, throttle: true, http: { response: { status: 429 } } },
    ]);
  });

  test('is a fault of the platform', async () => {
    expect(await run(new Error('no room'))).toMatchObject([
      { origin: 'AWS::Lambda', fault: true, http: { response: { status: 500 } } },
    ]);
  });
});

test('a try of an event tells how long it waited, and the function is below the try', async () => {
  const event = { attempt: 2, acceptedAtMs: 4_000 };
  const [ofLambda, ofFunction] = await run(failed, { event });
  expect(ofLambda).toMatchObject({
    start_time: 4,
    end_time: 10.05,
    http: { response: { status: 202 } },
    subsegments: [
      { name: 'Dwell Time', start_time: 4, end_time: 10 },
      { id: trace.ids.attempt, name: 'Attempt #2', start_time: 10, end_time: 10.05, fault: true },
    ],
  });
  expect(ofLambda).not.toHaveProperty('fault');
  expect(ofFunction).toMatchObject({ parent_id: trace.ids.attempt, fault: true });
});

test('what the function has sent to the daemon follows', async () => {
  environment.sent = ['{"name":"own"}'];
  expect(await run(succeeded)).toMatchObject([{}, {}, { name: 'own' }]);
});

describe('in an environment that runs', () => {
  let stages: ProcessStages;
  beforeEach(async () => {
    stages = await openProcessStages();
  });
  afterEach(() => stages[Symbol.asyncDispose]());

  test('the segments of a function follow its answers, by its role, and an untraced one has none', async () => {
    const stage = await stages.start();
    const version = stage.version('echoes');
    await invokeWith(stage, version, { trace });
    await invokeWith(stage, version, { trace });
    await invokeWith(stage, version);
    await stage.invoker.close();
    const sent = stage.calls.filter(({ operation }) => operation === 'PutTraceSegments');
    expect(sent).not.toEqual([]);
    expect(sent[0]).toMatchObject({ principal: expect.stringContaining('/echoes') as string });
    const functions = stage.segments.filter((each) => each['origin'] === 'AWS::Lambda::Function');
    expect(functions).toMatchObject([
      { aws: { cold_start: true }, subsegments: [{ name: 'Initialization' }, {}, {}] },
      { aws: { cold_start: false }, subsegments: [{ name: 'Invocation' }, { name: 'Overhead' }] },
    ]);
    expect(stage.segments).toHaveLength(4);
  });

  test('what a function sends to the daemon before its end is not lost', async () => {
    const stage = await stages.start();
    const { outcome } = await invokeWith(stage, stage.version('traces-and-exits'), { trace });
    expect(outcome.kind).toBe('crashed');
    await stage.invoker.close();
    expect(stage.segments).toContainEqual({ name: 'own work' });
    expect(stage.segments).toContainEqual(
      expect.objectContaining({ origin: 'AWS::Lambda::Function', fault: true }),
    );
  });
});
