import type { AliasConfiguration, FunctionConfiguration } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
let counter = 0;
/** Another name for each test, so that its versions are 1 and 2. */
let name = '';
let arn = '';
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  name = `f${counter++}`;
  arn = `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
  await call('CreateFunction', functionRequest({ FunctionName: name, Publish: true }));
  await call('UpdateFunctionConfiguration', { MemorySize: 256 });
  await call('PublishVersion');
});
afterEach(async () => {
  lambda.random = Math.random;
  await lambda.forget();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

async function call<Output = AliasConfiguration>(
  operation: string,
  input: object = {},
): Promise<Output> {
  const answer = await lambda.call<Output>(operation, { FunctionName: name, ...input });
  await lambda.settled();
  return answer;
}
const live = (changes: object = {}): object => ({ Name: 'live', FunctionVersion: '1', ...changes });
const weighted = (AdditionalVersionWeights: object): object => ({
  RoutingConfig: { AdditionalVersionWeights },
});
const executed = async (): Promise<unknown> =>
  (await lambda.call('Invoke', { FunctionName: `${name}:live` }))['ExecutedVersion'];

test('an alias is created, read, updated, listed and deleted', async () => {
  const created = await call('CreateAlias', live({ Description: 'for all' }));
  expect(created).toEqual({
    AliasArn: `${arn}:live`,
    Name: 'live',
    FunctionVersion: '1',
    Description: 'for all',
    RevisionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(await call('GetAlias', { Name: 'live' })).toEqual(created);
  const updated = await call('UpdateAlias', {
    Name: 'live',
    FunctionVersion: '2',
    RevisionId: created.RevisionId,
  });
  expect(updated).toEqual({ ...created, FunctionVersion: '2', RevisionId: expect.any(String) });
  expect(updated.RevisionId).not.toBe(created.RevisionId);
  await call('CreateAlias', { Name: 'beta', FunctionVersion: '$LATEST' });
  expect(await call('ListAliases')).toMatchObject({
    Aliases: [{ Name: 'beta', Description: '' }, { Name: 'live' }],
  });
  expect(await call('ListAliases', { FunctionVersion: '2' })).toEqual({ Aliases: [updated] });
  expect(await call('DeleteAlias', { Name: 'live' })).toEqual({});
  expect(await call('DeleteAlias', { Name: 'live' })).toEqual({});
  await expect(call('GetAlias', { Name: 'live' })).rejects.toMatchObject({ status: 404 });
});

test('neither creation nor change of an alias changes the revision of the function', async () => {
  const { RevisionId } = await call<FunctionConfiguration>('GetFunctionConfiguration');
  await call('CreateAlias', live());
  await call('UpdateAlias', live({ FunctionVersion: '2' }));
  expect(await call('GetFunctionConfiguration')).toMatchObject({ RevisionId });
});

test('reads and invocations through an alias mean its version, under the name of the alias', async () => {
  await call('CreateAlias', live());
  for (const [version, MemorySize] of [
    ['1', 128],
    ['2', 256],
  ] as const) {
    await call('UpdateAlias', live({ FunctionVersion: version }));
    expect(await call('GetFunction', { Qualifier: 'live' })).toMatchObject({
      Configuration: { FunctionArn: `${arn}:live`, Version: version, MemorySize },
    });
    expect(await executed()).toBe(version);
    expect(lambda.invocations.at(-1)).toMatchObject({
      invokedArn: `${arn}:live`,
      version: { version, memoryMib: MemorySize },
    });
  }
});

test('an alias of $LATEST follows it', async () => {
  await call('CreateAlias', live({ FunctionVersion: '$LATEST' }));
  await call('UpdateFunctionConfiguration', { MemorySize: 512 });
  expect(await executed()).toBe('$LATEST');
  expect(await call('GetFunctionConfiguration', { Qualifier: 'live' })).toMatchObject({
    FunctionArn: `${arn}:live`,
    Version: '$LATEST',
    MemorySize: 512,
  });
});

test('the weight splits invocations: evenly spread numbers give exactly the part', async () => {
  await call('CreateAlias', live(weighted({ 2: 0.3 })));
  const counts: Record<string, number> = { '1': 0, '2': 0 };
  for (let each = 0; each < 1000; each++) {
    lambda.random = () => each / 1000;
    counts[String(await executed())]! += 1;
  }
  expect(counts).toEqual({ '1': 700, '2': 300 });
});

test('with the real random the split is what chance allows', async () => {
  const weight = 0.2;
  const tries = 4000;
  await call('CreateAlias', live(weighted({ 2: weight })));
  let routed = 0;
  for (let each = 0; each < tries; each++) if ((await executed()) === '2') routed += 1;
  // Six standard deviations: fails once in 500 million runs.
  const deviation = Math.sqrt(tries * weight * (1 - weight));
  expect(Math.abs(routed - tries * weight)).toBeLessThan(6 * deviation);
});

test.each([
  [0, '1'],
  [1, '2'],
])('of a weight of %d all go to version %s', async (weight, version) => {
  await call('CreateAlias', live(weighted({ 2: weight })));
  for (const random of [0, 0.5, 1 - Number.EPSILON]) {
    lambda.random = () => random;
    expect(await executed()).toBe(version);
  }
});

test('routing stays until it is changed, and an empty one ends it', async () => {
  const routing = weighted({ 2: 0.5 });
  expect(await call('CreateAlias', live(routing))).toMatchObject(routing);
  expect(await call('UpdateAlias', { Name: 'live', Description: 'kept' })).toMatchObject(routing);
  const ended = await call('UpdateAlias', { Name: 'live', ...weighted({}) });
  expect(ended).not.toHaveProperty('RoutingConfig');
  expect(ended).toMatchObject({ Description: 'kept' });
});

test('a version that an alias routes to cannot be deleted', async () => {
  await call('CreateAlias', live(weighted({ 2: 0.5 })));
  for (const Qualifier of ['1', '2']) {
    await expect(call('DeleteFunction', { Qualifier })).rejects.toMatchObject({
      code: 'ResourceConflictException',
    });
  }
  await call('DeleteAlias', { Name: 'live' });
  expect(await call('DeleteFunction', { Qualifier: '2' })).toEqual({ StatusCode: 204 });
});

test('an alias moves atomically for its callers', async () => {
  await call('CreateAlias', live());
  const moving = new AbortController();
  const seen = new Set<unknown>();
  const load = (async () => {
    while (!moving.signal.aborted) {
      seen.add(await executed());
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let each = 0; each < 30; each++) {
    await call('UpdateAlias', live({ FunctionVersion: each % 2 === 0 ? '2' : '1' }));
  }
  moving.abort();
  await load;
  expect(seen).toEqual(new Set(['1', '2']));
});

test('aliases are there after a restart', async () => {
  const created = await call('CreateAlias', live(weighted({ 2: 0.25 })));
  await lambda.stop();
  await lambda.start();
  expect(await call('GetAlias', { Name: 'live' })).toEqual(created);
});
