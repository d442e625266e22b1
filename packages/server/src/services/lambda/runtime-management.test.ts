import { RuntimeUnavailable } from '@hearth/runtimes';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { runtimeVersionArn } from '../../core/runtime-version-arn.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const FIRST = runtimeVersionArn('eu-west-1', 'nodejs:22.v1');
const SECOND = runtimeVersionArn('eu-west-1', 'nodejs:22.v2');
const zip = buildZip([{ name: 'index.js' }]);

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  await lambda.forget();
  await lambda.call('CreateFunction', functionRequest());
  await lambda.settled();
});
afterAll(() => lambda[Symbol.asyncDispose]());

const put = (changes: object): Promise<object> =>
  lambda.call('PutRuntimeManagementConfig', { FunctionName: 'f', ...changes });
const get = (FunctionName = 'f'): Promise<object> =>
  lambda.call('GetRuntimeManagementConfig', { FunctionName });
const invoked = async (name = 'f'): Promise<unknown> => {
  await lambda.call('Invoke', { FunctionName: name });
  return lambda.invocations.at(-1)?.version.pinnedRuntimeVersionArn;
};
const runsOn = async (): Promise<unknown> => {
  const shown = await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' });
  return shown['RuntimeVersionConfig'];
};

test('a function takes every version of its runtime unless it is told otherwise', async () => {
  await expect(get()).resolves.toEqual({ UpdateRuntimeOn: 'Auto', FunctionArn: ARN });
  expect(await invoked()).toBeUndefined();
});

test('a function is held on the version of the runtime that it names', async () => {
  const held = { UpdateRuntimeOn: 'Manual', RuntimeVersionArn: FIRST };
  await expect(put(held)).resolves.toEqual({ ...held, FunctionArn: ARN });
  expect(await invoked()).toBe(FIRST);
  lambda.runtimeBuild = 'v2';
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Description: 'new' });
  await lambda.settled();
  await expect(get()).resolves.toEqual({ ...held, FunctionArn: ARN });
  expect(await invoked()).toBe(FIRST);
});

test('a function that takes another version of its runtime with an update takes it then, and not before', async () => {
  await put({ UpdateRuntimeOn: 'FunctionUpdate' });
  lambda.runtimeBuild = 'v2';
  expect(await invoked()).toBe(FIRST);
  await lambda.call('UpdateFunctionCode', { FunctionName: 'f', ZipFile: zip });
  await lambda.settled();
  expect(await invoked()).toBe(SECOND);
  await expect(runsOn()).resolves.toEqual({ RuntimeVersionArn: SECOND });
});

test('going back to Auto shows what runs now', async () => {
  await put({ UpdateRuntimeOn: 'Manual', RuntimeVersionArn: FIRST });
  lambda.runtimeBuild = 'v2';
  await put({ UpdateRuntimeOn: 'Auto' });
  await expect(runsOn()).resolves.toEqual({ RuntimeVersionArn: SECOND });
  expect(await invoked()).toBeUndefined();
});

test('a version has its own, which changes nothing else of it, and survives a restart', async () => {
  const { Version: _, ...before } = await lambda.call('PublishVersion', { FunctionName: 'f' });
  await lambda.settled();
  await put({ Qualifier: '1', UpdateRuntimeOn: 'FunctionUpdate' });
  await lambda.stop();
  await lambda.start();
  await expect(get('f:1')).resolves.toEqual({
    UpdateRuntimeOn: 'FunctionUpdate',
    FunctionArn: `${ARN}:1`,
  });
  await expect(get()).resolves.toMatchObject({ UpdateRuntimeOn: 'Auto' });
  expect(await invoked('f:1')).toBe(FIRST);
  const after = await lambda.call('GetFunctionConfiguration', { FunctionName: 'f:1' });
  expect(after['CodeSha256']).toBe((before as Record<string, unknown>)['CodeSha256']);
});

test('an invocation is told that the version of the runtime is not there any more', async () => {
  lambda.answer = () => Promise.reject(new RuntimeUnavailable('The function is held on x.'));
  await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toMatchObject({
    status: 502,
    code: 'InvalidRuntimeException',
    message: 'The function is held on x.',
  });
});

test.each([
  [{ UpdateRuntimeOn: 'Manual' }, 'Manual updates of the runtime need a RuntimeVersionArn.'],
  [
    { UpdateRuntimeOn: 'Manual', RuntimeVersionArn: SECOND },
    `The version ${SECOND} of nodejs22.x is not on this machine, which has ${FIRST}.`,
  ],
  [
    { UpdateRuntimeOn: 'Auto', RuntimeVersionArn: FIRST },
    'RuntimeVersionArn can only be given where UpdateRuntimeOn is Manual.',
  ],
  [
    { UpdateRuntimeOn: 'Auto', FunctionName: 'missing' },
    `Function not found: ${ARN.replace(/f$/, 'missing')}`,
  ],
  [
    { UpdateRuntimeOn: 'sometimes' },
    "1 validation error detected: Value 'sometimes' at 'updateRuntimeOn' failed to satisfy constraint: Member must satisfy enum value set: [Auto, Manual, FunctionUpdate]",
  ],
])('%j is refused and changes nothing', async (changes, text) => {
  await expect(put(changes)).rejects.toMatchObject({ message: text });
  await expect(get()).resolves.toEqual({ UpdateRuntimeOn: 'Auto', FunctionArn: ARN });
});

test('nothing is held while an update is in progress', async () => {
  await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Description: 'x' });
  await expect(put({ UpdateRuntimeOn: 'FunctionUpdate' })).rejects.toMatchObject({
    status: 409,
    code: 'ResourceConflictException',
  });
  await lambda.settled();
  await expect(put({ UpdateRuntimeOn: 'FunctionUpdate' })).resolves.toBeDefined();
});
