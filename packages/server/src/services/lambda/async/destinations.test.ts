/** What is told when an event ends, to whom, and what becomes of it where they cannot be reached. */
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
import { AwsError } from '../../../core/aws-error.ts';
import { Throttled } from '../../../core/invocation.ts';
import {
  arn,
  failing,
  queueArn,
  startAsync,
  type AsyncUnderTest,
  type Call,
} from '../fixtures/async-under-test.ts';
import { context, startLambda, type LambdaUnderTest } from '../fixtures/start-lambda.ts';
import { until } from '../fixtures/until.ts';

const deadArn = 'arn:aws:sqs:eu-west-1:000000000000:dead';

let lambda: LambdaUnderTest;
let pay: AsyncUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  pay = await startAsync(lambda);
});
afterEach(() => pay.stop());
afterAll(() => lambda[Symbol.asyncDispose]());

describe('the end of an asynchronous invocation', () => {
  test('is told to the destination for success, in the name of the role', async () => {
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    await pay.send('{"a":1}');
    await until(pay.isOver);
    expect(pay.calls).toMatchObject([
      { service: 'sqs', operation: 'SendMessage', input: { QueueUrl: '/000000000000/told' } },
    ]);
    expect(pay.told()).toEqual([
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
    await pay.setDeadLetters(deadArn);
    const OnFailure = { Destination: queueArn };
    await pay.put({ MaximumRetryAttempts: 1, DestinationConfig: { OnFailure } });
    await pay.send('{"a":1}');
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(2);
    expect(pay.told()[0]).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'as asked' },
    });
    expect(pay.calls[1]?.input).toEqual({
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
    await pay.put({ MaximumEventAgeInSeconds: 60, DestinationConfig: { OnFailure } });
    lambda.answer = () => {
      lambda.nowMs += 61_000;
      throw new Throttled('ConcurrentInvocationLimitExceeded');
    };
    await pay.send('{}');
    await until(() => lambda.invocations.length === 1);
    await lambda.pass(1_000);
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(pay.told()[0]).toMatchObject({ requestContext: { condition: 'EventAgeExceeded' } });
    expect(pay.told()[0]).not.toHaveProperty('responsePayload');
  });

  test('comes at once where the function has no concurrency', async () => {
    await pay.put({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
    await lambda.call('PutFunctionConcurrency', {
      FunctionName: 'pay',
      ReservedConcurrentExecutions: 0,
    });
    await pay.send('{}');
    await until(pay.isOver);
    expect(lambda.invocations).toEqual([]);
    expect(pay.calls).toHaveLength(1);
  });

  test('that a destination does not take is counted, and the event is over', async () => {
    const before = lambda.service.asyncCounts.destinationDeliveryFailures;
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'no'));
    await pay.send('{}');
    await until(pay.isOver);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 1);
  });
});

describe('the end of an asynchronous invocation, told to a topic or a bus', () => {
  const topicArn = 'arn:aws:sns:eu-west-1:000000000000:told';
  const busArn = 'arn:aws:events:eu-west-1:000000000000:event-bus/told';
  const entryOf = (call: Call | undefined) =>
    (call?.input['Entries'] as readonly Record<string, unknown>[] | undefined)?.[0];

  test('is published to a topic and put on a bus', async () => {
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: topicArn } } });
    await pay.send('{"a":1}');
    await until(pay.isOver);
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: busArn } } });
    await pay.send('{"a":2}');
    await until(pay.isOver);
    expect(pay.calls).toMatchObject([
      { service: 'sns', operation: 'Publish', input: { TopicArn: topicArn } },
      { service: 'events', operation: 'PutEvents' },
    ]);
    expect(JSON.parse(String(pay.calls[0]?.input['Message']))).toMatchObject({
      requestContext: { condition: 'Success' },
      responsePayload: { a: 1 },
    });
    const entry = entryOf(pay.calls[1]);
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
    await pay.put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: topicArn } },
    });
    await pay.send(JSON.stringify('x'.repeat(262_144)));
    await until(pay.isOver);
    const message = JSON.parse(String(pay.calls[0]?.input['Message'])) as object;
    expect(message).toMatchObject({
      requestContext: { condition: 'RetriesExhausted' },
      responseContext: { functionError: 'Unhandled' },
    });
    expect(message).not.toHaveProperty('requestPayload');
    expect(message).not.toHaveProperty('responsePayload');
  });

  test('is an event with its error where the topic is for dead letters', async () => {
    lambda.answer = failing;
    await pay.setDeadLetters(topicArn);
    await pay.put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: busArn } },
    });
    await pay.send('{"a":1}');
    await until(pay.isOver);
    const entry = entryOf(pay.calls[0]);
    expect(entry?.['DetailType']).toBe('Lambda Function Invocation Result - Failure');
    expect(pay.calls[1]).toEqual({
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
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: busArn } } });
    await pay.send('{}');
    await until(pay.isOver);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 1);
  });

  test.each([
    ['a FIFO topic', `${topicArn}.fifo`],
    ['a rule', 'arn:aws:events:eu-west-1:000000000000:rule/told'],
  ])('cannot be told to %s', async (_what, Destination) => {
    const putting = pay.put({ DestinationConfig: { OnSuccess: { Destination } } });
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
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    await pay.send('{"a":1}');
    await isPutOff(1);
    await lambda.pass(1_000);
    await isPutOff(2);
    await lambda.pass(2_000);
    await isPutOff(3);
    lambda.callAs = reachable;
    await lambda.pass(4_000);
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(lambda.service.asyncCounts.destinationDeliveryFailures).toBe(before + 3);
    expect(pay.told()).toMatchObject([{ requestPayload: { a: 1 }, responsePayload: { a: 1 } }]);
  });

  test('is told by the next server, and who had been told already is not told twice', async () => {
    lambda.answer = failing;
    await pay.setDeadLetters(deadArn);
    await pay.put({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: queueArn } },
    });
    lambda.callAs = (caller, service, operation, input) =>
      'MessageAttributes' in input ? unavailable() : reachable(caller, service, operation, input);
    await pay.send('{"a":1}');
    await isPutOff(1);
    await lambda.stop();
    lambda.callAs = reachable;
    await lambda.start();
    lambda.service.provision();
    await lambda.pass(1_000);
    await until(() => pay.calls.length === 2);
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(1);
    expect(pay.calls.map(({ input }) => input['QueueUrl'])).toEqual([
      '/000000000000/told',
      '/000000000000/dead',
    ]);
    expect(pay.calls[1]?.input).toMatchObject({
      MessageAttributes: { ErrorMessage: { StringValue: 'as asked' } },
    });
  });

  test('is in the way of no other event while it is being told', async () => {
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    // As many as are performed at once at first.
    await pay.send('{}');
    await pay.send('{}');
    await isPutOff(2);
    const answer = Promise.withResolvers<object>();
    let asked = 0;
    lambda.callAs = () => {
      asked += 1;
      return answer.promise;
    };
    await lambda.pass(1_000);
    await until(() => asked === 2);
    await pay.send('{}');
    await until(() => lambda.invocations.length === 3);
    answer.resolve({});
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(3);
  });

  test('because it gives no answer within fifteen seconds is told later', async () => {
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    onTestFinished(() => timeout.mockRestore());
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = async ({ signal }) => await once(signal!, 'answer', { signal });
    await pay.send('{"a":1}');
    await until(() => timeout.mock.calls.length === 1);
    expect(timeout).toHaveBeenCalledWith(15_000);
    lambda.callAs = reachable;
    limit.abort(new Error('no answer'));
    await isPutOff(1);
    await lambda.pass(1_000);
    await until(pay.isOver);
    expect(pay.told()).toMatchObject([{ responsePayload: { a: 1 } }]);
    expect(lambda.invocations).toHaveLength(1);
  });

  test('for six hours is given up', async () => {
    await pay.put({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    lambda.callAs = unavailable;
    await pay.send('{}');
    await isPutOff(1);
    await lambda.pass(21_600_000);
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(1);
  });
});
