/** Layers as the API shows them, with the situations that were recorded on AWS. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { context, ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
let counter = 0;
/** Another name for each test, so that its versions begin at 1. */
let layer = '';
let layerArn = '';
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(() => {
  layer = `l${(counter += 1)}`;
  layerArn = `arn:aws:lambda:eu-west-1:000000000000:layer:${layer}`;
});
afterEach(() => lambda.forget());
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});

interface Published {
  readonly LayerVersionArn: string;
  readonly Version: number;
  readonly Content: { readonly Location: string; readonly CodeSha256: string };
}
const zipWith = (data: string): Buffer => buildZip([{ name: 'python/lib.py', data }]);
const publish = (data = 'one', changes: object = {}): Promise<Published> =>
  lambda.call('PublishLayerVersion', {
    LayerName: layer,
    Content: { ZipFile: zipWith(data) },
    ...changes,
  });
const create = (changes: object = {}): Promise<Record<string, unknown>> =>
  lambda.call('CreateFunction', {
    FunctionName: 'f',
    Runtime: 'nodejs22.x',
    Role: ROLE,
    Handler: 'index.handler',
    Code: { ZipFile: buildZip([{ name: 'index.js' }]) },
    ...changes,
  });
const update = async (changes: object): Promise<Record<string, unknown>> => {
  await lambda.settled();
  return await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', ...changes });
};
const version = (VersionNumber = 1, LayerName = layer): object => ({ LayerName, VersionNumber });
const failure = async (call: Promise<unknown>): Promise<readonly unknown[]> => {
  const error: unknown = await call.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  return error instanceof AwsError ? [error.status, error.code, error.message] : [error];
};
type Refusal = readonly [
  operation: string,
  input: () => object,
  status: number,
  code: string,
  text: () => string,
];
const INVALID = 'InvalidParameterValueException';
const NOT_FOUND = 'ResourceNotFoundException';

describe('layer versions', () => {
  test('are published with everything that was said of them, under growing numbers', async () => {
    const said = {
      Description: 'tools',
      CompatibleRuntimes: ['python3.12', 'nodejs22.x'],
      CompatibleArchitectures: ['x86_64'],
      LicenseInfo: 'MIT',
    };
    const first = await publish('one', said);
    expect(first).toEqual({
      ...said,
      Content: {
        Location: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:4566\/_hearth\/code\/[0-9a-f]{64}\?/,
        ),
        CodeSha256: expect.stringMatching(/^[\w+/]{43}=$/),
        CodeSize: zipWith('one').length,
      },
      LayerArn: layerArn,
      LayerVersionArn: `${layerArn}:1`,
      Version: 1,
      CreatedDate: '2026-11-24T12:00:00.656+0000',
    });
    expect((await publish('two')).Version).toBe(2);
    const link = (found: Published): Published => ({
      ...found,
      Content: { ...found.Content, Location: '' },
    });
    for (const found of [
      await lambda.call<Published>('GetLayerVersion', version()),
      await lambda.call<Published>('GetLayerVersion', version(1, layerArn)),
      await lambda.call<Published>('GetLayerVersionByArn', { Arn: `${layerArn}:1` }),
    ]) {
      expect(link(found)).toEqual(link(first));
    }
  });

  test('show an empty description and no lists where nothing was said', async () => {
    expect(Object.keys(await publish()).toSorted()).toEqual([
      'Content',
      'CreatedDate',
      'Description',
      'LayerArn',
      'LayerVersionArn',
      'Version',
    ]);
  });

  test('hand out the same bytes', async () => {
    const { Location } = (await publish('mine')).Content;
    const { pathname, search } = new URL(Location);
    const answer = await lambda.service.answerOwnPath({
      method: 'GET',
      path: pathname,
      query: search.slice(1),
    });
    expect(answer?.body).toEqual(zipWith('mine'));
  });

  test('get numbers that never return, also when the newest is deleted and after a restart', async () => {
    await publish('one');
    await publish('two');
    await lambda.call('DeleteLayerVersion', version(2));
    await lambda.call('DeleteLayerVersion', version(2));
    expect((await publish('three')).Version).toBe(3);
    await lambda.call('DeleteLayerVersion', version(3));
    await lambda.call('DeleteLayerVersion', version(1));
    await lambda.stop();
    await lambda.start();
    expect((await publish('four')).Version).toBe(4);
    expect(await lambda.call('ListLayerVersions', { LayerName: layer })).toMatchObject({
      LayerVersions: [{ Version: 4 }],
    });
  });

  test('published at the same time get different numbers', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((data) => publish(data)));
    expect(new Set(all.map(({ Version }) => Version))).toEqual(new Set([1, 2, 3, 4]));
  });

  test('are listed newest first, by runtime and architecture, and layers by their newest match', async () => {
    await publish('one', { CompatibleRuntimes: ['python3.12'] });
    await publish('two', {
      CompatibleRuntimes: ['nodejs22.x'],
      CompatibleArchitectures: ['arm64'],
    });
    await publish('three');
    const numbers = async (filter: object): Promise<unknown> => {
      const { LayerVersions } = await lambda.call<{ LayerVersions: { Version: number }[] }>(
        'ListLayerVersions',
        { LayerName: layer, ...filter },
      );
      return LayerVersions.map(({ Version }) => Version);
    };
    expect(await numbers({})).toEqual([3, 2, 1]);
    expect(await numbers({ CompatibleRuntime: 'python3.12' })).toEqual([1]);
    expect(await numbers({ CompatibleArchitecture: 'arm64' })).toEqual([2]);
    expect(await numbers({ CompatibleArchitecture: 'x86_64' })).toEqual([]);
    expect(await lambda.call('ListLayers', { CompatibleRuntime: 'nodejs22.x' })).toEqual({
      Layers: [
        {
          LayerName: layer,
          LayerArn: layerArn,
          LatestMatchingVersion: {
            LayerVersionArn: `${layerArn}:2`,
            Version: 2,
            Description: '',
            CreatedDate: '2026-11-24T12:00:00.656+0000',
            CompatibleRuntimes: ['nodejs22.x'],
            CompatibleArchitectures: ['arm64'],
          },
        },
      ],
    });
  });

  test('are listed in pages', async () => {
    for (const data of ['one', 'two', 'three']) await publish(data);
    const page = (Marker?: string): Promise<{ LayerVersions: object[]; NextMarker?: string }> =>
      lambda.call('ListLayerVersions', { LayerName: layer, MaxItems: 2, Marker });
    const { LayerVersions, NextMarker } = await page();
    expect(LayerVersions).toMatchObject([{ Version: 3 }, { Version: 2 }]);
    const rest = await page(NextMarker);
    expect(rest).toEqual({ LayerVersions: [expect.objectContaining({ Version: 1 })] });
  });

  test.each([
    [
      'GetLayerVersion',
      () => version(2),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
    [
      'GetLayerVersion',
      () => version(1, 'missing'),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
    ['GetLayerVersion', () => version(-1), 400, INVALID, 'Layer Version Cannot be less than 1'],
    ['GetLayerVersion', () => version(0), 400, INVALID, 'Layer Version Cannot be less than 1'],
    ['DeleteLayerVersion', () => version(-1), 400, INVALID, 'Layer Version Cannot be less than 1'],
    [
      'GetLayerVersionByArn',
      () => ({ Arn: `${layerArn}:7` }),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
    [
      'GetLayerVersionByArn',
      () => ({ Arn: 'arn:aws:lambda:::awslayer:AmazonLinux1803' }),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
  ] as const)('%s refuses, case %$', async (operation, input, ...refused) => {
    await publish();
    expect(await failure(lambda.call(operation, input()))).toEqual(refused);
  });

  test('what is no zip is refused and kept nowhere', async () => {
    const asked = { Content: { ZipFile: Buffer.from('no zip') } };
    expect(await failure(publish('', asked))).toEqual([
      400,
      INVALID,
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    ]);
    expect(await lambda.call('ListLayers', {})).not.toMatchObject({
      Layers: expect.arrayContaining([expect.objectContaining({ LayerName: layer })]),
    });
  });

  test('count towards the code of the account', async () => {
    const size = async (): Promise<number> => {
      const { AccountUsage: usage } = await lambda.call<{
        AccountUsage: { TotalCodeSize: number };
      }>('GetAccountSettings', {});
      return usage.TotalCodeSize;
    };
    const before = await size();
    await publish('more');
    expect((await size()) - before).toBe(zipWith('more').length);
  });
});

describe('the layers of a function', () => {
  test('are shown, kept by an update that says nothing of them, and removed by an empty list', async () => {
    const { LayerVersionArn: Arn } = await publish();
    const shown = { Layers: [{ Arn, CodeSize: zipWith('one').length }] };
    expect(await create({ Layers: [Arn] })).toMatchObject(shown);
    expect(await update({ Description: 'other' })).toMatchObject(shown);
    expect(await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' })).toMatchObject(
      shown,
    );
    expect(await update({ Layers: [] })).not.toHaveProperty('Layers');
  });

  test('are part of a version, and another set is a change worth another version', async () => {
    const [one, two] = [await publish('one'), await publish('two')];
    const first = await create({ Layers: [one.LayerVersionArn], Publish: true });
    await update({ Layers: [two.LayerVersionArn] });
    await lambda.settled();
    expect(await lambda.call('PublishVersion', { FunctionName: 'f' })).toMatchObject({
      Version: String(Number(first['Version']) + 1),
      Layers: [{ Arn: two.LayerVersionArn }],
    });
    expect(
      await lambda.call('GetFunctionConfiguration', {
        FunctionName: 'f',
        Qualifier: first['Version'],
      }),
    ).toMatchObject({ Layers: [{ Arn: one.LayerVersionArn }] });
  });

  test('change what runs, so that environments of the old set end', async () => {
    const { LayerVersionArn } = await publish();
    await create();
    await lambda.settled();
    const invoke = async (): Promise<string | undefined> => {
      await lambda.call('Invoke', { FunctionName: 'f', Payload: Buffer.from('{}') });
      return lambda.invocations.at(-1)?.version.incarnation;
    };
    const before = await invoke();
    await update({ Layers: [LayerVersionArn] });
    await lambda.settled();
    const after = await invoke();
    expect(after).not.toBe(before);
    expect(lambda.invocations.at(-1)?.version.layers).toMatchObject([{ arn: LayerVersionArn }]);
    expect(lambda.retired.at(-1)?.[1]).toBe(after);
  });

  test('stay when the layer version is deleted, and their bytes until no version has them', async () => {
    const { LayerVersionArn, Content } = await publish('kept');
    const other = await publish('other');
    const reference = { sha256: Content.CodeSha256, sizeBytes: 1 };
    const { Version } = await create({ Layers: [LayerVersionArn], Publish: true });
    await lambda.settled();
    await lambda.call('DeleteLayerVersion', version());
    expect((await lambda.code.zip(reference)).length).toBeGreaterThan(0);
    await update({ Layers: [] });
    await lambda.settled();
    expect((await lambda.code.zip(reference)).length).toBeGreaterThan(0);
    await lambda.call('DeleteFunction', { FunctionName: 'f', Qualifier: Version });
    await expect(lambda.code.zip(reference)).rejects.toThrow('ENOENT');
    expect(other.Version).toBe(2);
    expect(await failure(update({ Layers: [LayerVersionArn] }))).toEqual([
      400,
      INVALID,
      `Layer version ${LayerVersionArn} does not exist.`,
    ]);
  });

  test('keep the code of a layer that is a function too when the function goes', async () => {
    const zip = zipWith('both');
    const { Content } = await publish('both');
    await create({ Code: { ZipFile: zip } });
    await lambda.settled();
    await lambda.call('DeleteFunction', { FunctionName: 'f' });
    const stored = await lambda.code.zip({ sha256: Content.CodeSha256, sizeBytes: zip.length });
    expect(Buffer.from(stored)).toEqual(zip);
  });

  test.each([
    [
      'more than five',
      () => [1, 2, 3, 4, 5, 6].map((each) => `${layerArn}:${each}`),
      () => 'Cannot reference more than 5 layers.',
    ],
    [
      'a version that is not there',
      () => [`${layerArn}:9`],
      () => `Layer version ${layerArn}:9 does not exist.`,
    ],
    [
      'a layer that is not there',
      () => ['arn:aws:lambda:eu-west-1:000000000000:layer:doesnotexist:1'],
      () =>
        'Layer version arn:aws:lambda:eu-west-1:000000000000:layer:doesnotexist:1 does not exist.',
    ],
    [
      'one of another region',
      () => [`${layerArn}:1`.replace('eu-west-1', 'us-east-1')],
      () =>
        'Layers are not in the same region as the function. Layers are expected to be in region eu-west-1.',
    ],
    [
      'two versions of one layer',
      () => [`${layerArn}:1`, `${layerArn}:2`],
      () =>
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${layerArn}:1 and ${layerArn}:2 are versions of the same layer.`,
    ],
    [
      'one version twice',
      () => [`${layerArn}:1`, `${layerArn}:1`],
      () =>
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${layerArn}:1 and ${layerArn}:1 are versions of the same layer.`,
    ],
  ])('may not be %s', async (_what, arns, text) => {
    await publish('one');
    await publish('two');
    expect(await failure(create({ Layers: arns() }))).toEqual([400, INVALID, text()]);
    await create();
    expect(await failure(update({ Layers: arns() }))).toEqual([400, INVALID, text()]);
  });

  test('are named by ARNs with a version, as the API model says', async () => {
    const pattern = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`;
    expect(await failure(create({ Layers: [layerArn] }))).toEqual([
      400,
      'ValidationException',
      `1 validation error detected: Value '[${layerArn}]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${pattern}, Member must not be null]`,
    ]);
    expect(await failure(lambda.call('GetLayerVersionByArn', { Arn: layerArn }))).toEqual([
      400,
      'ValidationException',
      `1 validation error detected: Value '${layerArn}' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
    ]);
  });

  test('may unpack to 250 MB together with the code, and no more', async () => {
    const half = buildZip([{ name: 'half', data: Buffer.alloc(131_072_001), deflate: true }]);
    const { LayerVersionArn } = await publish('', { Content: { ZipFile: half } });
    const tooMuch =
      'Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144002 bytes.';
    const asked = { Code: { ZipFile: half }, Layers: [LayerVersionArn] };
    expect(await failure(create(asked))).toEqual([400, INVALID, tooMuch]);
    await create({ Layers: [LayerVersionArn] });
    await lambda.settled();
    const code = { FunctionName: 'f', ZipFile: half };
    expect(await failure(lambda.call('UpdateFunctionCode', code))).toEqual([400, INVALID, tooMuch]);
    layer = `${layer}-other`;
    const other = await publish('', { Content: { ZipFile: half } });
    const both = { Layers: [LayerVersionArn, other.LayerVersionArn] };
    expect(await failure(update(both))).toEqual([
      400,
      INVALID,
      'Layers consume more than the available size of 262144000 bytes',
    ]);
  });
});

describe('permissions', () => {
  const permissionsOf = (name: string, input: object): readonly object[] => {
    const operation: Pick<Operation<object>, 'permissions'> | undefined =
      lambda.service.operations.get(name);
    return operation?.permissions(input, context) ?? [];
  };

  test('whoever gives a layer to a function must be allowed to read it, by its policy too', async () => {
    const { LayerVersionArn: arn } = await publish();
    await lambda.call('AddLayerVersionPermission', permission());
    const input = { FunctionName: 'f', Layers: [arn] };
    for (const operation of ['CreateFunction', 'UpdateFunctionConfiguration']) {
      const asked = permissionsOf(operation, input);
      expect(asked[0]).toMatchObject({ conditions: { 'lambda:Layer': [arn] } });
      expect(asked.at(-1)).toMatchObject({
        action: 'lambda:GetLayerVersion',
        resources: [arn],
        resourcePolicy: { Statement: [{ Sid: 's1' }] },
      });
    }
  });

  test('each operation names what it acts on', () => {
    expect(permissionsOf('ListLayers', {})).toEqual([
      { action: 'lambda:ListLayers', resources: ['*'] },
    ]);
    for (const operation of ['PublishLayerVersion', 'ListLayerVersions']) {
      expect(permissionsOf(operation, { LayerName: layer })).toEqual([
        { action: `lambda:${operation}`, resources: [layerArn] },
      ]);
    }
    expect(permissionsOf('GetLayerVersionByArn', { Arn: `${layerArn}:3` })).toEqual([
      { action: 'lambda:GetLayerVersion', resources: [`${layerArn}:3`] },
    ]);
    for (const operation of ['GetLayerVersion', 'DeleteLayerVersion', 'GetLayerVersionPolicy']) {
      expect(permissionsOf(operation, version(3))).toEqual([
        { action: `lambda:${operation}`, resources: [`${layerArn}:3`] },
      ]);
    }
  });

  const permission = (changes: object = {}): object => ({
    ...version(),
    StatementId: 's1',
    Action: 'lambda:GetLayerVersion',
    Principal: '*',
    ...changes,
  });
  const add = (changes: object = {}): Promise<{ Statement: string; RevisionId: string }> =>
    lambda.call('AddLayerVersionPermission', permission(changes));
  const policy = (): Promise<{ Policy: string; RevisionId: string }> =>
    lambda.call('GetLayerVersionPolicy', version());

  test('make a policy whose revision changes with it, and which goes with its last statement', async () => {
    await publish();
    const everybody = await add({ OrganizationId: 'o-1234567890' });
    const statement = {
      Sid: 's1',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:GetLayerVersion',
      Resource: `${layerArn}:1`,
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } },
    };
    expect(JSON.parse(everybody.Statement)).toEqual(statement);
    const account = await add({
      StatementId: 's2',
      Principal: '111111111111',
      RevisionId: everybody.RevisionId,
    });
    expect(account.RevisionId).not.toBe(everybody.RevisionId);
    const found = await policy();
    expect(found.RevisionId).toBe(account.RevisionId);
    expect(JSON.parse(found.Policy)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        statement,
        expect.objectContaining({
          Sid: 's2',
          Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        }),
      ],
    });
    for (const StatementId of ['s1', 's2']) {
      await lambda.call('RemoveLayerVersionPermission', { ...version(), StatementId });
    }
    expect(await failure(policy())).toEqual([
      404,
      NOT_FOUND,
      'No policy is associated with the given resource.',
    ]);
  });

  const STALE =
    'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id';
  test.each<Refusal>([
    [
      'AddLayerVersionPermission',
      () => permission(),
      409,
      'ResourceConflictException',
      () =>
        'The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.',
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ LayerName: `${layer}-doesnotexist` }),
      404,
      NOT_FOUND,
      () => `Layer version ${layerArn}-doesnotexist:1 does not exist.`,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ VersionNumber: 2 }),
      404,
      NOT_FOUND,
      () => `Layer version ${layerArn}:2 does not exist.`,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ StatementId: 's2', RevisionId: 'wrong' }),
      412,
      'PreconditionFailedException',
      () => STALE,
    ],
    [
      'AddLayerVersionPermission',
      () => permission({ Action: '*' }),
      400,
      'ValidationException',
      () =>
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...version(), StatementId: 'doesnotexist' }),
      404,
      NOT_FOUND,
      () => 'Statement doesnotexist is not found in resource policy.',
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...version(), StatementId: 's1', RevisionId: 'wrong' }),
      412,
      'PreconditionFailedException',
      () => STALE,
    ],
    [
      'RemoveLayerVersionPermission',
      () => ({ ...version(2), StatementId: 's1' }),
      404,
      NOT_FOUND,
      () => `Layer version ${layerArn}:2 does not exist.`,
    ],
    [
      'GetLayerVersionPolicy',
      () => version(2),
      404,
      NOT_FOUND,
      () => `Layer version ${layerArn}:2 does not exist.`,
    ],
  ])('%s refuses, case %$', async (operation, input, status, code, text) => {
    await publish();
    await add();
    expect(await failure(lambda.call(operation, input()))).toEqual([status, code, text()]);
    expect(JSON.parse((await policy()).Policy)).toMatchObject({ Statement: [{ Sid: 's1' }] });
  });
});

describe('code from S3', () => {
  const asked = { S3Bucket: 'bucket', S3Key: 'code.zip', S3ObjectVersion: 'v7' };
  const content = { Content: asked };

  /** As S3 answers; `given` is told when its bytes are given up unread. */
  const body = (bytes: Uint8Array, size = bytes.length, given = { isUp: false }): object => ({
    size,
    [Symbol.asyncIterator]: async function* () {
      yield bytes.subarray(0, 9);
      yield bytes.subarray(9);
    },
    cancel: async () => {
      given.isUp = true;
    },
  });

  test('is read in the name of the caller', async () => {
    const calls: unknown[] = [];
    lambda.callAs = async (caller, service, operation, input) => {
      calls.push([caller.principal, service, operation, input]);
      return { Body: body(zipWith('from s3')) };
    };
    const object = { Bucket: 'bucket', Key: 'code.zip', VersionId: 'v7' };
    const { Content } = await publish('', content);
    expect(await create({ Code: asked })).toMatchObject({ CodeSha256: Content.CodeSha256 });
    const call = [context.principal, 's3', 'GetObject', object];
    expect(calls).toEqual([call, call]);
  });

  test('may be larger than what a request may bring, but not than what it may unpack to', async () => {
    // Stored, not deflated, so that the zip is as large as its file.
    const large = buildZip([{ name: 'large', data: Buffer.alloc(52_428_801) }]);
    const refused = create({ Code: { ZipFile: large } });
    expect((await failure(refused)).slice(0, 2)).toEqual([413, 'RequestEntityTooLargeException']);
    lambda.callAs = async () => ({ Body: body(large) });
    expect(await create({ Code: asked })).toMatchObject({ CodeSize: large.length });
    const given = { isUp: false };
    lambda.callAs = async () => ({ Body: body(large, 262_144_001, given) });
    expect(await failure(publish('', content))).toEqual([
      400,
      INVALID,
      'Unzipped size must be smaller than 262144000 bytes',
    ]);
    expect(given.isUp).toBe(true);
  });

  test.each([
    ['NoSuchKey', 404, 'The specified key does not exist.'],
    ['NoSuchBucket', 404, 'The specified bucket does not exist'],
  ])('that is not there is refused in the words of AWS: %s', async (code, status, message) => {
    lambda.callAs = () => Promise.reject(new AwsError(code, status, message));
    const told = `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`;
    expect(await failure(create({ Code: asked }))).toEqual([400, INVALID, told]);
    await create();
    await lambda.settled();
    const updated = lambda.call('UpdateFunctionCode', { FunctionName: 'f', ...asked });
    expect(await failure(updated)).toEqual([400, INVALID, told]);
    expect(await failure(publish('', content))).toEqual([400, INVALID, told]);
  });

  test('that the caller may not read is refused by S3', async () => {
    lambda.callAs = () => Promise.reject(new AwsError('AccessDenied', 403, 'Access Denied'));
    expect(await failure(create({ Code: asked }))).toEqual([
      403,
      'AccessDeniedException',
      'Your access has been denied by S3, please make sure your request credentials have permission to GetObject for bucket/code.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied',
    ]);
  });

  test('cannot come together with a zip, by half an address, or stay in S3', async () => {
    const zip = { ZipFile: zipWith('x') };
    expect(await failure(create({ Code: { ...asked, ...zip } }))).toEqual([
      400,
      INVALID,
      'Please do not provide other FunctionCode parameters when providing a ZipFile.',
    ]);
    expect(await failure(create({ Code: { S3Bucket: 'bucket' } }))).toEqual([
      400,
      INVALID,
      'Please provide a source for function code.',
    ]);
    const stays = { ...asked, S3ObjectStorageMode: 'REFERENCE' };
    expect((await failure(create({ Code: stays })))[1]).toBe('NotImplementedException');
  });
});
