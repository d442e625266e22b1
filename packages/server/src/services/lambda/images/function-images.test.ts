/** Which image a function gets, who must let Lambda read it, and what becomes of it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openIam, type OpenedIam } from '../../../../../testkit/src/open-iam.ts';
import { openMemoryStore } from '../../../../../testkit/src/memory-store.ts';
import {
  buildImage,
  buildTar,
  digestOf,
  type BuiltImage,
} from '../../../code/fixtures/build-image.ts';
import { openImageStore, type ImageStore } from '../../../code/images/image-store.ts';
import type { CallAs } from '../../../core/call-as.ts';
import type { Principal } from '../../../core/principal.ts';
import { createCallAs } from '../../../gateway/create-call-as.ts';
import { serve } from '../../../gateway/served-service.ts';
import { rootPrincipal, userPrincipal } from '../../../iam/credentials.ts';
import { createContext } from '../../../iam/fixtures/create-context.ts';
import { systemClock } from '../../../lib/clock.ts';
import { randomIds } from '../../../lib/ids.ts';
import { silentLogger } from '../../../lib/logger.ts';
import { openImageRegistry, type ImageRegistry } from '../../../registry/image-registry.ts';
import type { RemoteRegistry } from '../../../registry/remote-registry.ts';
import { createLayerLinks } from '../../../registry/layer-links.ts';
import { openUploads, type Uploads } from '../../../registry/uploads.ts';
import { createEcrService } from '../../ecr/service.ts';
import { createFunctionImages, type FunctionImages } from './function-images.ts';

const ACCOUNT = '000000000000';
const key = { account: ACCOUNT, region: 'eu-west-1', name: 'shop/pays' };
const HOST = `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`;
const URI = `${HOST}/shop/pays:latest`;
const functionArn = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`;
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';

let folder: string;
let iam: OpenedIam;
let registry: ImageRegistry;
let uploads: Uploads;
let store: ImageStore;
let callAs: CallAs;
let images: FunctionImages;
let image: BuiltImage;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-function-images-'));
  iam = await openIam(Date.now());
  image = buildImage({ layers: [await buildTar([{ name: 'a', content: 'a' }])] });
});
afterAll(() => rm(folder, { recursive: true }));

let opened = new AsyncDisposableStack();
beforeEach(async () => {
  await opened.disposeAsync();
  opened = new AsyncDisposableStack();
  const own = await mkdtemp(path.join(folder, 'one-'));
  const { identities } = iam;
  registry = opened.use(
    await openImageRegistry({
      folder: path.join(own, 'registry'),
      store: openMemoryStore(),
      logger: silentLogger,
    }),
  );
  store = opened.use(
    await openImageStore({
      folder: path.join(own, 'images'),
      contents: registry.kept,
      architecture,
      logger: silentLogger,
    }),
  );
  const deps = { registry, identities, ids: randomIds, clock: systemClock };
  uploads = await openUploads({ ...deps, folder: path.join(own, 'uploads'), nowMs: Date.now });
  const ecr = createEcrService({ ...deps, uploads, links: createLayerLinks(deps) });
  callAs = createCallAs({
    identities,
    services: serve([ecr]),
    ids: randomIds,
    endpoint: () => 'http://127.0.0.1:4566',
  });
  images = open();
  await ecrCall('CreateRepository', { repositoryName: key.name });
  await push('latest', image);
});
afterAll(() => opened.disposeAsync());

function open(
  more: { problem?: string; remotes?: ReadonlyMap<string, RemoteRegistry> } = {},
): FunctionImages {
  return opened.use(
    createFunctionImages({
      registry,
      images: store,
      callAs,
      remotes: new Map(),
      architecture,
      logger: silentLogger,
      removalDelayMs: 0,
      ...more,
    }),
  );
}

const ecrCall = (operation: string, input: object): Promise<object> =>
  callAs(
    { principal: rootPrincipal(ACCOUNT), account: ACCOUNT, region: key.region },
    'ecr',
    operation,
    input,
  );

async function push(imageTag: string | undefined, built: BuiltImage): Promise<void> {
  for (const [digest, bytes] of built.blobs) {
    await uploads.store(
      key,
      (async function* () {
        yield bytes;
      })(),
      digest,
    );
  }
  const imageManifest = built.manifest.toString();
  await ecrCall('PutImage', {
    repositoryName: key.name,
    imageManifest,
    ...(imageTag && { imageTag }),
  });
}

async function userWith(...actions: string[]): Promise<Principal> {
  const name = `user-${randomIds.hex(4)}`;
  await iam.call('iam', 'CreateUser', { UserName: name });
  const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.call('iam', 'PutUserPolicy', { UserName: name, PolicyName: 'p', PolicyDocument });
  const user = iam.identities.users.find(ACCOUNT, name);
  if (user === undefined) throw new Error('There is no such user.');
  return userPrincipal(user);
}

const resolve = (uri: string, principal: Principal = rootPrincipal(ACCOUNT)): Promise<object> =>
  images.resolve(uri, { context: createContext({ principal }), functionArn });

test('a tag, a digest and the endpoint’s own host name an image', async () => {
  const resolved = { digest: image.digest, repository: key };
  await expect(resolve(URI)).resolves.toEqual(resolved);
  await expect(resolve(`${HOST}/shop/pays@${image.digest}`)).resolves.toEqual(resolved);
  await expect(resolve('localhost:4566/shop/pays:latest')).resolves.toEqual(resolved);
  await expect(resolve('127.0.0.1:4566/shop/pays:latest')).resolves.toEqual(resolved);
});

test.each([
  [`${HOST}/shop/pays:none`, 'does not exist'],
  [`${HOST}/other:latest`, 'does not exist'],
  [`${HOST}/shop/pays@sha256:${'0'.repeat(64)}`, 'does not exist'],
  [`${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop/pays:latest`, 'is not valid'],
  ['localhost:5000/shop/pays:latest', 'is not valid'],
  ['public.ecr.aws/lambda/nodejs:22', 'is not valid'],
])('%s %s', async (uri, problem) => {
  await expect(resolve(uri)).rejects.toMatchObject({
    code: 'InvalidParameterValueException',
    message: `Source image ${uri} ${problem}. Provide a valid source image.`,
  });
});

test('Lambda gives itself the right in the name of who may give it, beside what there was', async () => {
  const other = { Sid: 'other', Effect: 'Allow', Principal: '*', Action: 'ecr:ListImages' };
  const policyText = JSON.stringify({ Version: '2008-10-17', Statement: [other] });
  await ecrCall('SetRepositoryPolicy', { repositoryName: key.name, policyText });
  await resolve(URI, await userWith('ecr:GetRepositoryPolicy', 'ecr:SetRepositoryPolicy'));
  const { policyText: after = '' } = (await ecrCall('GetRepositoryPolicy', {
    repositoryName: key.name,
  })) as { policyText?: string };
  expect(JSON.parse(after)).toEqual({
    Version: '2008-10-17',
    Statement: [
      other,
      {
        Sid: 'LambdaECRImageRetrievalPolicy',
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Condition: {
          StringLike: { 'aws:sourceArn': `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:*` },
        },
      },
    ],
  });
  // Once it is there, nobody needs to be allowed anything.
  await expect(resolve(URI, await userWith('s3:*'))).resolves.toHaveProperty('digest');
});

test('who may read manifests alone may not read images', async () => {
  const Principal = { Service: 'lambda.amazonaws.com' };
  const allow = (Action: string): Promise<object> =>
    ecrCall('SetRepositoryPolicy', {
      repositoryName: key.name,
      policyText: JSON.stringify({
        Version: '2008-10-17',
        Statement: [{ Effect: 'Allow', Principal, Action }],
      }),
    });
  const nobody = await userWith('s3:*');
  await allow('ecr:BatchGetImage');
  await expect(resolve(URI, nobody)).rejects.toMatchObject({ code: 'AccessDeniedException' });
  await allow('ecr:*');
  await expect(resolve(URI, nobody)).resolves.toHaveProperty('digest', image.digest);
});

test('who may not give the right is told that Lambda does not have it', async () => {
  await expect(resolve(URI, await userWith('ecr:BatchGetImage'))).rejects.toMatchObject({
    code: 'AccessDeniedException',
    status: 403,
    message: 'Lambda does not have permission to access the ECR image. Check the ECR permissions.',
  });
});

test('of an index the image for this machine is taken; without one, and of what is no image, nothing', async () => {
  const index = (tag: string, architectures: readonly string[]): Promise<object> => {
    const manifests = architectures.map((each) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image.digest,
      size: image.manifest.length,
      platform: { os: 'linux', architecture: each },
    }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
    return ecrCall('PutImage', { repositoryName: key.name, imageManifest, imageTag: tag });
  };
  await index('many', ['s390x', 'amd64', 'arm64']);
  await expect(resolve(`${HOST}/shop/pays:many`)).resolves.toMatchObject({ digest: image.digest });
  await index('foreign', ['s390x']);
  const chart = buildImage({ layers: [] });
  const text = chart.manifest.toString().replace('vnd.oci.image.config', 'vnd.cncf.helm.config');
  const blob = [...chart.blobs][0] ?? ['', Buffer.alloc(0)];
  await uploads.store(
    key,
    (async function* () {
      yield blob[1];
    })(),
    blob[0],
  );
  await ecrCall('PutImage', { repositoryName: key.name, imageManifest: text, imageTag: 'chart' });
  for (const tag of ['foreign', 'chart']) {
    await expect(resolve(`${HOST}/shop/pays:${tag}`)).rejects.toThrow(
      `The image manifest, config or layer media type for the source image ${HOST}/shop/pays:${tag} is not supported.`,
    );
  }
});

/** Others have the machine too. */
const patient = { timeout: 20_000, interval: 10 };

const settings = () => ({ uri: URI, digest: image.digest, repository: key });

test('what is prepared stays when its repository goes, until no function has it', async () => {
  await images.prepare(settings());
  await ecrCall('DeleteRepository', { repositoryName: key.name, force: true });
  await images.prepare(settings());
  const { folder: root } = await store.root(image.digest);
  expect(await readdir(root)).toContain('a');
  const isReferenced = vi.fn(() => true);
  images.remove(image.digest, isReferenced);
  await vi.waitFor(() => expect(isReferenced).toHaveBeenCalled(), patient);
  expect(registry.keptDigests()).toEqual([image.digest]);
  images.remove(image.digest, () => false);
  await vi.waitFor(() => expect(registry.keptDigests()).toEqual([]), patient);
  await vi.waitFor(() => expect(readdir(root)).rejects.toThrow('ENOENT'), patient);
  await expect(images.prepare(settings())).rejects.toMatchObject({ code: 'ImageDeleted' });
});

test('a start keeps what functions have, and gives up the rest', async () => {
  await images.prepare(settings());
  await images.retainOnly((digest) => digest === image.digest);
  expect(registry.keptDigests()).toEqual([image.digest]);
  await images.retainOnly(() => false);
  expect(registry.keptDigests()).toEqual([]);
});

test('why an image cannot be run is told with the state’s code', async () => {
  const foreign = buildImage({ layers: [], top: { architecture: 's390x' } });
  await push('foreign', foreign);
  await expect(images.prepare({ ...settings(), digest: foreign.digest })).rejects.toMatchObject({
    name: 'ImageProblem',
    code: 'InvalidImage',
  });
  await expect(images.prepare({ uri: URI })).rejects.toMatchObject({ code: 'InvalidImage' });
  const nowhere = { uri: 'r.example.com/a:b', digest: image.digest };
  await expect(images.prepare(nowhere)).rejects.toMatchObject({ code: 'ImageAccessDenied' });
  const none = open({ problem: 'Images need isolation.' });
  await expect(none.prepare(settings())).rejects.toThrow('Images need isolation.');
});

test('an image of another registry is pulled whole, or not at all', async () => {
  let damage: (bytes: Buffer) => Buffer = (bytes) => bytes;
  const remote = {
    manifest: async () => ({ digest: image.digest, mediaType: '', bytes: image.manifest }),
    blob: async (_: string, digest: string) =>
      (async function* () {
        yield damage(image.blobs.get(digest) ?? Buffer.alloc(0));
      })(),
  };
  const host = 'r.example.com';
  await ecrCall('DeleteRepository', { repositoryName: key.name, force: true });
  const pulling = open({ remotes: new Map([[host, remote as unknown as RemoteRegistry]]) });
  const elsewhere = { uri: `${host}/some/where:1`, digest: image.digest };
  for (const other of [
    (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')]),
    (bytes: Buffer) => Buffer.alloc(bytes.length),
  ]) {
    damage = other;
    await expect(pulling.prepare(elsewhere)).rejects.toMatchObject({ code: 'InvalidImage' });
    expect(registry.keptDigests()).toEqual([]);
  }
  damage = (bytes) => bytes;
  await pulling.prepare(elsewhere);
  expect(registry.keptDigests()).toEqual([image.digest]);
  expect(digestOf(image.manifest)).toBe(image.digest);
});
