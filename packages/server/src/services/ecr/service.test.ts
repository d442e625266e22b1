/** ECR's operations as deploy tools call them; the registry's own way is in `gateway/registry/`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openIam } from '../../../../testkit/src/open-iam.ts';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import {
  buildImage,
  buildTar,
  digestOf,
  type BuiltImage,
} from '../../code/fixtures/build-image.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Operation, Service } from '../../core/operation.ts';
import { createCallAs } from '../../gateway/create-call-as.ts';
import { serve } from '../../gateway/served-service.ts';
import { rootPrincipal } from '../../iam/credentials.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openImageRegistry, type ImageRegistry } from '../../registry/image-registry.ts';
import { createLayerLinks } from '../../registry/layer-links.ts';
import { openUploads, type Uploads } from '../../registry/uploads.ts';
import type { Store } from '../../store/store.ts';
import { createEcrService } from './service.ts';

const ACCOUNT = '000000000000';
const NOW_MS = 1_795_000_000_000;

let folder: string;
let store: Store;
let registry: ImageRegistry;
let uploads: Uploads;
let callAs: CallAs;
let service: Service;
let image: BuiltImage;
let repositoryName = '';

async function open(): Promise<void> {
  const { identities } = await openIam(NOW_MS);
  registry = await openImageRegistry({
    folder: path.join(folder, 'registry'),
    store,
    logger: silentLogger,
  });
  const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 };
  const deps = { registry, identities, ids: randomIds, clock };
  uploads = await openUploads({
    ...deps,
    folder: path.join(folder, 'uploads'),
    nowMs: clock.nowMs,
  });
  service = createEcrService({ ...deps, uploads, links: createLayerLinks(deps) });
  const services = serve([service]);
  callAs = createCallAs({ identities, services, ids: randomIds, endpoint: () => 'http://e' });
}
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-ecr-'));
  store = openMemoryStore();
  await open();
  image = buildImage({ layers: [await buildTar([{ name: 'a', content: 'a' }])] });
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  repositoryName = `shop/pays-${randomIds.hex(4)}`;
  await call('CreateRepository', { repositoryName });
});

function call<Output = Record<string, unknown>>(
  operation: string,
  input: object,
  account = ACCOUNT,
): Promise<Output> {
  const caller = { principal: rootPrincipal(account), account, region: 'eu-west-1' };
  return callAs(caller, 'ecr', operation, input) as Promise<Output>;
}

/** By ECR's own operations. */
async function pushByApi(built: BuiltImage, imageTag: string): Promise<void> {
  for (const [digest, bytes] of built.blobs) {
    const { uploadId } = await call('InitiateLayerUpload', { repositoryName });
    const half = Math.ceil(bytes.length / 2);
    for (const [partFirstByte, end] of [
      [0, half],
      [half, bytes.length],
    ] as const) {
      const layerPartBlob = bytes.subarray(partFirstByte, end);
      const part = { uploadId, partFirstByte, partLastByte: end - 1, layerPartBlob };
      await expect(call('UploadLayerPart', { repositoryName, ...part })).resolves.toMatchObject({
        lastByteReceived: end - 1,
      });
    }
    await call('CompleteLayerUpload', { repositoryName, uploadId, layerDigests: [digest] });
  }
  await call('PutImage', { repositoryName, imageManifest: built.manifest.toString(), imageTag });
}

test('a repository is made, shown, listed by pages, and there after a restart', async () => {
  const shown = {
    repositoryArn: `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/${repositoryName}`,
    registryId: ACCOUNT,
    repositoryName,
    repositoryUri: `e/${repositoryName}`,
    createdAt: new Date(NOW_MS),
    imageTagMutability: 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
  const described = { repositories: [shown] };
  const names = { repositoryNames: [repositoryName] };
  await expect(call('DescribeRepositories', names)).resolves.toEqual(described);
  const account = '111111111111';
  for (const name of ['one', 'two', 'three'])
    await call('CreateRepository', { repositoryName: name }, account);
  type Page = { repositories: { repositoryName: string }[]; nextToken?: string };
  const first = await call<Page>('DescribeRepositories', { maxResults: 2 }, account);
  expect(first.repositories.map((each) => each.repositoryName)).toEqual(['one', 'three']);
  const { nextToken } = first;
  const second = await call<Page>('DescribeRepositories', { maxResults: 2, nextToken }, account);
  expect(second.repositories.map((each) => each.repositoryName)).toEqual(['two']);
  expect(second).not.toHaveProperty('nextToken');
  await registry.close();
  await open();
  await expect(call('DescribeRepositories', names)).resolves.toEqual(described);
});

test.each([
  ['CreateRepository', {}, 'RepositoryAlreadyExistsException'],
  ['CreateRepository', { repositoryName: 'Upper' }, 'InvalidParameterException'],
  [
    'CreateRepository',
    { repositoryName: 'x/y', encryptionConfiguration: { encryptionType: 'KMS' } },
    'InvalidParameterException',
  ],
  ['DescribeRepositories', { repositoryNames: ['none'] }, 'RepositoryNotFoundException'],
  ['ListImages', { repositoryName: 'none' }, 'RepositoryNotFoundException'],
  ['GetRepositoryPolicy', {}, 'RepositoryPolicyNotFoundException'],
  ['SetRepositoryPolicy', { policyText: '{' }, 'InvalidParameterException'],
  [
    'SetRepositoryPolicy',
    { policyText: '{"Statement":[{"Effect":"Maybe"}]}' },
    'InvalidParameterException',
  ],
  ['GetLifecyclePolicy', {}, 'LifecyclePolicyNotFoundException'],
  ['PutLifecyclePolicy', { lifecyclePolicyText: '{}' }, 'InvalidParameterException'],
  ['DescribeImages', { imageIds: [{ imageTag: 'none' }] }, 'ImageNotFoundException'],
  [
    'CompleteLayerUpload',
    { uploadId: 'none', layerDigests: [`sha256:${'0'.repeat(64)}`] },
    'UploadNotFoundException',
  ],
  ['PutImage', { imageManifest: '{}', imageTag: 'x' }, 'InvalidParameterException'],
  [
    'PutImageTagMutability',
    { imageTagMutability: 'MUTABLE_WITH_EXCLUSION' },
    'InvalidParameterException',
  ],
] as const)('%s %o is refused as %s', async (operation, input, code) => {
  await expect(call(operation, { repositoryName, ...input })).rejects.toMatchObject({ code });
});

test('policies, tags and switches of a repository are kept and shown', async () => {
  const lifecyclePolicyText = JSON.stringify({ rules: [{ rulePriority: 1 }] });
  await call('PutLifecyclePolicy', { repositoryName, lifecyclePolicyText });
  await expect(call('GetLifecyclePolicy', { repositoryName })).resolves.toMatchObject({
    lifecyclePolicyText,
  });
  await call('DeleteLifecyclePolicy', { repositoryName });
  await expect(call('GetLifecyclePolicy', { repositoryName })).rejects.toThrow(
    'Lifecycle policy does not exist',
  );
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
  });
  await call('SetRepositoryPolicy', { repositoryName, policyText });
  await expect(call('DeleteRepositoryPolicy', { repositoryName })).resolves.toMatchObject({
    policyText,
  });
  const resourceArn = `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/${repositoryName}`;
  await call('TagResource', {
    resourceArn,
    tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  });
  await call('UntagResource', { resourceArn, tagKeys: ['a'] });
  await expect(call('ListTagsForResource', { resourceArn })).resolves.toEqual({
    tags: [{ Key: 'b', Value: '2' }],
  });
  await call('PutImageScanningConfiguration', {
    repositoryName,
    imageScanningConfiguration: { scanOnPush: true },
  });
  await call('PutImageTagMutability', { repositoryName, imageTagMutability: 'IMMUTABLE' });
  await expect(
    call('DescribeRepositories', { repositoryNames: [repositoryName] }),
  ).resolves.toMatchObject({
    repositories: [
      { imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true } },
    ],
  });
});

test('an image that ECR’s operations pushed is listed, described, read and deleted', async () => {
  const [, layerDigest = ''] = [...image.blobs.keys()];
  const asked = { repositoryName, layerDigests: [layerDigest, 'nonsense'] };
  await expect(call('BatchCheckLayerAvailability', asked)).resolves.toMatchObject({
    layers: [{ layerAvailability: 'UNAVAILABLE' }],
    failures: [{ failureCode: 'InvalidLayerDigest' }],
  });
  await pushByApi(image, 'one');
  await expect(call('BatchCheckLayerAvailability', asked)).resolves.toMatchObject({
    layers: [{ layerAvailability: 'AVAILABLE', layerSize: image.blobs.get(layerDigest)?.length }],
  });
  const imageManifest = image.manifest.toString();
  await expect(
    call('PutImage', { repositoryName, imageManifest, imageTag: 'one' }),
  ).rejects.toMatchObject({
    code: 'ImageAlreadyExistsException',
  });
  await call('PutImage', { repositoryName, imageManifest, imageTag: 'two' });
  const imageDigest = image.digest;
  await expect(call('ListImages', { repositoryName })).resolves.toEqual({
    imageIds: [
      { imageDigest, imageTag: 'one' },
      { imageDigest, imageTag: 'two' },
    ],
  });
  await expect(call('DescribeImages', { repositoryName })).resolves.toMatchObject({
    imageDetails: [
      {
        imageDigest,
        imageTags: ['one', 'two'],
        imageSizeInBytes: image.blobs.get(layerDigest)?.length,
      },
    ],
  });
  const imageIds = [{ imageTag: 'one' }, { imageTag: 'none' }, { imageTag: 'constructor' }];
  await expect(call('BatchGetImage', { repositoryName, imageIds })).resolves.toMatchObject({
    images: [{ imageId: { imageDigest, imageTag: 'one' }, imageManifest }],
    failures: [{ failureCode: 'ImageNotFound' }, { failureCode: 'ImageNotFound' }],
  });
  await expect(
    call('BatchDeleteImage', { repositoryName, imageIds: imageIds.slice(0, 2) }),
  ).resolves.toMatchObject({
    imageIds: [{ imageDigest, imageTag: 'one' }],
    failures: [{ failureCode: 'ImageNotFound' }],
  });
  await expect(
    call('ListImages', { repositoryName, filter: { tagStatus: 'TAGGED' } }),
  ).resolves.toEqual({
    imageIds: [{ imageDigest, imageTag: 'two' }],
  });
  await call('BatchDeleteImage', { repositoryName, imageIds: [{ imageDigest }] });
  await expect(call('ListImages', { repositoryName })).resolves.toEqual({ imageIds: [] });
});

test('an image that an index names is not deleted before that', async () => {
  await pushByApi(image, 'one');
  const { digest: imageDigest } = image;
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifests = [{ mediaType, digest: imageDigest, size: image.manifest.length }];
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
  };
  const imageManifest = JSON.stringify(index);
  await call('PutImage', { repositoryName, imageManifest, imageTag: 'all' });
  const removal = { repositoryName, imageIds: [{ imageDigest }] };
  await expect(call('BatchDeleteImage', removal)).resolves.toMatchObject({
    imageIds: [],
    failures: [{ failureCode: 'ImageReferencedByManifestList' }],
  });
  await call('BatchDeleteImage', { repositoryName, imageIds: [{ imageTag: 'all' }] });
  await expect(call('BatchDeleteImage', removal)).resolves.toMatchObject({ failures: [] });
});

test('what was pushed and is in no image is forgotten by the next start, and the rest is not', async () => {
  await pushByApi(image, 'one');
  const [digest = '', bytes = Buffer.alloc(0)] = [...image.blobs][0] ?? [];
  const key = { account: ACCOUNT, region: 'eu-west-1', name: repositoryName };
  const left = Buffer.from('of a push that broke off');
  const chunks = (async function* () {
    yield left;
  })();
  await uploads.store(key, chunks, digestOf(left));
  await registry.close();
  await open();
  expect(registry.layer(key, digestOf(left))).toBeUndefined();
  await expect(registry.open(digestOf(left))).rejects.toMatchObject({ name: 'BlobMissing' });
  await using file = await registry.open(digest);
  expect(await file.readFile()).toEqual(bytes);
});

test('an account has so many uploads under way, and no other is held up by them', async () => {
  const account = '222222222222';
  await call('CreateRepository', { repositoryName: 'many' }, account);
  const begin = (): Promise<object> =>
    call('InitiateLayerUpload', { repositoryName: 'many' }, account);
  for (let index = 0; index < 250; index += 1) await begin();
  await expect(begin()).rejects.toMatchObject({ code: 'LimitExceededException' });
  await expect(call('InitiateLayerUpload', { repositoryName })).resolves.toHaveProperty('uploadId');
});

test('parts of a layer come in order, and are what its digest says', async () => {
  const { uploadId } = await call('InitiateLayerUpload', { repositoryName });
  const part = { partFirstByte: 5, partLastByte: 6, layerPartBlob: Buffer.from('ab') };
  await expect(
    call('UploadLayerPart', { repositoryName, uploadId, ...part }),
  ).rejects.toMatchObject({
    code: 'InvalidLayerPartException',
  });
  await call('UploadLayerPart', {
    repositoryName,
    uploadId,
    ...part,
    partFirstByte: 0,
    partLastByte: 1,
  });
  await expect(
    call('CompleteLayerUpload', { repositoryName, uploadId, layerDigests: [image.digest] }),
  ).rejects.toMatchObject({ code: 'InvalidLayerException' });
});

test('a password for the registry at the endpoint is good for twelve hours', async () => {
  const { authorizationData } = await call<{
    authorizationData: { authorizationToken: string; proxyEndpoint: string; expiresAt: Date }[];
  }>('GetAuthorizationToken', {});
  const [data] = authorizationData;
  expect(data).toMatchObject({
    proxyEndpoint: 'http://e',
    expiresAt: new Date(NOW_MS + 43_200_000),
  });
  expect(Buffer.from(data?.authorizationToken ?? '', 'base64').toString()).toMatch(
    /^AWS:[\w-]{100,}$/,
  );
});

test('a policy can ask about the tags of a repository, and about those that a request gives or takes', async () => {
  const context = createContext({ account: ACCOUNT });
  const conditionsOf = (name: string, input: object): unknown => {
    const operation = service.operations.get(name) as unknown as Operation<object>;
    return operation.permissions(input, context)[0]?.conditions;
  };
  const resourceArn = `arn:aws:ecr:${context.region}:${ACCOUNT}:repository/${repositoryName}`;
  const tags = [{ Key: 'team', Value: 'blue' }];
  const given = { 'aws:RequestTag/team': 'blue', 'aws:TagKeys': ['team'] };
  expect(conditionsOf('TagResource', { resourceArn, tags })).toEqual(given);
  expect(conditionsOf('CreateRepository', { repositoryName: 'new', tags })).toEqual(given);
  await call('TagResource', { resourceArn, tags });
  const ofRepository = { 'aws:ResourceTag/team': 'blue' };
  expect(conditionsOf('DescribeImages', { repositoryName })).toEqual(ofRepository);
  expect(conditionsOf('UntagResource', { resourceArn, tagKeys: ['team'] })).toEqual({
    ...ofRepository,
    'aws:TagKeys': ['team'],
  });
});
