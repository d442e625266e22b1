import { afterAll, beforeEach, afterEach, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../core/operation.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { context, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
let counter = 0;
/** Another name for each test, so that its version is 1. */
let name = '';
let arn = '';
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  name = `f${counter++}`;
  arn = `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
  await lambda.call('CreateFunction', functionRequest({ FunctionName: name, Publish: true }));
  await lambda.settled();
  await lambda.call('CreateAlias', { FunctionName: name, Name: 'live', FunctionVersion: '1' });
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

interface Policy {
  readonly Policy: string;
  readonly RevisionId: string;
}
const add = (StatementId: string, changes: object = {}): Promise<{ Statement: string }> =>
  lambda.call('AddPermission', {
    FunctionName: name,
    StatementId,
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
    ...changes,
  });
const policy = (FunctionName = name): Promise<Policy> => lambda.call('GetPolicy', { FunctionName });
const revision = async (FunctionName: string): Promise<unknown> =>
  (await lambda.call('GetFunctionConfiguration', { FunctionName }))['RevisionId'];

const statements: readonly (readonly [asked: object, written: object])[] = [
  [{}, { Principal: { Service: 's3.amazonaws.com' } }],
  [
    { SourceArn: 'arn:aws:s3:::b', SourceAccount: '000000000000' },
    {
      Principal: { Service: 's3.amazonaws.com' },
      Condition: {
        StringEquals: { 'AWS:SourceAccount': '000000000000' },
        ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::b' },
      },
    },
  ],
  [{ Principal: '111111111111' }, { Principal: { AWS: 'arn:aws:iam::111111111111:root' } }],
  [
    { Principal: 'arn:aws:iam::111111111111:role/path/r' },
    { Principal: { AWS: 'arn:aws:iam::111111111111:role/path/r' } },
  ],
  [
    { Principal: '*', PrincipalOrgID: 'o-1234567890' },
    { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } },
  ],
  [
    { Principal: 'alexa-appkit.amazon.com', EventSourceToken: 'skill' },
    {
      Principal: { Service: 'alexa-appkit.amazon.com' },
      Condition: { StringEquals: { 'lambda:EventSourceToken': 'skill' } },
    },
  ],
  [
    { Principal: '*', Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' },
    {
      Principal: '*',
      Action: 'lambda:InvokeFunctionUrl',
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
    },
  ],
  [
    { Principal: '*', InvokedViaFunctionUrl: true },
    { Principal: '*', Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } } },
  ],
];

test.each(statements)('%j is written as AWS writes it', async (asked, written) => {
  const expected = {
    Sid: 'one',
    Effect: 'Allow',
    Action: 'lambda:InvokeFunction',
    Resource: arn,
    ...written,
  };
  expect(JSON.parse((await add('one', asked)).Statement)).toEqual(expected);
  const { Policy, RevisionId } = await policy();
  expect(JSON.parse(Policy)).toEqual({
    Version: '2012-10-17',
    Id: 'default',
    Statement: [expected],
  });
  expect(RevisionId).toBe(await revision(name));
});

test('the function, its version and its alias have policies and revisions of their own', async () => {
  const before = await Promise.all([name, `${name}:1`, `${name}:live`].map(revision));
  await add('on-function');
  await add('on-version', { Qualifier: '1' });
  await add('on-alias', { FunctionName: `${name}:live` });
  const sidOf = async (qualified: string): Promise<unknown> =>
    JSON.parse((await policy(qualified)).Policy).Statement;
  expect(await sidOf(name)).toMatchObject([{ Sid: 'on-function', Resource: arn }]);
  expect(await sidOf(`${name}:1`)).toMatchObject([{ Sid: 'on-version', Resource: `${arn}:1` }]);
  expect(await sidOf(`${name}:live`)).toMatchObject([{ Sid: 'on-alias', Resource: `${arn}:live` }]);
  expect(await revision(name)).not.toBe(before[0]);
  expect(await revision(`${name}:1`)).not.toBe(before[1]);
  const alias = await lambda.call('GetAlias', { FunctionName: name, Name: 'live' });
  expect((await policy(`${name}:live`)).RevisionId).toBe(alias['RevisionId']);
});

test('the revision that was read lets one change through', async () => {
  await add('one');
  const { RevisionId } = await policy();
  await add('two', { RevisionId });
  await expect(add('three', { RevisionId })).rejects.toMatchObject({
    code: 'PreconditionFailedException',
  });
  const { RevisionId: now } = await policy();
  const remove = { FunctionName: name, StatementId: 'one', RevisionId: now };
  await lambda.call('RemovePermission', remove);
  expect(JSON.parse((await policy()).Policy).Statement).toMatchObject([{ Sid: 'two' }]);
});

test('with its last statement the policy is gone', async () => {
  await add('one');
  await lambda.call('RemovePermission', { FunctionName: name, StatementId: 'one' });
  await expect(policy()).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('permissions that are added at once are all kept', async () => {
  const sids = Array.from({ length: 20 }, (_, index) => `s${index}`);
  await Promise.all(sids.map((sid) => add(sid)));
  const kept = JSON.parse((await policy()).Policy).Statement as { Sid: string }[];
  expect(new Set(kept.map(({ Sid }) => Sid))).toEqual(new Set(sids));
});

test('a permission that comes while the function is being updated does not stop the update', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  lambda.installing = promise;
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: name, MemorySize: 256 });
  await add('meanwhile');
  resolve();
  await lambda.settled();
  expect(await lambda.call('GetFunctionConfiguration', { FunctionName: name })).toMatchObject({
    LastUpdateStatus: 'Successful',
    MemorySize: 256,
  });
  expect(JSON.parse((await policy()).Policy).Statement).toHaveLength(1);
});

test('a policy may have 20 KB and no more', async () => {
  const SourceArn = `arn:aws:s3:::${'b'.repeat(100)}`;
  const refusal = async (): Promise<unknown> => {
    for (let index = 0; ; index++) {
      try {
        await add(`${String(index).padStart(3, '0')}${'x'.repeat(90)}`, { SourceArn });
      } catch (error) {
        return error;
      }
    }
  };
  expect(await refusal()).toMatchObject({
    code: 'PolicyLengthExceededException',
    status: 400,
    message: expect.stringMatching(
      /^The final policy size \(20[4-9]\d\d\) is bigger than the limit \(20480\)\.$/,
    ),
  });
  expect(Buffer.byteLength((await policy()).Policy)).toBeLessThanOrEqual(20_480);
});

test('a whole policy is put, read and deleted, and is the one that GetPolicy shows', async () => {
  const ResourceArn = `${arn}:live`;
  const Statement = {
    Sid: 'deny',
    Effect: 'Deny',
    Principal: '*',
    Action: 'lambda:InvokeFunction',
    Resource: ResourceArn,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] });
  const put = await lambda.call<Policy>('PutResourcePolicy', { ResourceArn, Policy });
  expect(JSON.parse(put.Policy)).toEqual(JSON.parse(Policy));
  expect(await lambda.call('GetResourcePolicy', { ResourceArn })).toEqual(put);
  expect(await policy(`${name}:live`)).toEqual(put);
  await add('more', { Qualifier: 'live' });
  const { RevisionId } = await lambda.call<Policy>('GetResourcePolicy', { ResourceArn });
  expect(RevisionId).not.toBe(put.RevisionId);
  await lambda.call('DeleteResourcePolicy', { ResourceArn, RevisionId });
  await expect(policy(`${name}:live`)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('the policy of an alias goes with the alias, and does not come back', async () => {
  await add('one', { Qualifier: 'live' });
  await lambda.call('DeleteAlias', { FunctionName: name, Name: 'live' });
  await lambda.call('CreateAlias', { FunctionName: name, Name: 'live', FunctionVersion: '1' });
  await expect(policy(`${name}:live`)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('policies are there after a restart', async () => {
  await add('one');
  const before = await policy();
  await lambda.stop();
  await lambda.start();
  expect(await policy()).toEqual(before);
});

test('whom a permission is given to is known to the policies of its giver', () => {
  const operation: Operation<object> | undefined = lambda.service.operations.get('AddPermission');
  const input = { FunctionName: name, Principal: 's3.amazonaws.com' };
  expect(operation?.permissions(input, context)).toEqual([
    {
      action: 'lambda:AddPermission',
      resources: [arn],
      conditions: { 'lambda:Principal': 's3.amazonaws.com' },
    },
  ]);
});
