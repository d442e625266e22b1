import { afterEach, beforeEach, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const DAY_MS = 86_400_000;
let lambda: LambdaUnderTest;
const state = (Qualifier?: string): Promise<Record<string, unknown>> =>
  lambda.call('GetFunctionConfiguration', { FunctionName: 'f', ...(Qualifier && { Qualifier }) });
const invoke = (Qualifier?: string): Promise<object> =>
  lambda.call('Invoke', { FunctionName: 'f', ...(Qualifier && { Qualifier }) });
async function daysLater(days: number): Promise<void> {
  lambda.nowMs += days * DAY_MS;
  await lambda.service.sweepIdle();
}

beforeEach(async () => {
  lambda = await startLambda();
  await lambda.call('CreateFunction', functionRequest({ Publish: true }));
  await lambda.settled();
});
afterEach(async () => {
  await lambda[Symbol.asyncDispose]();
});

test('what nobody invokes for 14 days is Inactive, each version for itself', async () => {
  await daysLater(14);
  await invoke('1');
  expect(await state()).toMatchObject({ State: 'Active' });
  const { RevisionId } = await state();
  await daysLater(1);
  const idle = await state();
  expect(idle).toMatchObject({ State: 'Inactive', StateReasonCode: 'Idle' });
  expect(idle['RevisionId']).not.toBe(RevisionId);
  expect(await state('1')).toMatchObject({ State: 'Active' });
  expect(lambda.retired).toContainEqual([
    'arn:aws:lambda:eu-west-1:000000000000:function:f',
    undefined,
  ]);
  await daysLater(14);
  expect(await state('1')).toMatchObject({ State: 'Inactive' });
});

test.each([undefined, '1'])(
  'the next invocation (%s) fails and makes it Pending, then it serves again',
  async (qualifier) => {
    await daysLater(15);
    const gate = Promise.withResolvers<void>();
    lambda.installing = gate.promise;
    const pending = {
      status: 409,
      code: 'ResourceConflictException',
      message:
        'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    };
    for (const each of await Promise.allSettled([invoke(qualifier), invoke(qualifier)])) {
      expect(each).toMatchObject({ status: 'rejected', reason: pending });
    }
    expect(await state(qualifier)).toMatchObject({
      State: 'Pending',
      StateReasonCode: 'Restoring',
    });
    gate.resolve();
    await lambda.settled();
    expect(await state(qualifier)).toMatchObject({ State: 'Active' });
    await invoke(qualifier);
    expect(lambda.invocations).toHaveLength(1);
  },
);

test('an update wakes it too, and a restart neither wakes it nor loses what was begun', async () => {
  await daysLater(15);
  await lambda.stop();
  await lambda.start();
  expect(await state()).toMatchObject({ State: 'Inactive' });
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 });
  await lambda.settled();
  expect(await state()).toMatchObject({ State: 'Active', Timeout: 9 });
  await invoke();
});

test('one that cannot be made ready again is Inactive again', async () => {
  await daysLater(15);
  lambda.installing = Promise.reject(new Error('gone'));
  lambda.installing.catch(() => {});
  await expect(invoke()).rejects.toMatchObject({ status: 409 });
  await lambda.settled();
  expect(await state()).toMatchObject({ State: 'Inactive' });
});

test('what has provisioned concurrency is never idle', async () => {
  await lambda.call('PutProvisionedConcurrencyConfig', {
    FunctionName: 'f',
    Qualifier: '1',
    ProvisionedConcurrentExecutions: 1,
  });
  await daysLater(100);
  expect(await state('1')).toMatchObject({ State: 'Active' });
  expect(await state()).toMatchObject({ State: 'Inactive' });
});
