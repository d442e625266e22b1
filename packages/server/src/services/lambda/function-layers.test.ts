/** The layers of a function, with the situations that were recorded on AWS. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { failure } from './fixtures/failure.ts';
import { create, LayerUnderTest, zipWith } from './fixtures/layer-under-test.ts';
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

const update = async (changes: object): Promise<Record<string, unknown>> => {
  await lambda.settled();
  return await lambda.call('UpdateFunctionConfiguration', { FunctionName: 'f', ...changes });
};
const INVALID = 'InvalidParameterValueException';

describe('the layers of a function', () => {
  test('are shown, kept by an update that says nothing of them, and removed by an empty list', async () => {
    const { LayerVersionArn: Arn } = await layer.publish();
    const shown = { Layers: [{ Arn, CodeSize: zipWith('one').length }] };
    expect(await create(lambda, { Layers: [Arn] })).toMatchObject(shown);
    expect(await update({ Description: 'other' })).toMatchObject(shown);
    expect(await lambda.call('GetFunctionConfiguration', { FunctionName: 'f' })).toMatchObject(
      shown,
    );
    expect(await update({ Layers: [] })).not.toHaveProperty('Layers');
  });

  test('are part of a version, and another set is a change worth another version', async () => {
    const [one, two] = [await layer.publish('one'), await layer.publish('two')];
    const first = await create(lambda, { Layers: [one.LayerVersionArn], Publish: true });
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
    const { LayerVersionArn } = await layer.publish();
    await create(lambda);
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
    const { LayerVersionArn, Content } = await layer.publish('kept');
    const other = await layer.publish('other');
    const reference = { sha256: Content.CodeSha256, sizeBytes: 1 };
    const { Version } = await create(lambda, { Layers: [LayerVersionArn], Publish: true });
    await lambda.settled();
    await lambda.call('DeleteLayerVersion', layer.version());
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
    const { Content } = await layer.publish('both');
    await create(lambda, { Code: { ZipFile: zip } });
    await lambda.settled();
    await lambda.call('DeleteFunction', { FunctionName: 'f' });
    const stored = await lambda.code.zip({ sha256: Content.CodeSha256, sizeBytes: zip.length });
    expect(Buffer.from(stored)).toEqual(zip);
  });

  test.each([
    [
      'more than five',
      () => [1, 2, 3, 4, 5, 6].map((each) => `${layer.arn}:${each}`),
      () => 'Cannot reference more than 5 layers.',
    ],
    [
      'a version that is not there',
      () => [`${layer.arn}:9`],
      () => `Layer version ${layer.arn}:9 does not exist.`,
    ],
    [
      'a layer that is not there',
      () => ['arn:aws:lambda:eu-west-1:000000000000:layer:doesnotexist:1'],
      () =>
        'Layer version arn:aws:lambda:eu-west-1:000000000000:layer:doesnotexist:1 does not exist.',
    ],
    [
      'one of another region',
      () => [`${layer.arn}:1`.replace('eu-west-1', 'us-east-1')],
      () =>
        'Layers are not in the same region as the function. Layers are expected to be in region eu-west-1.',
    ],
    [
      'two versions of one layer',
      () => [`${layer.arn}:1`, `${layer.arn}:2`],
      () =>
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${layer.arn}:1 and ${layer.arn}:2 are versions of the same layer.`,
    ],
    [
      'one version twice',
      () => [`${layer.arn}:1`, `${layer.arn}:1`],
      () =>
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${layer.arn}:1 and ${layer.arn}:1 are versions of the same layer.`,
    ],
  ])('may not be %s', async (_what, arns, text) => {
    await layer.publish('one');
    await layer.publish('two');
    expect(await failure(create(lambda, { Layers: arns() }))).toEqual([400, INVALID, text()]);
    await create(lambda);
    expect(await failure(update({ Layers: arns() }))).toEqual([400, INVALID, text()]);
  });

  test('are named by ARNs with a version, as the API model says', async () => {
    const pattern = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`;
    expect(await failure(create(lambda, { Layers: [layer.arn] }))).toEqual([
      400,
      'ValidationException',
      `1 validation error detected: Value '[${layer.arn}]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${pattern}, Member must not be null]`,
    ]);
    expect(await failure(lambda.call('GetLayerVersionByArn', { Arn: layer.arn }))).toEqual([
      400,
      'ValidationException',
      `1 validation error detected: Value '${layer.arn}' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
    ]);
  });

  test('may unpack to 250 MB together with the code, and no more', async () => {
    const half = buildZip([{ name: 'half', data: Buffer.alloc(131_072_001), deflate: true }]);
    const { LayerVersionArn } = await layer.publish('', { Content: { ZipFile: half } });
    const tooMuch =
      'Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144002 bytes.';
    const asked = { Code: { ZipFile: half }, Layers: [LayerVersionArn] };
    expect(await failure(create(lambda, asked))).toEqual([400, INVALID, tooMuch]);
    await create(lambda, { Layers: [LayerVersionArn] });
    await lambda.settled();
    const code = { FunctionName: 'f', ZipFile: half };
    expect(await failure(lambda.call('UpdateFunctionCode', code))).toEqual([400, INVALID, tooMuch]);
    const other = await new LayerUnderTest(lambda).publish('', { Content: { ZipFile: half } });
    const both = { Layers: [LayerVersionArn, other.LayerVersionArn] };
    expect(await failure(update(both))).toEqual([
      400,
      INVALID,
      'Layers consume more than the available size of 262144000 bytes',
    ]);
  });
});
