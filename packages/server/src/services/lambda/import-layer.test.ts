/** Layers under the ARNs of others. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { Permission } from '../../core/operation.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';
import type { ImportRequest } from './import-layer.ts';

let lambda: LambdaUnderTest;
const authorised: Permission[] = [];
beforeAll(async () => {
  lambda = await startLambda();
});
afterEach(async () => {
  authorised.length = 0;
  await lambda.forget();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

const AS = 'arn:aws:lambda:eu-west-1:094274105915:layer:Tools:41';
const publish = (data: string): Promise<{ LayerVersionArn: string; Version: number }> =>
  lambda.call('PublishLayerVersion', {
    LayerName: 'mine',
    Content: { ZipFile: buildZip([{ name: 'x', data }]) },
    CompatibleRuntimes: ['python3.12'],
  });
const ask = async (
  body: object,
  changes: Partial<ImportRequest> = {},
  account = '000000000000',
) => {
  const answer = await lambda.service.answerImport({
    method: 'POST',
    path: '/_hearth/layers',
    listener: 'public',
    authenticate: async () => ({
      caller: { account },
      body: Buffer.from(JSON.stringify(body)),
      authorise: (permission) => authorised.push(permission),
    }),
    ...changes,
  });
  return answer && [answer.status, JSON.parse(Buffer.from(answer.body ?? '').toString()) as object];
};

test('a layer version is shown under the other ARN to everybody, and outlives its own name', async () => {
  const { LayerVersionArn: from, Version: VersionNumber } = await publish('one');
  expect(await ask({ from, as: AS })).toEqual([201, { layerVersionArn: AS, isReplaced: false }]);
  expect(authorised).toEqual([{ action: 'hearth:ImportLayer', resources: ['*'] }]);
  await lambda.call('DeleteLayerVersion', { LayerName: 'mine', VersionNumber });
  await lambda.stop();
  await lambda.start();
  expect(await lambda.call('GetLayerVersionByArn', { Arn: AS })).toMatchObject({
    LayerVersionArn: AS,
    Version: 41,
    CompatibleRuntimes: ['python3.12'],
  });
  const policy = await lambda.call<{ Policy: string }>('GetLayerVersionPolicy', {
    LayerName: AS.replace(/:41$/, ''),
    VersionNumber: 41,
  });
  expect(JSON.parse(policy.Policy)).toMatchObject({
    Statement: [{ Principal: '*', Action: 'lambda:GetLayerVersion', Resource: AS }],
  });
});

test('an import takes the place of an earlier one, whose code goes', async () => {
  const [one, two] = [await publish('one'), await publish('two')];
  await ask({ from: one.LayerVersionArn, as: AS });
  const find = (): Promise<{ Content: { CodeSha256: string } }> =>
    lambda.call('GetLayerVersionByArn', { Arn: AS });
  const earlier = { sha256: (await find()).Content.CodeSha256, sizeBytes: 1 };
  await lambda.call('DeleteLayerVersion', { LayerName: 'mine', VersionNumber: one.Version });
  expect(await ask({ from: two.LayerVersionArn, as: AS })).toEqual([
    201,
    { layerVersionArn: AS, isReplaced: true },
  ]);
  expect((await find()).Content.CodeSha256).not.toBe(earlier.sha256);
  await expect(lambda.code.zip(earlier)).rejects.toThrow('ENOENT');
});

test('an import can be taken back, and nothing else can be in this way', async () => {
  const { LayerVersionArn: from } = await publish('one');
  await ask({ from, as: AS });
  const removed = { method: 'DELETE' };
  expect(await ask({ arn: AS }, removed)).toEqual([200, { layerVersionArn: AS }]);
  expect(authorised.at(-1)).toEqual({ action: 'hearth:RemoveLayer', resources: ['*'] });
  for (const arn of [AS, from]) {
    await expect(ask({ arn }, removed)).rejects.toThrow(`Layer version ${arn} does not exist.`);
  }
  await expect(ask({ arn: 'x' }, removed)).rejects.toThrow('The body is {"arn"');
  await expect(ask({ from, as: AS }, removed)).rejects.toThrow('The body is {"arn"');
  expect(await lambda.call('GetLayerVersionByArn', { Arn: from })).toMatchObject({
    LayerVersionArn: from,
  });
});

describe('it is refused', () => {
  const failure = async (asked: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await asked.then(
      () => 'it succeeded',
      (reason: unknown) => reason,
    );
    return error instanceof AwsError ? `${error.code}: ${error.message}` : error;
  };

  test('from another account than the first', async () => {
    const { LayerVersionArn: from } = await publish('one');
    expect(await failure(ask({ from, as: AS }, {}, '111111111111'))).toBe(
      'AccessDeniedException: Layers are imported from account 000000000000, not from 111111111111.',
    );
  });

  test('of a layer version that is not there, or not the caller’s', async () => {
    const from = 'arn:aws:lambda:eu-west-1:000000000000:layer:absent:1';
    expect(await failure(ask({ from, as: AS }))).toBe(
      `ResourceNotFoundException: Layer version ${from} does not exist.`,
    );
    const { LayerVersionArn } = await publish('one');
    await ask({ from: LayerVersionArn, as: AS });
    expect(await failure(ask({ from: AS, as: AS.replace('Tools', 'Other') }))).toMatch(
      'ResourceNotFoundException',
    );
  });

  test.each([
    [{}],
    [{ from: AS }],
    [{ from: AS, as: AS, more: 1 }],
    [{ from: AS, as: 'arn:aws:lambda:eu-west-1:094274105915:layer:Tools' }],
    [{ from: AS, as: 'arn:aws:lambda:eu-west-1:094274105915:layer:Tools:0' }],
    [{ from: AS, as: 'arn:aws:lambda:eu-west-1:094274105915:layer:Tools:99999999999999999999' }],
    [{ from: AS, as: 41 }],
    [[AS, AS]],
  ])('for a body like %j', async (body) => {
    expect(await failure(ask(body))).toMatch(/^ValidationException: The body is /);
  });

  test('on any other path and listener, and by any other method', async () => {
    expect(await ask({}, { path: '/_hearth/health' })).toBeUndefined();
    expect(await ask({}, { listener: 'sandbox' })).toBeUndefined();
    expect(await ask({}, { method: 'GET' })).toEqual([405, { message: 'POST and DELETE only.' }]);
  });
});
