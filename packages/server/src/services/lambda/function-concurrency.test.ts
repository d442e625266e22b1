import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  for (const FunctionName of ['f', 'g']) {
    await lambda.call('CreateFunction', functionRequest({ FunctionName }));
  }
  await lambda.settled();
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const put = (ReservedConcurrentExecutions: number, FunctionName = 'f'): Promise<object> =>
  lambda.call('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions });
const shareOf = async (FunctionName: string): Promise<unknown> => {
  await lambda.call('Invoke', { FunctionName });
  return lambda.invocations.at(-1)?.share;
};
const unreserved = async (): Promise<unknown> =>
  (await lambda.call<{ AccountLimit: object }>('GetAccountSettings', {})).AccountLimit;

test('what is reserved is shown everywhere and taken from the others', async () => {
  expect(await lambda.call('GetFunctionConcurrency', { FunctionName: 'f' })).toEqual({});
  expect(await put(300)).toEqual({ ReservedConcurrentExecutions: 300 });
  const shown = { ReservedConcurrentExecutions: 300 };
  expect(await lambda.call('GetFunctionConcurrency', { FunctionName: 'f' })).toEqual(shown);
  expect(await lambda.call('GetFunction', { FunctionName: 'f' })).toMatchObject({
    Concurrency: shown,
  });
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 700 });
  expect(await shareOf('f')).toEqual({ kind: 'reserved', limit: 300 });
  expect(await shareOf('g')).toEqual({ kind: 'unreserved', reservedByOthers: 300 });
});

test('another number takes the place of the first, and deletion gives all of it back', async () => {
  await put(300);
  await put(200);
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 800 });
  await lambda.call('DeleteFunctionConcurrency', { FunctionName: 'f' });
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 1000 });
  expect(await lambda.call('GetFunctionConcurrency', { FunctionName: 'f' })).toEqual({});
  expect(await shareOf('f')).toEqual({ kind: 'unreserved', reservedByOthers: 0 });
  await put(400);
  await lambda.call('DeleteFunction', { FunctionName: 'f' });
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 1000 });
});

test('0 blocks the function; the revision of the function stays as it was', async () => {
  const before = await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' });
  await put(0);
  expect(await shareOf('f')).toEqual({ kind: 'reserved', limit: 0 });
  expect(await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' })).toEqual(before);
});

const below = {
  code: 'InvalidParameterValueException',
  status: 400,
  message:
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
};

test('100 stay for functions that have nothing reserved', async () => {
  await expect(put(901)).rejects.toMatchObject(below);
  await put(900);
  await put(900);
  await expect(put(1, 'g')).rejects.toMatchObject(below);
  expect(await put(0, 'g')).toEqual({ ReservedConcurrentExecutions: 0 });
});

test('of two that want the same rest at once, one gets it', async () => {
  const results = await Promise.allSettled([put(600, 'f'), put(600, 'g')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 400 });
});

test.each(['PutFunctionConcurrency', 'DeleteFunctionConcurrency', 'GetFunctionConcurrency'])(
  '%s is for whole functions that exist',
  async (operation) => {
    const on = (FunctionName: string): Promise<unknown> =>
      lambda.call(operation, {
        FunctionName,
        ...(operation.startsWith('Put') && { ReservedConcurrentExecutions: 1 }),
      });
    await expect(on('f:live')).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message:
        'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    });
    await expect(on('missing')).rejects.toMatchObject({
      message: 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:missing',
    });
  },
);

test('what is reserved is there after a restart', async () => {
  await put(300);
  await lambda.stop();
  await lambda.start();
  expect(await unreserved()).toMatchObject({ UnreservedConcurrentExecutions: 700 });
});
