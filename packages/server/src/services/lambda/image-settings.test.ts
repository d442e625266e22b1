import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildZip } from '../../code/fixtures/build-zip.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { ImageProblem } from './images/image-problem.ts';
import { ROLE, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const REPOSITORY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/pays';
const TAGGED = `${REPOSITORY}:latest`;
const DIGEST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const ImageConfig = { EntryPoint: ['sh'], Command: ['-c', 'echo'], WorkingDirectory: '/app' };
const ACTIVE = { State: 'Active', LastUpdateStatus: 'Successful' };
const digestOf = (uri: string): string => hash('sha256', uri);
const zip = buildZip([{ name: 'index.js' }]);
const zipped = functionRequest();

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

const create = (changes: object = {}): Promise<object> =>
  lambda.call('CreateFunction', {
    FunctionName: 'f',
    Role: ROLE,
    PackageType: 'Image',
    Code: { ImageUri: TAGGED },
    ...changes,
  });
const change = async (operation: string, changes: object): Promise<object> => {
  await lambda.settled();
  return await lambda.call(operation, { FunctionName: 'f', ...changes });
};
const get = async (): Promise<{ readonly Code: object; readonly Configuration: object }> => {
  await lambda.settled();
  return await lambda.call('GetFunction', { FunctionName: 'f' });
};

test('an image is kept and shown with its configuration and its digest, after a restart too', async () => {
  const created = await create({ ImageConfig });
  const CodeSha256 = digestOf(TAGGED);
  const shown = {
    PackageType: 'Image',
    CodeSize: 0,
    CodeSha256,
    ImageConfigResponse: { ImageConfig },
  };
  expect(created).toMatchObject({ ...shown, State: 'Pending', StateReasonCode: 'Creating' });
  for (const absent of ['Runtime', 'Handler', 'Layers', 'RuntimeVersionConfig']) {
    expect(created).not.toHaveProperty(absent);
  }
  await expect(get()).resolves.toMatchObject({
    Configuration: { ...shown, ...ACTIVE },
    Code: {
      RepositoryType: 'ECR',
      ImageUri: TAGGED,
      ResolvedImageUri: `${REPOSITORY}@sha256:${CodeSha256}`,
    },
  });
  await lambda.stop();
  await lambda.start();
  await expect(get()).resolves.toMatchObject({ Configuration: { ...shown, ...ACTIVE } });
  expect(lambda.expected).toEqual([]);
});

test('a digest in the address is the hash of the code', async () => {
  await create({ Code: { ImageUri: `${TAGGED}@sha256:${DIGEST}` } });
  await expect(get()).resolves.toMatchObject({
    Configuration: { CodeSha256: DIGEST },
    Code: {
      ImageUri: `${TAGGED}@sha256:${DIGEST}`,
      ResolvedImageUri: `${REPOSITORY}@sha256:${DIGEST}`,
    },
  });
});

test('updates change the image and replace its configuration as a whole', async () => {
  await create({ ImageConfig });
  const other = `${REPOSITORY}@sha256:${DIGEST}`;
  await change('UpdateFunctionCode', { ImageUri: other });
  await expect(get()).resolves.toMatchObject({
    Code: { ImageUri: other },
    Configuration: { ImageConfigResponse: { ImageConfig } },
  });
  const command = { Command: ['other'] };
  await expect(
    change('UpdateFunctionConfiguration', { ImageConfig: command }),
  ).resolves.toHaveProperty('ImageConfigResponse', { ImageConfig: command });
  await expect(change('UpdateFunctionConfiguration', { Timeout: 9 })).resolves.toMatchObject({
    Timeout: 9,
    ImageConfigResponse: { ImageConfig: command },
  });
  await expect(
    change('UpdateFunctionConfiguration', { ImageConfig: {} }),
  ).resolves.not.toHaveProperty('ImageConfigResponse');
  await expect(get()).resolves.toMatchObject({ Code: { ImageUri: other } });
});

test('a dry run of a code update changes nothing', async () => {
  await create();
  await change('UpdateFunctionCode', { ImageUri: `${REPOSITORY}:other`, DryRun: true });
  await expect(get()).resolves.toMatchObject({ Code: { ImageUri: TAGGED } });
});

test('a published version keeps its image, and can have environments in reserve', async () => {
  const { Version: first } = (await create({ Publish: true })) as { readonly Version: string };
  const next = `${REPOSITORY}:next`;
  const { Version: second } = (await change('UpdateFunctionCode', {
    ImageUri: next,
    Publish: true,
  })) as { readonly Version: string };
  for (const [Qualifier, ImageUri] of [
    [first, TAGGED],
    [second, next],
  ]) {
    await expect(change('GetFunction', { Qualifier })).resolves.toMatchObject({
      Configuration: { Version: Qualifier, ...ACTIVE },
      Code: { ImageUri, ResolvedImageUri: `${REPOSITORY}@sha256:${digestOf(ImageUri ?? '')}` },
    });
  }
  const wanted = { Qualifier: first, ProvisionedConcurrentExecutions: 1 };
  await change('PutProvisionedConcurrencyConfig', wanted);
  expect(lambda.provisioned.get(`f:${first}`)).toBe(1);
});

test('an invocation runs the image that the tag stood for when the function got it', async () => {
  await create({ ImageConfig });
  await lambda.settled();
  await lambda.call('Invoke', { FunctionName: 'f' });
  expect(lambda.invocations[0]?.version).toMatchObject({
    runtime: '',
    handler: '',
    image: {
      digest: `sha256:${digestOf(TAGGED)}`,
      config: { entryPoint: ['sh'], command: ['-c', 'echo'], workingDirectory: '/app' },
    },
  });
});

test('an image that cannot be had makes the function Failed, and a later one helps', async () => {
  lambda.images = {
    ...lambda.images,
    prepare: () => Promise.reject(new ImageProblem('ImageDeleted', 'It is gone.')),
  };
  await create();
  await expect(get()).resolves.toMatchObject({
    Configuration: { State: 'Failed', StateReasonCode: 'ImageDeleted', StateReason: 'It is gone.' },
  });
  await expect(lambda.call('Invoke', { FunctionName: 'f' })).rejects.toMatchObject({
    code: 'ResourceConflictException',
  });
  lambda.images = { ...lambda.images, prepare: async () => {} };
  await change('UpdateFunctionCode', { ImageUri: `${REPOSITORY}:other` });
  await expect(get()).resolves.toMatchObject({ Configuration: ACTIVE });
});

test('an image that no function has any more is given up, and what a version has is not', async () => {
  await create({ Publish: true });
  const [next, last] = [`${REPOSITORY}:next`, `${REPOSITORY}:last`];
  await change('UpdateFunctionCode', { ImageUri: next });
  await change('UpdateFunctionCode', { ImageUri: last });
  await lambda.settled();
  expect(new Set(lambda.removedImages)).toEqual(new Set([`sha256:${digestOf(next)}`]));
  await change('DeleteFunction', {});
  expect(new Set(lambda.removedImages)).toEqual(
    new Set([TAGGED, next, last].map((uri) => `sha256:${digestOf(uri)}`)),
  );
});

test('PublishVersion compares the digest', async () => {
  await create();
  await expect(change('PublishVersion', { CodeSha256: 'other' })).rejects.toThrow(
    `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${digestOf(TAGGED)}).`,
  );
  await expect(change('PublishVersion', { CodeSha256: digestOf(TAGGED) })).resolves.toMatchObject({
    PackageType: 'Image',
  });
});

test.each([
  [
    'CreateFunction',
    { Handler: 'index.handler' },
    "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
  ],
  [
    'CreateFunction',
    { Runtime: 'nodejs22.x' },
    "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
  ],
  [
    'CreateFunction',
    { Layers: ['arn:aws:lambda:eu-west-1:000000000000:layer:l:1'] },
    'Lambda layers are not supported for functions created with container images.',
  ],
  [
    'CreateFunction',
    { Code: {} },
    'Please provide ImageUri when creating a function with packageType Image.',
  ],
  [
    'CreateFunction',
    { Code: { ImageUri: TAGGED, ZipFile: zip } },
    'Please do not provide other FunctionCode parameters when providing an ImageUri.',
  ],
  ...[
    REPOSITORY,
    'nginx:latest',
    `https://${TAGGED}`,
    `${REPOSITORY}@sha256:12`,
    `${REPOSITORY}:a b`,
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/Upper:1',
  ].map((ImageUri): [string, object, string] => [
    'CreateFunction',
    { Code: { ImageUri } },
    `Source image ${ImageUri} is not valid. Provide a valid source image.`,
  ]),
  [
    'CreateFunction',
    {
      CodeSigningConfigArn:
        'arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-12345678901234567',
    },
    'Code signing is not supported for functions with packageType Image.',
  ],
] as [string, object, string][])('%s with %o is refused', async (_, changes, text) => {
  await expect(create(changes)).rejects.toMatchObject({
    code: 'InvalidParameterValueException',
    status: 400,
    message: text,
  });
  await expect(lambda.call('ListFunctions', {})).resolves.toEqual({ Functions: [] });
});

test.each([
  [
    'UpdateFunctionCode',
    { ZipFile: zip },
    'Please provide ImageUri when updating a function with packageType Image.',
  ],
  [
    'UpdateFunctionCode',
    { ImageUri: 'nginx' },
    'Source image nginx is not valid. Provide a valid source image.',
  ],
  [
    'UpdateFunctionConfiguration',
    { Runtime: 'nodejs22.x' },
    "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
  ],
  [
    'UpdateFunctionConfiguration',
    { Layers: ['arn:aws:lambda:eu-west-1:000000000000:layer:l:1'] },
    'Lambda layers are not supported for functions created with container images.',
  ],
  [
    'PutRuntimeManagementConfig',
    { UpdateRuntimeOn: 'FunctionUpdate' },
    'Runtime management is not supported for functions with packageType Image.',
  ],
  [
    'PutFunctionCodeSigningConfig',
    {
      CodeSigningConfigArn:
        'arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-12345678901234567',
    },
    'Code signing is not supported for functions with packageType Image.',
  ],
])('%s of one with %o is refused', async (operation, changes, text) => {
  await create();
  const before = await get();
  await expect(change(operation, changes)).rejects.toMatchObject({
    code: 'InvalidParameterValueException',
    message: text,
  });
  await expect(get()).resolves.toMatchObject(before);
});

test('a function of a zip takes neither an image nor its configuration', async () => {
  const text = "Please don't provide ImageConfig when the intended function PackageType is Zip.";
  await expect(lambda.call('CreateFunction', { ...zipped, ImageConfig })).rejects.toMatchObject({
    message: text,
  });
  // As users of AWS have it: without PackageType, an image is no source of code.
  await expect(
    lambda.call('CreateFunction', { ...zipped, Code: { ImageUri: TAGGED } }),
  ).rejects.toMatchObject({ message: 'Please provide a source for function code.' });
  await lambda.call('CreateFunction', { ...zipped, ImageConfig: {} });
  await expect(change('UpdateFunctionConfiguration', { ImageConfig })).rejects.toMatchObject({
    message: text,
  });
});
