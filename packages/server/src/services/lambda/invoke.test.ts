/** A function that is invoked and answered for. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Throttled, RoleNotAssumable } from '../../core/invocation.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { context, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  await lambda.call('CreateFunction', functionRequest());
  await lambda.settled();
});
afterEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';

describe('invocation', () => {
  test('hands over the bytes as they are and answers with what came back', async () => {
    const Payload = Buffer.from(' { "a" : 1.0 , "a":2 } ');
    lambda.answer = async ({ payload }) => ({
      outcome: { kind: 'succeeded', payload },
      payload: Buffer.from('"done"'),
      executedVersion: '$LATEST',
      logTail: Buffer.from('START'),
    });
    const input = {
      FunctionName: 'f',
      Qualifier: '$LATEST',
      Payload,
      LogType: 'Tail',
      ClientContext: Buffer.from('{"custom":{"k":"v"}}').toString('base64'),
    };
    const answer = await lambda.call('Invoke', input, { ...context, traceHeader: 'Root=1-2-3' });
    expect(answer).toEqual({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: Buffer.from('"done"'),
      LogResult: Buffer.from('START').toString('base64'),
    });
    const [invocation] = lambda.invocations;
    expect(invocation!.payload).toBe(Payload);
    expect(invocation).toMatchObject({
      requestId: context.requestId,
      invokedArn: `${ARN}:$LATEST`,
      clientContext: '{"custom":{"k":"v"}}',
      traceHeader: expect.stringMatching(/^Root=1-2-3;Lineage=1:[0-9a-f]{8}:0$/),
      wantsLogTail: true,
    });
  });

  test('no payload is an empty event; the ARN has a qualifier only where one was given', async () => {
    await lambda.call('Invoke', { FunctionName: 'f' });
    await lambda.call('Invoke', { FunctionName: 'f', Payload: new Uint8Array() });
    const [first, second] = lambda.invocations;
    expect(Buffer.from(first!.payload).toString()).toBe('{}');
    expect(Buffer.from(second!.payload).toString()).toBe('{}');
    expect(first).toMatchObject({ invokedArn: ARN, wantsLogTail: false });
  });

  test('a function error is a 200 that says so', async () => {
    lambda.answer = async ({ payload }) => ({
      outcome: { kind: 'function-error', errorType: 'Error', payload },
      payload: Buffer.from('{"errorType":"Error"}'),
      functionError: 'Unhandled',
      executedVersion: '$LATEST',
    });
    expect(await lambda.call('Invoke', { FunctionName: 'f' })).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
    });
  });

  test('DryRun checks and does not run', async () => {
    const input = { FunctionName: 'f', InvocationType: 'DryRun' };
    expect(await lambda.call('Invoke', input)).toEqual({ StatusCode: 204 });
    expect(lambda.invocations).toEqual([]);
    await expect(
      lambda.call('Invoke', { ...input, Payload: Buffer.from('{') }),
    ).rejects.toMatchObject({ code: 'InvalidRequestContentException' });
  });

  test('no capacity is a 429 that says when to come back', async () => {
    lambda.answer = () => Promise.reject(new Throttled('ConcurrentInvocationLimitExceeded'));
    await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toMatchObject({
      code: 'TooManyRequestsException',
      status: 429,
      message: 'Rate Exceeded.',
      members: { Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User' },
      headers: { 'Retry-After': '1' },
    });
  });

  test('a role that is gone is a 403', async () => {
    lambda.answer = () => Promise.reject(new RoleNotAssumable('gone'));
    await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
      status: 403,
    });
  });

  test('a platform fault stays what it is', async () => {
    const fault = new Error('the machine is full');
    lambda.answer = () => Promise.reject(fault);
    await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toBe(fault);
  });
});
