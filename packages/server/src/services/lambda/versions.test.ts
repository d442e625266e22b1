import type { FunctionConfiguration, ListVersionsByFunctionResponse } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const zips = [1, 2, 3].map((each) => buildZip([{ name: 'index.js', data: `// ${each}` }]));
const call = async (name: string, input: object = {}): Promise<FunctionConfiguration> => {
  const answer = await lambda.call<FunctionConfiguration>(name, { FunctionName: 'f', ...input });
  await lambda.settled();
  return answer;
};
/** Names are used once: deleted functions leave their numbers. */
const create = (changes: object = {}): Promise<FunctionConfiguration> =>
  call('CreateFunction', {
    Runtime: 'nodejs22.x',
    Role: ROLE,
    Handler: 'index.handler',
    Description: 'latest',
    Code: { ZipFile: zips[0] },
    ...changes,
  });
const publish = (input: object = {}): Promise<FunctionConfiguration> =>
  call('PublishVersion', input);
const configuration = (FunctionName = 'f'): Promise<FunctionConfiguration> =>
  call('GetFunctionConfiguration', { FunctionName });
const numbers = async (): Promise<unknown[]> => {
  const { Versions = [] } = await lambda.call<ListVersionsByFunctionResponse>(
    'ListVersionsByFunction',
    { FunctionName: 'f' },
  );
  return Versions.map(({ Version }) => Version);
};
/** As a number of this function's own: earlier tests have used some. */
const first = async (): Promise<number> => Number((await publish()).Version);

describe('publishing', () => {
  test('answers Pending under the ARN and number of the version, and leaves $LATEST', async () => {
    await create();
    const latest = await configuration();
    const version = await publish({ Description: 'first' });
    const number = version.Version;
    const { RevisionId: _, LastUpdateStatus: __, ...same } = latest;
    expect(version).toEqual({
      ...same,
      Description: 'first',
      FunctionArn: `${ARN}:${number}`,
      Version: expect.stringMatching(/^\d+$/),
      RevisionId: expect.not.stringMatching(latest.RevisionId!),
      State: 'Pending',
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating',
    });
    expect(await configuration(`f:${number}`)).toEqual({
      ...same,
      Description: 'first',
      FunctionArn: `${ARN}:${number}`,
      Version: number,
      RevisionId: expect.not.stringMatching(version.RevisionId!),
      LastUpdateStatus: 'Successful',
    });
    const now = await configuration();
    expect(now).toEqual({ ...latest, RevisionId: expect.any(String) });
    expect(now.RevisionId).not.toBe(latest.RevisionId);
  });

  test('what has not changed is the same version, whatever description is asked for', async () => {
    await create();
    const version = await publish({ Description: 'one' });
    const again = await publish({ Description: 'another' });
    expect(again).toMatchObject({ Version: version.Version, Description: 'one' });
    await call('UpdateFunctionConfiguration', { Description: 'latest' });
    expect(await publish()).toMatchObject({ Version: version.Version });
    await call('UpdateFunctionConfiguration', { Description: 'changed' });
    expect(await publish()).toMatchObject({
      Version: String(Number(version.Version) + 1),
      Description: 'changed',
    });
  });

  test('preconditions that hold let it through', async () => {
    await create();
    const { CodeSha256, RevisionId } = await configuration();
    expect(await publish({ CodeSha256, RevisionId })).toMatchObject({ State: 'Pending' });
  });

  test('a function that is being updated cannot be published', async () => {
    await create();
    const { promise, resolve } = Promise.withResolvers<void>();
    lambda.installing = promise;
    await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 7 });
    await expect(lambda.call('PublishVersion', { FunctionName: 'f' })).rejects.toMatchObject({
      code: 'ResourceConflictException',
      message: `The operation cannot be performed at this time. An update is in progress for resource: ${ARN}`,
    });
    resolve();
    await lambda.settled();
  });

  test('is part of creation and of a code update where asked for', async () => {
    const created = await create({ Publish: true });
    expect(created).toMatchObject({ FunctionArn: `${ARN}:${created.Version}`, State: 'Pending' });
    const updated = await call('UpdateFunctionCode', { ZipFile: zips[1], Publish: true });
    const next = String(Number(created.Version) + 1);
    expect(updated).toMatchObject({ FunctionArn: `${ARN}:${next}`, Version: next });
    expect(updated.CodeSha256).not.toBe(created.CodeSha256);
    expect(await numbers()).toEqual(['$LATEST', created.Version, next]);
    const same = await call('UpdateFunctionCode', { ZipFile: zips[1], Publish: true });
    expect(same.Version).toBe(next);
  });

  test('of many at once, one version comes', async () => {
    await create();
    const input = { FunctionName: 'f' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => lambda.call('PublishVersion', input)),
    );
    await lambda.settled();
    expect(new Set(answers.map((each) => each['Version'])).size).toBe(1);
    expect(await numbers()).toHaveLength(2);
  });
});

test('$LATEST is changed and published under its own name too', async () => {
  await create();
  const latest = { FunctionName: 'f:$LATEST' };
  expect(await call('UpdateFunctionConfiguration', { ...latest, Timeout: 9 })).toMatchObject({
    FunctionArn: `${ARN}:$LATEST`,
  });
  expect(await call('UpdateFunctionCode', { ...latest, ZipFile: zips[1] })).toMatchObject({
    FunctionArn: `${ARN}:$LATEST`,
  });
  expect(await publish(latest)).toMatchObject({ State: 'Pending', Timeout: 9 });
});

describe('a version', () => {
  test('keeps its code and configuration when $LATEST changes', async () => {
    await create({ Environment: { Variables: { STAGE: 'one' } } });
    const number = await first();
    const before = await configuration(`f:${number}`);
    await call('UpdateFunctionCode', { ZipFile: zips[1] });
    await call('UpdateFunctionConfiguration', { MemorySize: 512, Environment: { Variables: {} } });
    expect(await configuration(`f:${number}`)).toEqual(before);
    await lambda.code.retainOnly((sha256) => lambda.functions.refersTo(sha256));
    const code = { sha256: before.CodeSha256!, sizeBytes: before.CodeSize! };
    expect(Buffer.from(await lambda.code.zip(code))).toEqual(Buffer.from(zips[0]!));
    await lambda.stop();
    await lambda.start();
    await lambda.service.resume();
    expect(await configuration(`f:${number}`)).toEqual(before);
  });

  test.each([
    (version: string) => ({ FunctionName: 'f', Qualifier: version }),
    (version: string) => ({ FunctionName: `f:${version}` }),
    (version: string) => ({ FunctionName: `function:f`, Qualifier: version }),
    (version: string) => ({ FunctionName: `000000000000:function:f:${version}` }),
    (version: string) => ({ FunctionName: `${ARN}:${version}` }),
    (version: string) => ({ FunctionName: `${ARN}:${version}`, Qualifier: version }),
  ])('is reached by every form of its name, %#', async (form) => {
    await create();
    const number = String(await first());
    await call('UpdateFunctionConfiguration', { MemorySize: 1024 });
    lambda.invocations.length = 0;
    expect(await lambda.call('Invoke', form(number))).toMatchObject({ ExecutedVersion: number });
    expect(lambda.invocations).toMatchObject([
      { invokedArn: `${ARN}:${number}`, version: { version: number, memoryMib: 128 } },
    ]);
    expect(await lambda.call('GetFunction', form(number))).toMatchObject({
      Configuration: { Version: number, MemorySize: 128, FunctionArn: `${ARN}:${number}` },
    });
    expect(await lambda.call('GetFunctionConfiguration', form('$LATEST'))).toMatchObject({
      Version: '$LATEST',
      MemorySize: 1024,
      FunctionArn: `${ARN}:$LATEST`,
    });
  });

  test('has environments of its own, which no update of $LATEST ends', async () => {
    await create();
    const number = await first();
    for (const name of ['f', `f:${number}`]) await lambda.call('Invoke', { FunctionName: name });
    const [latest, version] = lambda.invocations.slice(-2);
    expect(version!.version.incarnation).not.toBe(latest!.version.incarnation);
    lambda.retired.length = 0;
    await call('UpdateFunctionConfiguration', { MemorySize: 1024 });
    expect(lambda.retired.map(([arn]) => arn)).toEqual([ARN]);
    await call('Invoke', { FunctionName: `f:${number}` });
    expect(lambda.invocations.at(-1)!.version).toBe(version!.version);
  });

  test('that is Pending is not invoked yet', async () => {
    await create();
    const { promise, resolve } = Promise.withResolvers<void>();
    lambda.installing = promise;
    const version = await lambda.call('PublishVersion', { FunctionName: 'f' });
    const qualified = { FunctionName: 'f', Qualifier: version['Version'] };
    await expect(lambda.call('Invoke', qualified)).rejects.toMatchObject({
      code: 'ResourceConflictException',
    });
    resolve();
    await lambda.settled();
    expect(await lambda.call('Invoke', qualified)).toMatchObject({ StatusCode: 200 });
  });

  test('that a stop left Pending is Active after the next start', async () => {
    await create();
    const { promise, resolve } = Promise.withResolvers<void>();
    lambda.installing = promise;
    const version = await lambda.call('PublishVersion', { FunctionName: 'f' });
    const stopped = lambda.functions.find({
      account: '000000000000',
      region: 'eu-west-1',
      name: 'f',
    })!;
    resolve();
    await lambda.settled();
    const settled = lambda.functions.find(stopped)!;
    await lambda.functions.replace(settled, { ...settled, versions: stopped.versions! });
    await lambda.stop();
    await lambda.start();
    await lambda.service.resume();
    await lambda.settled();
    expect(await configuration(`f:${String(version['Version'])}`)).toMatchObject({
      State: 'Active',
    });
  });
});

describe('deletion', () => {
  test('of a version leaves the others, and its number is not given again', async () => {
    await create();
    const one = await first();
    await call('UpdateFunctionCode', { ZipFile: zips[1], Publish: true });
    await lambda.call('DeleteFunction', { FunctionName: `f:${one + 1}` });
    expect(await numbers()).toEqual(['$LATEST', String(one)]);
    expect(lambda.retired).toContainEqual([`${ARN}:${one + 1}`, undefined]);
    await call('UpdateFunctionCode', { ZipFile: zips[2], Publish: true });
    expect(await numbers()).toEqual(['$LATEST', String(one), String(one + 2)]);
  });

  test('of the function ends all of it, and its numbers are not given again', async () => {
    await create();
    const one = await first();
    await lambda.call('DeleteFunction', { FunctionName: 'f' });
    expect(lambda.retired).toContainEqual([`${ARN}:${one}`, undefined]);
    await expect(configuration(`f:${one}`)).rejects.toMatchObject({ status: 404 });
    await lambda.stop();
    await lambda.start();
    await create();
    expect(await first()).toBe(one + 1);
  });

  test('of the last version with some code removes that code', async () => {
    await create({ Code: { ZipFile: zips[2] } });
    const number = await first();
    const { CodeSha256: sha256 = '' } = await configuration(`f:${number}`);
    await call('UpdateFunctionCode', { ZipFile: zips[1] });
    expect(lambda.functions.refersTo(sha256)).toBe(true);
    await lambda.call('DeleteFunction', { FunctionName: `f:${number}` });
    expect(lambda.functions.refersTo(sha256)).toBe(false);
  });
});

test('lists are in the order of numbers, in pages, with every version where asked for', async () => {
  await create();
  await create({ FunctionName: 'f-a' });
  for (let each = 0; each < 11; each++) {
    await call('UpdateFunctionConfiguration', { Description: `${each}` });
    await publish();
  }
  const listed: unknown[] = [];
  let Marker: string | undefined;
  do {
    const page = await lambda.call<{ Functions: FunctionConfiguration[]; NextMarker?: string }>(
      'ListFunctions',
      { FunctionVersion: 'ALL', MaxItems: 5, Marker },
    );
    listed.push(...page.Functions.map(({ FunctionName, Version }) => [FunctionName, Version]));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  const own = await numbers();
  expect(own).toHaveLength(12);
  expect([...own.slice(1)].sort((a, b) => Number(a) - Number(b))).toEqual(own.slice(1));
  expect(listed).toEqual([...own.map((each) => ['f', each]), ['f-a', '$LATEST']]);
  expect(await lambda.call('ListFunctions', {})).toMatchObject({
    Functions: [{ FunctionArn: ARN }, { FunctionName: 'f-a' }],
  });
});
