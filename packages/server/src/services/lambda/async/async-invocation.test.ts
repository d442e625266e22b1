import { once } from 'node:events';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
  type MockInstance,
} from 'vitest';
import { withLineage } from '../../../core/lineage.ts';
import { AwsError } from '../../../core/aws-error.ts';
import { Throttled, type InvocationRequest } from '../../../core/invocation.ts';
import { functionRequest } from '../fixtures/function-request.ts';
import {
  assumeRuns,
  context,
  startLambda,
  type LambdaUnderTest,
} from '../fixtures/start-lambda.ts';

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:pay';
const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:told';
const deadArn = 'arn:aws:sqs:eu-west-1:000000000000:dead';

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

let lambda: LambdaUnderTest;
let calls: Call[];
beforeAll(async () => {
  lambda = await startLambda();
  lambda.assume = assumeRuns;
});
beforeEach(async () => {
  calls = [];
  lambda.callAs = async (_caller, service, operation, input) => {
    calls.push({ service, operation, input: input as Record<string, unknown> });
    return {};
  };
  await make('pay');
});
afterEach(async () => {
  for (const { name } of [...lambda.functions.all()]) {
    await lambda.call('DeleteFunction', { FunctionName: name });
  }
  await lambda.forget();
});
afterAll(() => lambda[Symbol.asyncDispose]());

async function make(name: string, more: object = {}): Promise<void> {
  await lambda.call('CreateFunction', functionRequest({ FunctionName: name, ...more }));
  await lambda.settled();
}
const send = (payload: string, more: object = {}) =>
  lambda.call('Invoke', {
    FunctionName: 'pay',
    InvocationType: 'Event',
    Payload: Buffer.from(payload),
    ...more,
  });
const until = (condition: () => unknown) =>
  expect.poll(condition, { timeout: 20_000, interval: 5 }).toBeTruthy();
const isOver = () => lambda.queue.names().length === 0;
const failing = async ({ version }: InvocationRequest) => ({
  outcome: { kind: 'function-error' as const, errorType: 'Error', payload: error },
  payload: error,
  functionError: 'Unhandled' as const,
  executedVersion: version.version,
});
const error = Buffer.from('{"errorMessage":"as asked","errorType":"Error"}');
const put = (input: object) =>
  lambda.call('PutFunctionEventInvokeConfig', { FunctionName: 'pay', ...input });
async function setDeadLetters(TargetArn: string): Promise<void> {
  await lambda.call('UpdateFunctionConfiguration', {
    FunctionName: 'pay',
    DeadLetterConfig: { TargetArn },
  });
  await lambda.settled();
}
const told = () => calls.map(({ input }) => JSON.parse(String(input['MessageBody'])) as object);

describe('an asynchronous invocation', () => {
  test('is accepted with 202 and run once, with the request id of the answer', async () => {
    expect(await send('{"a":1}')).toEqual({ StatusCode: 202 });
    await until(isOver);
    expect(lambda.invocations).toMatchObject([
      { requestId: context.requestId, payload: Buffer.from('{"a":1}'), invokedArn: arn },
    ]);
  });

  test('is also made by the older operation', async () => {
    const input = { FunctionName: 'pay', InvokeArgs: Buffer.from('{"a":2}') };
    expect(await lambda.call('InvokeAsync', input)).toEqual({ Status: 202 });
    await until(isOver);
    expect(lambda.invocations).toHaveLength(1);
  });

  test('that fails is tried twice more with the same request id', async () => {
    lambda.answer = failing;
    await send('{}');
    await until(isOver);
    expect(lambda.invocations.map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 3 }, () => context.requestId),
    );
  });

  test('through an alias follows the configuration of the alias, not that of its version or function', async () => {
    const named = { FunctionName: 'aliased' };
    await make('aliased', { Publish: true });
    await lambda.call('CreateAlias', { ...named, Name: 'live', FunctionVersion: '1' });
    await put({ ...named, Qualifier: 'live', MaximumRetryAttempts: 0 });
    await put({ ...named, Qualifier: '1', MaximumRetryAttempts: 1 });
    lambda.answer = failing;
    const tries = async (Qualifier?: string): Promise<number> => {
      const before = lambda.invocations.length;
      await send('{}', { ...named, Qualifier });
      await until(isOver);
      return lambda.invocations.length - before;
    };
    expect([await tries('live'), await tries('1'), await tries()]).toEqual([1, 2, 3]);
  });

  test('that is throttled waits and is run when there is room', async () => {
    let refusals = 0;
    const { answer } = lambda;
    lambda.answer = (request) => {
      refusals += 1;
      if (refusals <= 1) throw new Throttled('ConcurrentInvocationLimitExceeded');
      return answer(request);
    };
    await send('{}');
    await until(
      () => lambda.queue.counts(lambda.queue.names()[0] ?? '').delayed > 0 && refusals === 1,
    );
    await lambda.pass(1_000);
    await until(isOver);
    expect(lambda.invocations).toHaveLength(2);
  });

  test.each([
    ['no JSON', 'no json', {}, 'Could not parse request body into json'],
    ['for a function that is not there', '{}', { FunctionName: 'none' }, 'Function not found'],
    ['larger than 1 MB', `"${'a'.repeat(1_048_576)}"`, {}, '1048578 byte payload is too large'],
  ])('is refused when it is %s', async (_what, payload, more, message) => {
    await expect(send(payload, more)).rejects.toThrow(message);
    expect(lambda.queue.names()).toEqual([]);
  });

  test('of a function that was deleted is dropped', async () => {
    lambda.answer = () => Promise.reject(new AwsError('ServiceException', 500, 'no'));
    await send('{}');
    await until(() => lambda.invocations.length > 0);
    await lambda.call('DeleteFunction', { FunctionName: 'pay' });
    await until(isOver);
  });
});

/** What somebody carries on that came through the function so often. */
function roundsOf(rounds: number): { traceHeader: string } {
  let traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';
  for (let round = 0; round < rounds; round += 1) {
    ({ traceHeader } = withLineage(traceHeader, arn));
  }
  return { traceHeader };
}

describe('a function in a loop', () => {
  const invoke = (rounds: number, InvocationType?: 'Event') =>
    lambda.call(
      'Invoke',
      { FunctionName: 'pay', InvocationType },
      { ...context, ...roundsOf(rounds) },
    );

  test('is stopped after sixteen rounds, unless its owner allows it', async () => {
    await invoke(15);
    expect(lambda.invocations[0]?.traceHeader).toMatch(/;Lineage=1:[0-9a-f]{8}:15$/);
    const stopped = { name: 'RecursiveInvocationException', status: 400 };
    await expect(invoke(16)).rejects.toMatchObject(stopped);
    await expect(invoke(16, 'Event')).rejects.toMatchObject(stopped);
    expect(lambda.invocations).toHaveLength(1);
    const config = { FunctionName: 'pay', RecursiveLoop: 'Allow' };
    expect(await lambda.call('PutFunctionRecursionConfig', config)).toEqual({
      RecursiveLoop: 'Allow',
    });
    await invoke(16);
    await lambda.call('PutFunctionRecursionConfig', { ...config, RecursiveLoop: 'Terminate' });
    expect(await lambda.call('GetFunctionRecursionConfig', { FunctionName: 'pay' })).toEqual({
      RecursiveLoop: 'Terminate',
    });
    await expect(invoke(16)).rejects.toMatchObject(stopped);
  });
});

test('an event of a service that closes a loop is accepted, and told to the destination', async () => {
  await put({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
  const principal = { kind: 'service' as const, service: 's3.amazonaws.com' };
  const { traceHeader } = roundsOf(16);
  const asked = { FunctionName: 'pay', InvocationType: 'Event', Payload: Buffer.from('{"a":1}') };
  expect(await lambda.call('Invoke', asked, { ...context, principal, traceHeader })).toEqual({
    StatusCode: 202,
  });
  await until(isOver);
  expect(lambda.invocations).toEqual([]);
  expect(told()).toMatchObject([
    { requestContext: { condition: 'RecursiveLoop' }, requestPayload: { a: 1 } },
  ]);
});

describe('the end of an asynchronous invocation', () => {
  test('is told to the destination for success, in the name of the role', async () => {
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    await send('{"a":1}');
    await until(isOver);
    expect(calls).toMatchObject([
      { service: 'sqs', operation: 'SendMessage', input: { QueueUrl: '/000000000000/told' } },
    ]);
    expect(told()).toEqual([
      {
        version: '1.0',
        timestamp: new Date(lambda.nowMs).toISOString(),
        requestContext: {
          requestId: context.requestId,
          functionArn: `${arn}:$LATEST`,
          condition: 'Success',
          approximateInvokeCount: 1,
        },
        requestPayload: { a: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST' },
        responsePayload: { a: 1 },
      },
    ]);
  });

  test('is told to the destination for failure and to the dead-letter queue', async () => {
    lambda.answer = failing;
    await setDeadLetters(deadArn);
    const OnFailure = { Destination: queueArn };
    await put({ MaximumRetryAttempts: 1, DestinationConfig: { OnFailure } });
    await send('{"a":1}');
    await until(isOver);
    expect(lambda.invocations).toHaveLength(2);
    expect(told()[0]).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'as asked' },
    });
    expect(calls[1]?.input).toEqual({
      QueueUrl: '/000000000000/dead',
      MessageBody: '{"a":1}',
      MessageAttributes: {
        RequestID: { DataType: 'String', StringValue: context.requestId },
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: { DataType: 'String', StringValue: 'as asked' },
      },
    });
  });

  test('of one that is too old is told without a run', async () => {
    const OnFailure = { Destination: queueArn };
    await put({ MaximumEventAgeInSeconds: 60, DestinationConfig: { OnFailure } });
    lambda.answer = () => {
      lambda.nowMs += 61_000;
      throw new Throttled('ConcurrentInvocationLimitExceeded');
    };
    await send('{}');
    await until(() => lambda.invocations.length === 1);
    await lambda.pass(1_000);
    await until(isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(told()[0]).toMatchObject({ requestContext: { condition: 'EventAgeExceeded' } });
    expect(told()[0]).not.toHaveProperty('responsePayload');
  });

  test('comes at once where the function has no concurrency', async () => {
    await put({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
    await lambda.call('PutFunctionConcurrency', {
      FunctionName: 'pay',
      ReservedConcurrentExecutions: 0,
    });
    await send('{}');
    await until(isOver);
    expect(lambda.invocations).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  test('that a destination does not take is counted, and the event is over', async () => {
    const before = lambda.service.asyncCounts.destinationDeliveryFailures;
    lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'no'));
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    await send('{}');
    await until(isOver);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 1);
  });
});

describe('the end of an asynchronous invocation, told to another server', () => {
  const topicArn = 'arn:aws:sns:eu-west-1:000000000000:told';
  const busArn = 'arn:aws:events:eu-west-1:000000000000:event-bus/told';
  const entryOf = (call: Call | undefined) =>
    (call?.input['Entries'] as readonly Record<string, unknown>[] | undefined)?.[0];
  beforeEach(() => Object.assign(lambda.forwards, { sns: true, events: true }));
  afterEach(() => Object.assign(lambda.forwards, { sns: false, events: false }));

  test('is published to a topic and put on a bus', async () => {
    await put({ DestinationConfig: { OnSuccess: { Destination: topicArn } } });
    await send('{"a":1}');
    await until(isOver);
    await put({ DestinationConfig: { OnSuccess: { Destination: busArn } } });
    await send('{"a":2}');
    await until(isOver);
    expect(calls).toMatchObject([
      { service: 'sns', operation: 'Publish', input: { TopicArn: topicArn } },
      { service: 'events', operation: 'PutEvents' },
    ]);
    expect(JSON.parse(String(calls[0]?.input['Message']))).toMatchObject({
      requestContext: { condition: 'Success' },
      responsePayload: { a: 1 },
    });
    const entry = entryOf(calls[1]);
    expect(entry).toEqual({
      Source: 'lambda',
      DetailType: 'Lambda Function Invocation Result - Success',
      Resources: [busArn, `${arn}:$LATEST`],
      EventBusName: busArn,
      Time: new Date(lambda.nowMs),
      Detail: expect.stringContaining('"responsePayload":{"a":2}'),
    });
  });

  test('is told of a failure without its payloads, where a topic does not take them', async () => {
    lambda.answer = failing;
    await put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: topicArn } },
    });
    await send(JSON.stringify('x'.repeat(262_144)));
    await until(isOver);
    const message = JSON.parse(String(calls[0]?.input['Message'])) as object;
    expect(message).toMatchObject({
      requestContext: { condition: 'RetriesExhausted' },
      responseContext: { functionError: 'Unhandled' },
    });
    expect(message).not.toHaveProperty('requestPayload');
    expect(message).not.toHaveProperty('responsePayload');
  });

  test('is an event with its error where the topic is for dead letters', async () => {
    lambda.answer = failing;
    await setDeadLetters(topicArn);
    await put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: busArn } },
    });
    await send('{"a":1}');
    await until(isOver);
    const entry = entryOf(calls[0]);
    expect(entry?.['DetailType']).toBe('Lambda Function Invocation Result - Failure');
    expect(calls[1]).toEqual({
      service: 'sns',
      operation: 'Publish',
      input: {
        TopicArn: topicArn,
        Message: '{"a":1}',
        MessageAttributes: {
          RequestID: { DataType: 'String', StringValue: context.requestId },
          ErrorCode: { DataType: 'Number', StringValue: '200' },
          ErrorMessage: { DataType: 'String', StringValue: 'as asked' },
        },
      },
    });
  });

  test('that a bus does not take, although it answers, is counted', async () => {
    const before = lambda.service.asyncCounts.destinationDeliveryFailures;
    lambda.callAs = async () => ({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }],
    });
    await put({ DestinationConfig: { OnSuccess: { Destination: busArn } } });
    await send('{}');
    await until(isOver);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 1);
  });

  test.each([
    ['a FIFO topic', `${topicArn}.fifo`],
    ['a rule', 'arn:aws:events:eu-west-1:000000000000:rule/told'],
  ])('cannot be told to %s', async (_what, Destination) => {
    const putting = put({ DestinationConfig: { OnSuccess: { Destination } } });
    await expect(putting).rejects.toThrow('The provided destination config');
  });
});

describe('who cannot be reached', () => {
  const unavailable = () =>
    Promise.reject(new AwsError('ServiceUnavailable', 503, 'does not answer'));
  /** Resolves when the event has been put off so many times. */
  const isPutOff = (times: number) =>
    until(
      () => postpone.mock.settledResults.filter(({ type }) => type === 'fulfilled').length >= times,
    );
  let postpone: MockInstance<typeof lambda.queue.postpone>;
  let reachable: typeof lambda.callAs;
  beforeEach(() => {
    postpone = vi.spyOn(lambda.queue, 'postpone');
    reachable = lambda.callAs;
  });
  afterEach(() => postpone.mockRestore());

  test('is told later, as often as it takes, and the function does not run again', async () => {
    const before = lambda.service.asyncCounts.destinationDeliveryFailures;
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    await send('{"a":1}');
    await isPutOff(1);
    await lambda.pass(1_000);
    await isPutOff(2);
    await lambda.pass(2_000);
    await isPutOff(3);
    lambda.callAs = reachable;
    await lambda.pass(4_000);
    await until(isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 3);
    expect(told()).toMatchObject([{ requestPayload: { a: 1 }, responsePayload: { a: 1 } }]);
  });

  test('is told by the next server, and who had been told already is not told twice', async () => {
    lambda.answer = failing;
    await setDeadLetters(deadArn);
    await put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: queueArn } },
    });
    lambda.callAs = (caller, service, operation, input) =>
      'MessageAttributes' in input ? unavailable() : reachable(caller, service, operation, input);
    await send('{"a":1}');
    await isPutOff(1);
    await lambda.stop();
    lambda.callAs = reachable;
    await lambda.start();
    lambda.service.provision();
    await lambda.pass(1_000);
    await until(() => calls.length === 2);
    await until(isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(calls.map(({ input }) => input['QueueUrl'])).toEqual([
      '/000000000000/told',
      '/000000000000/dead',
    ]);
    expect(calls[1]?.input).toMatchObject({
      MessageAttributes: { ErrorMessage: { StringValue: 'as asked' } },
    });
  });

  test('is in the way of no other event while it is being told', async () => {
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    // As many as are performed at once at first.
    await send('{}');
    await send('{}');
    await isPutOff(2);
    const answer = Promise.withResolvers<object>();
    let asked = 0;
    lambda.callAs = () => {
      asked += 1;
      return answer.promise;
    };
    await lambda.pass(1_000);
    await until(() => asked === 2);
    await send('{}');
    await until(() => lambda.invocations.length === 3);
    answer.resolve({});
    await until(isOver);
    expect(lambda.invocations).toHaveLength(3);
  });

  test('because it gives no answer within fifteen seconds is told later', async () => {
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    onTestFinished(() => timeout.mockRestore());
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = async ({ signal }) => await once(signal!, 'answer', { signal });
    await send('{"a":1}');
    await until(() => timeout.mock.calls.length === 1);
    expect(timeout).toHaveBeenCalledWith(15_000);
    lambda.callAs = reachable;
    limit.abort(new Error('no answer'));
    await isPutOff(1);
    await lambda.pass(1_000);
    await until(isOver);
    expect(told()).toMatchObject([{ responsePayload: { a: 1 } }]);
    expect(lambda.invocations).toHaveLength(1);
  });

  test('for six hours is given up', async () => {
    await put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    await send('{}');
    await isPutOff(1);
    await lambda.pass(21_600_000);
    await until(isOver);
    expect(lambda.invocations).toHaveLength(1);
  });
});
