import type { FunctionUrlConfig, ListFunctionUrlConfigsResponse } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await lambda.forget();
  await lambda.call('CreateFunction', functionRequest());
  await lambda.settled();
});

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const url = (name: string, input: object = {}): Promise<FunctionUrlConfig> =>
  lambda.call<FunctionUrlConfig>(`${name}FunctionUrlConfig`, { FunctionName: 'f', ...input });
const create = (input: object = {}): Promise<FunctionUrlConfig> =>
  url('Create', { AuthType: 'NONE', ...input });
const alias = (Name: string): Promise<unknown> =>
  lambda.call('CreateAlias', { FunctionName: 'f', Name, FunctionVersion: '$LATEST' });

test('a URL is created, read, changed and deleted in the shapes of AWS', async () => {
  const created = await create({ Cors: { AllowOrigins: ['*'], MaxAge: 5 } });
  expect(created).toEqual({
    FunctionUrl: expect.stringMatching(
      /^http:\/\/[a-z0-9]{32}\.lambda-url\.eu-west-1\.localhost:4566\/$/,
    ) as string,
    FunctionArn: ARN,
    AuthType: 'NONE',
    CreationTime: '2026-11-24T12:00:00.656000Z',
    Cors: { AllowOrigins: ['*'], MaxAge: 5 },
    InvokeMode: 'BUFFERED',
  });
  const read = { ...created, LastModifiedTime: created.CreationTime };
  expect(await url('Get')).toEqual(read);
  lambda.nowMs += 1_000;
  const changed = {
    ...read,
    AuthType: 'AWS_IAM',
    InvokeMode: 'RESPONSE_STREAM',
    LastModifiedTime: '2026-11-24T12:00:01.656000Z',
  };
  const change = { AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' };
  expect(await url('Update', change)).toEqual(changed);
  expect(await url('Update', { Cors: {} })).toEqual({ ...changed, Cors: {} });
  await url('Delete');
  await expect(url('Get')).rejects.toMatchObject({ status: 404 });
});

test('it is the same after a restart, and found by its id', async () => {
  const { FunctionUrl: address } = await create();
  const id = new URL(address ?? '').hostname.slice(0, 32);
  await lambda.stop();
  await lambda.start();
  expect((await url('Get')).FunctionUrl).toBe(address);
  expect(lambda.service.functionUrls.find(id)).toMatchObject({ authType: 'NONE' });
  await url('Delete');
  expect(lambda.service.functionUrls.find(id)).toBeUndefined();
});

test('an alias has a URL of its own, which goes with it', async () => {
  await alias('live');
  await create();
  const own = await create({ Qualifier: 'live' });
  expect(own.FunctionArn).toBe(`${ARN}:live`);
  const list = async (): Promise<(string | undefined)[]> => {
    const input = { FunctionName: 'f' };
    const { FunctionUrlConfigs: urls } = await lambda.call<ListFunctionUrlConfigsResponse>(
      'ListFunctionUrlConfigs',
      input,
    );
    return (urls ?? []).map((each) => each.FunctionArn);
  };
  expect(await list()).toEqual([ARN, `${ARN}:live`]);
  await lambda.call('DeleteAlias', { FunctionName: 'f', Name: 'live' });
  expect(await list()).toEqual([ARN]);
});

test('the refusals are those of AWS', async () => {
  await create();
  await expect(create()).rejects.toMatchObject({
    code: 'ResourceConflictException',
    status: 409,
    message: `Failed to create function url config for [functionArn = ${ARN}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  });
  const missing = { status: 404, message: 'Function does not exist' };
  await expect(create({ FunctionName: 'g' })).rejects.toMatchObject(missing);
  await expect(create({ Qualifier: 'nobody' })).rejects.toMatchObject(missing);
  const list = lambda.call('ListFunctionUrlConfigs', { FunctionName: 'g' });
  await expect(list).rejects.toMatchObject(missing);
  for (const name of ['Get', 'Update', 'Delete']) {
    await expect(url(name, { Qualifier: 'nobody' })).rejects.toMatchObject({
      status: 404,
      message: 'The resource you requested does not exist.',
    });
  }
  for (const Qualifier of ['1', '$LATEST']) {
    await expect(create({ Qualifier })).rejects.toMatchObject({ code: 'ValidationException' });
  }
});
