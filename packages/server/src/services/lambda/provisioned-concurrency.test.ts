import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function';
const create = (FunctionName: string, more: object = {}): Promise<object> =>
  lambda.call('CreateFunction', functionRequest({ FunctionName, ...more }));
const alias = (Name: string, FunctionVersion: string): Promise<object> =>
  lambda.call('CreateAlias', { FunctionName: 'f', Name, FunctionVersion });
const put = (Qualifier: string, count: number, FunctionName = 'f'): Promise<object> =>
  lambda.call('PutProvisionedConcurrencyConfig', {
    FunctionName,
    Qualifier,
    ProvisionedConcurrentExecutions: count,
  });
const get = (Qualifier: string, FunctionName = 'f'): Promise<object> =>
  lambda.call('GetProvisionedConcurrencyConfig', { FunctionName, Qualifier });
const remove = (Qualifier: string, FunctionName = 'f'): Promise<object> =>
  lambda.call('DeleteProvisionedConcurrencyConfig', { FunctionName, Qualifier });
const list = async (): Promise<readonly object[]> => {
  const answer = await lambda.call<{ ProvisionedConcurrencyConfigs: object[] }>(
    'ListProvisionedConcurrencyConfigs',
    { FunctionName: 'f' },
  );
  return answer.ProvisionedConcurrencyConfigs;
};
const unreserved = async (): Promise<unknown> => {
  const { AccountLimit } = await lambda.call<{ AccountLimit: Record<string, unknown> }>(
    'GetAccountSettings',
    {},
  );
  return AccountLimit['UnreservedConcurrentExecutions'];
};

/** Versions 1 and 2, and `live`, which points to 1; numbers of versions are never given again. */
beforeEach(async () => {
  lambda = await startLambda();
  await create('f', { Publish: true });
  await lambda.settled();
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 });
  await lambda.settled();
  await lambda.call('PublishVersion', { FunctionName: 'f' });
  await alias('live', '1');
  await lambda.settled();
});
afterEach(async () => {
  await lambda[Symbol.asyncDispose]();
});

test('it is asked for, in progress, ready, listed, deleted', async () => {
  const LastModified = '2026-11-24T12:00:00+0000';
  expect(await put('live', 2)).toEqual({
    RequestedProvisionedConcurrentExecutions: 2,
    AvailableProvisionedConcurrentExecutions: 0,
    AllocatedProvisionedConcurrentExecutions: 0,
    Status: 'IN_PROGRESS',
    LastModified,
  });
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 2 });
  lambda.capacity = () => ({ allocated: 1 });
  expect(await get('live')).toEqual({
    RequestedProvisionedConcurrentExecutions: 2,
    AvailableProvisionedConcurrentExecutions: 1,
    AllocatedProvisionedConcurrentExecutions: 1,
    Status: 'IN_PROGRESS',
    LastModified,
  });
  lambda.capacity = () => ({ allocated: 2 });
  expect(await get('live')).toMatchObject({ Status: 'READY' });
  await put('2', 3);
  const listed = await list();
  expect(listed).toMatchObject([
    { FunctionArn: `${ARN}:f:2`, RequestedProvisionedConcurrentExecutions: 3 },
    { FunctionArn: `${ARN}:f:live`, RequestedProvisionedConcurrentExecutions: 2 },
  ]);
  expect(await remove('live')).toEqual({});
  expect(await remove('live')).toEqual({});
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 0, 'f:2': 3 });
  await expect(get('live')).rejects.toMatchObject({
    status: 404,
    code: 'ProvisionedConcurrencyConfigNotFoundException',
    message: 'No Provisioned Concurrency Config found for this function',
  });
});

test('a failure is told with its reason', async () => {
  await put('1', 2);
  lambda.capacity = () => ({ allocated: 0, failure: 'FUNCTION_ERROR_INIT_FAILURE' });
  expect(await get('1')).toMatchObject({
    Status: 'FAILED',
    StatusReason: 'FUNCTION_ERROR_INIT_FAILURE',
  });
});

test('an alias that moves takes it along, one that goes ends it', async () => {
  await put('live', 2);
  await lambda.call('UpdateAlias', { FunctionName: 'f', Name: 'live', FunctionVersion: '2' });
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 0, 'f:2': 2 });
  await lambda.call('DeleteAlias', { FunctionName: 'f', Name: 'live' });
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 0, 'f:2': 0 });
  await expect(get('live')).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: `Cannot find alias arn: ${ARN}:f:live`,
  });
  expect(await list()).toEqual([]);
});

test('aliases of one version add up, and are served in their order', async () => {
  await alias('blue', '1');
  await put('live', 2);
  await put('blue', 1);
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 3 });
  lambda.capacity = () => ({ allocated: 2 });
  expect(await get('blue')).toMatchObject({ Status: 'READY' });
  expect(await get('live')).toMatchObject({
    Status: 'IN_PROGRESS',
    AllocatedProvisionedConcurrentExecutions: 1,
  });
});

test('what is asked for is asked for again after a restart', async () => {
  await put('live', 2);
  await lambda.stop();
  lambda.provisioned.clear();
  await lambda.start();
  expect(lambda.provisioned.size).toBe(0);
  lambda.service.provision();
  expect(Object.fromEntries(lambda.provisioned)).toEqual({ 'f:1': 2 });
  expect(await unreserved()).toBe(998);
});

test('a deleted version takes its own along', async () => {
  await put('2', 2);
  await lambda.call('DeleteFunction', { FunctionName: 'f', Qualifier: '2' });
  expect(await list()).toEqual([]);
  expect(await unreserved()).toBe(1000);
});

describe('room', () => {
  const refused = { code: 'InvalidParameterValueException', status: 400 };

  test('comes from what is not reserved, 100 of which stay', async () => {
    await put('1', 10);
    await put('1', 5);
    expect(await unreserved()).toBe(995);
    await expect(put('2', 996)).rejects.toMatchObject({
      ...refused,
      members: {},
      message:
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [995].",
    });
    await expect(put('2', 896)).rejects.toMatchObject({
      ...refused,
      message:
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    });
    await put('2', 895);
    expect(await unreserved()).toBe(100);
    await remove('1');
    await remove('2');
    expect(await unreserved()).toBe(1000);
  });

  test('is within what the function has reserved', async () => {
    const reserve = (ReservedConcurrentExecutions: number): Promise<object> =>
      lambda.call('PutFunctionConcurrency', { FunctionName: 'f', ReservedConcurrentExecutions });
    await reserve(3);
    await put('1', 2);
    expect(await unreserved()).toBe(997);
    await expect(put('2', 2)).rejects.toMatchObject({
      ...refused,
      message:
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    });
    await put('2', 1);
    await expect(reserve(2)).rejects.toMatchObject({
      ...refused,
      message:
        " ReservedConcurrentExecutions  2 should not be lower than function's total provisioned concurrency [3].",
    });
    await lambda.call('DeleteFunctionConcurrency', { FunctionName: 'f' });
    expect(await unreserved()).toBe(997);
  });

  test('that two functions want at once is given to one of them', async () => {
    await create('g', { Publish: true });
    await lambda.settled();
    const results = await Promise.allSettled([put('1', 600), put('1', 600, 'g')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await unreserved()).toBe(400);
  });
});

describe('AWS refuses', () => {
  test('an alias and its version at once, whichever came first', async () => {
    await put('live', 1);
    await expect(put('1', 1)).rejects.toMatchObject({
      status: 409,
      code: 'ResourceConflictException',
      message: 'Version is pointed by a Provisioned Concurrency alias',
    });
    await remove('live');
    await put('1', 1);
    const onProvisioned = {
      status: 409,
      code: 'ResourceConflictException',
      message:
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    };
    await expect(put('live', 1)).rejects.toMatchObject(onProvisioned);
    await alias('other', '2');
    await put('other', 1);
    const move = { FunctionName: 'f', Name: 'other', FunctionVersion: '1' };
    await expect(lambda.call('UpdateAlias', move)).rejects.toMatchObject(onProvisioned);
  });

  test('an alias with weights, or of $LATEST', async () => {
    await lambda.call('UpdateAlias', {
      FunctionName: 'f',
      Name: 'live',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
    });
    await expect(put('live', 1)).rejects.toMatchObject({
      message: 'Alias with weights can not be used with Provisioned Concurrency',
    });
    await alias('edge', '$LATEST');
    await expect(put('edge', 1)).rejects.toMatchObject({ message: /unpublished/ });
  });

  test('functions whose environments belong to tenants', async () => {
    const TenancyConfig = { TenantIsolationMode: 'PER_TENANT' };
    await create('t', { Publish: true, TenancyConfig });
    await lambda.settled();
    await expect(put('1', 1, 't')).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
    });
  });

  const latest = 'The function resource provided must be an alias or a published version.';
  test('what is not there, or is not published', async () => {
    const rows = [
      [
        'Put',
        '$LATEST',
        'f',
        400,
        'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
      ],
      ['Get', '$LATEST', 'f', 400, latest],
      ['Delete', '$LATEST', 'f', 400, latest],
      ['Get', '$LATEST', 'doesnotexist', 400, latest],
      ['Put', 'doesnotexist', 'f', 404, `Cannot find alias arn: ${ARN}:f:doesnotexist`],
      ['Get', 'noalias', 'f', 404, `Cannot find alias arn: ${ARN}:f:noalias`],
      ['Get', 'noalias', 'doesnotexist', 404, `Cannot find alias arn: ${ARN}:doesnotexist:noalias`],
      ['Delete', '1', 'doesnotexist', 404, `Function not found: ${ARN}:doesnotexist:1`],
      ['Put', '7', 'f', 404, `Function not found: ${ARN}:f:7`],
    ] as const;
    for (const [verb, Qualifier, FunctionName, status, message] of rows) {
      const asked = lambda.call(`${verb}ProvisionedConcurrencyConfig`, {
        FunctionName,
        Qualifier,
        ...(verb === 'Put' && { ProvisionedConcurrentExecutions: 1 }),
      });
      await expect(asked, `${verb} ${Qualifier}`).rejects.toMatchObject({ status, message });
    }
  });

  test('a number below 1', async () => {
    await expect(put('1', 0)).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    });
  });
});
