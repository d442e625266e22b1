/** How events are performed: accepted, tried again, put off, and stopped in a loop. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withLineage } from '../../../core/lineage.ts';
import { AwsError } from '../../../core/aws-error.ts';
import { Throttled } from '../../../core/invocation.ts';
import {
  arn,
  failing,
  queueArn,
  startAsync,
  type AsyncUnderTest,
} from '../fixtures/async-under-test.ts';
import { context, startLambda, type LambdaUnderTest } from '../fixtures/start-lambda.ts';
import { until } from '../fixtures/until.ts';

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

describe('an asynchronous invocation', () => {
  test('is accepted with 202 and run once, with the request id of the answer', async () => {
    expect(await pay.send('{"a":1}')).toEqual({ StatusCode: 202 });
    await until(pay.isOver);
    expect(lambda.invocations).toMatchObject([
      { requestId: context.requestId, payload: Buffer.from('{"a":1}'), invokedArn: arn },
    ]);
  });

  test('is also made by the older operation', async () => {
    const input = { FunctionName: 'pay', InvokeArgs: Buffer.from('{"a":2}') };
    expect(await lambda.call('InvokeAsync', input)).toEqual({ Status: 202 });
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(1);
  });

  test('that fails is tried twice more with the same request id', async () => {
    lambda.answer = failing;
    await pay.send('{}');
    await until(pay.isOver);
    expect(lambda.invocations.map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 3 }, () => context.requestId),
    );
  });

  test('through an alias follows the configuration of the alias, not that of its version or function', async () => {
    const named = { FunctionName: 'aliased' };
    await pay.make('aliased', { Publish: true });
    await lambda.call('CreateAlias', { ...named, Name: 'live', FunctionVersion: '1' });
    await pay.put({ ...named, Qualifier: 'live', MaximumRetryAttempts: 0 });
    await pay.put({ ...named, Qualifier: '1', MaximumRetryAttempts: 1 });
    lambda.answer = failing;
    const tries = async (Qualifier?: string): Promise<number> => {
      const before = lambda.invocations.length;
      await pay.send('{}', { ...named, Qualifier });
      await until(pay.isOver);
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
    await pay.send('{}');
    await until(
      () => lambda.queue.counts(lambda.queue.names()[0] ?? '').delayed > 0 && refusals === 1,
    );
    await lambda.pass(1_000);
    await until(pay.isOver);
    expect(lambda.invocations).toHaveLength(2);
  });

  test.each([
    ['no JSON', 'no json', {}, 'Could not parse request body into json'],
    ['for a function that is not there', '{}', { FunctionName: 'none' }, 'Function not found'],
    ['larger than 1 MB', `"${'a'.repeat(1_048_576)}"`, {}, '1048578 byte payload is too large'],
  ])('is refused when it is %s', async (_what, payload, more, message) => {
    await expect(pay.send(payload, more)).rejects.toThrow(message);
    expect(lambda.queue.names()).toEqual([]);
  });

  test('of a function that was deleted is dropped', async () => {
    lambda.answer = () => Promise.reject(new AwsError('ServiceException', 500, 'no'));
    await pay.send('{}');
    await until(() => lambda.invocations.length > 0);
    await lambda.call('DeleteFunction', { FunctionName: 'pay' });
    await until(pay.isOver);
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
  await pay.put({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
  const principal = { kind: 'service' as const, service: 's3.amazonaws.com' };
  const { traceHeader } = roundsOf(16);
  const asked = { FunctionName: 'pay', InvocationType: 'Event', Payload: Buffer.from('{"a":1}') };
  expect(await lambda.call('Invoke', asked, { ...context, principal, traceHeader })).toEqual({
    StatusCode: 202,
  });
  await until(pay.isOver);
  expect(lambda.invocations).toEqual([]);
  expect(pay.told()).toMatchObject([
    { requestContext: { condition: 'RecursiveLoop' }, requestPayload: { a: 1 } },
  ]);
});
