/** Layer versions as the API shows them, with the situations that were recorded on AWS. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failure } from './fixtures/failure.ts';
import { LayerUnderTest, zipWith, type Published } from './fixtures/layer-under-test.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
let layer: LayerUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(() => {
  layer = new LayerUnderTest(lambda);
});
afterEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

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
    const first = await layer.publish('one', said);
    expect(first).toEqual({
      ...said,
      Content: {
        Location: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:4566\/_hearth\/code\/[0-9a-f]{64}\?/,
        ),
        CodeSha256: expect.stringMatching(/^[\w+/]{43}=$/),
        CodeSize: zipWith('one').length,
      },
      LayerArn: layer.arn,
      LayerVersionArn: `${layer.arn}:1`,
      Version: 1,
      CreatedDate: '2026-11-24T12:00:00.656+0000',
    });
    expect((await layer.publish('two')).Version).toBe(2);
    const link = (found: Published): Published => ({
      ...found,
      Content: { ...found.Content, Location: '' },
    });
    for (const found of [
      await lambda.call<Published>('GetLayerVersion', layer.version()),
      await lambda.call<Published>('GetLayerVersion', layer.version(1, layer.arn)),
      await lambda.call<Published>('GetLayerVersionByArn', { Arn: `${layer.arn}:1` }),
    ]) {
      expect(link(found)).toEqual(link(first));
    }
  });

  test('show an empty description and no lists where nothing was said', async () => {
    expect(Object.keys(await layer.publish()).toSorted()).toEqual([
      'Content',
      'CreatedDate',
      'Description',
      'LayerArn',
      'LayerVersionArn',
      'Version',
    ]);
  });

  test('hand out the same bytes', async () => {
    const { Location } = (await layer.publish('mine')).Content;
    const { pathname, search } = new URL(Location);
    const answer = await lambda.service.answerOwnPath({
      method: 'GET',
      path: pathname,
      query: search.slice(1),
    });
    expect(answer?.body).toEqual(zipWith('mine'));
  });

  test('get numbers that never return, also when the newest is deleted and after a restart', async () => {
    await layer.publish('one');
    await layer.publish('two');
    await lambda.call('DeleteLayerVersion', layer.version(2));
    await lambda.call('DeleteLayerVersion', layer.version(2));
    expect((await layer.publish('three')).Version).toBe(3);
    await lambda.call('DeleteLayerVersion', layer.version(3));
    await lambda.call('DeleteLayerVersion', layer.version(1));
    await lambda.stop();
    await lambda.start();
    expect((await layer.publish('four')).Version).toBe(4);
    expect(await lambda.call('ListLayerVersions', { LayerName: layer.name })).toMatchObject({
      LayerVersions: [{ Version: 4 }],
    });
  });

  test('published at the same time get different numbers', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((data) => layer.publish(data)));
    expect(new Set(all.map(({ Version }) => Version))).toEqual(new Set([1, 2, 3, 4]));
  });

  test('are listed newest first, by runtime and architecture, and layers by their newest match', async () => {
    await layer.publish('one', { CompatibleRuntimes: ['python3.12'] });
    await layer.publish('two', {
      CompatibleRuntimes: ['nodejs22.x'],
      CompatibleArchitectures: ['arm64'],
    });
    await layer.publish('three');
    const numbers = async (filter: object): Promise<unknown> => {
      const { LayerVersions } = await lambda.call<{ LayerVersions: { Version: number }[] }>(
        'ListLayerVersions',
        { LayerName: layer.name, ...filter },
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
          LayerName: layer.name,
          LayerArn: layer.arn,
          LatestMatchingVersion: {
            LayerVersionArn: `${layer.arn}:2`,
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
    for (const data of ['one', 'two', 'three']) await layer.publish(data);
    const page = (Marker?: string): Promise<{ LayerVersions: object[]; NextMarker?: string }> =>
      lambda.call('ListLayerVersions', { LayerName: layer.name, MaxItems: 2, Marker });
    const { LayerVersions, NextMarker } = await page();
    expect(LayerVersions).toMatchObject([{ Version: 3 }, { Version: 2 }]);
    const rest = await page(NextMarker);
    expect(rest).toEqual({ LayerVersions: [expect.objectContaining({ Version: 1 })] });
  });

  test.each([
    [
      'GetLayerVersion',
      () => layer.version(2),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
    [
      'GetLayerVersion',
      () => layer.version(1, 'missing'),
      404,
      NOT_FOUND,
      'The resource you requested does not exist.',
    ],
    [
      'GetLayerVersion',
      () => layer.version(-1),
      400,
      INVALID,
      'Layer Version Cannot be less than 1',
    ],
    [
      'GetLayerVersion',
      () => layer.version(0),
      400,
      INVALID,
      'Layer Version Cannot be less than 1',
    ],
    [
      'DeleteLayerVersion',
      () => layer.version(-1),
      400,
      INVALID,
      'Layer Version Cannot be less than 1',
    ],
    [
      'GetLayerVersionByArn',
      () => ({ Arn: `${layer.arn}:7` }),
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
    await layer.publish();
    expect(await failure(lambda.call(operation, input()))).toEqual(refused);
  });

  test('what is no zip is refused and kept nowhere', async () => {
    const asked = { Content: { ZipFile: Buffer.from('no zip') } };
    expect(await failure(layer.publish('', asked))).toEqual([
      400,
      INVALID,
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    ]);
    expect(await lambda.call('ListLayers', {})).not.toMatchObject({
      Layers: expect.arrayContaining([expect.objectContaining({ LayerName: layer.name })]),
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
    await layer.publish('more');
    expect((await size()) - before).toBe(zipWith('more').length);
  });
});
