/** The registry as its clients see it, with ECR's operations and IAM behind it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openIam } from '../../../../testkit/src/open-iam.ts';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { ask, pushImage, type Registry } from '../../../../testkit/src/push-image.ts';
import {
  buildImage,
  buildTar,
  digestOf,
  type BuiltImage,
} from '../../code/fixtures/build-image.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Principal } from '../../core/principal.ts';
import { rootPrincipal, userPrincipal } from '../../iam/credentials.ts';
import { systemClock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openImageRegistry, type ImageRegistry } from '../../registry/image-registry.ts';
import { createLayerLinks } from '../../registry/layer-links.ts';
import { openUploads, type Uploads } from '../../registry/uploads.ts';
import { issueLogin } from '../../services/ecr/registry-login.ts';
import { createEcrService } from '../../services/ecr/service.ts';
import { createBodyBudget } from '../body-budget.ts';
import { createCallAs } from '../create-call-as.ts';
import { rawHeadOf } from '../raw-request.ts';
import { serve } from '../served-service.ts';
import { answerRegistry } from './answer-registry.ts';

const ACCOUNT = '000000000000';
const REGION = 'eu-west-1';
const root = rootPrincipal(ACCOUNT);

let folder: string;
let registry: ImageRegistry;
let uploads: Uploads;
let iam: Awaited<ReturnType<typeof openIam>>;
let server: Server;
let endpoint: string;
let callAs: CallAs;
let image: BuiltImage;
let clock = { ...systemClock };
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-registry-'));
  iam = await openIam(Date.now());
  const { identities } = iam;
  registry = await openImageRegistry({
    folder: path.join(folder, 'registry'),
    store: openMemoryStore(),
    logger: silentLogger,
  });
  uploads = await openUploads({
    registry,
    folder: path.join(folder, 'registry/uploads'),
    ids: randomIds,
    nowMs: () => clock.nowMs(),
  });
  const links = createLayerLinks({ clock: systemClock, ids: randomIds });
  const ecr = createEcrService({
    registry,
    uploads,
    links,
    identities,
    clock: systemClock,
    ids: randomIds,
  });
  callAs = createCallAs({
    identities,
    services: serve([ecr]),
    ids: randomIds,
    endpoint: () => endpoint,
  });
  const deps = { identities, clock: systemClock, logger: silentLogger, registry, uploads, links };
  const bodies = createBodyBudget(Number.POSITIVE_INFINITY);
  server = createServer((message, response) => {
    const head = rawHeadOf(message);
    void answerRegistry(deps, { id: 'id', listener: 'public', head, message, response, bodies });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  image = buildImage({ layers: [await buildTar([{ name: 'a', content: 'a'.repeat(300_000) }])] });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
  await registry.close();
  await rm(folder, { recursive: true });
});

let repository = '';
beforeEach(async () => {
  repository = `shop/pays-${randomIds.hex(4)}`;
  await call('CreateRepository', { repositoryName: repository });
});

const call = (operation: string, input: object, principal: Principal = root): Promise<object> =>
  callAs({ principal, account: ACCOUNT, region: REGION }, 'ecr', operation, input);

function as(principal: Principal): Registry {
  const { password } = issueLogin(
    { identities: iam.identities, clock: systemClock, ids: randomIds },
    { principal, region: REGION },
  );
  const text = Buffer.from(`AWS:${password}`).toString('base64');
  return { endpoint, authorization: `Basic ${text}` };
}

async function userWith(...actions: string[]): Promise<Principal> {
  const { identities } = iam;
  const name = `user-${randomIds.hex(4)}`;
  const send = (operation: string, input: object): Promise<object> =>
    iam.call('iam', operation, { UserName: name, ...input });
  await send('CreateUser', {});
  const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await send('PutUserPolicy', { PolicyName: 'p', PolicyDocument });
  const user = identities.users.find(ACCOUNT, name);
  if (user === undefined) throw new Error('There is no such user.');
  return userPrincipal(user);
}

const PULL = ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
];

describe('who has logged in', () => {
  test('is asked for a password, which is one that was given out and is still good', async () => {
    const plain = await fetch(`${endpoint}/v2/`);
    expect(plain.status).toBe(401);
    expect(plain.headers.get('www-authenticate')).toBe(
      `Basic realm="${endpoint}/",service="ecr.amazonaws.com"`,
    );
    const forged = Buffer.from('AWS:nonsense').toString('base64');
    await expect(
      ask({ endpoint, authorization: `Basic ${forged}` }, 'GET', '/v2/'),
    ).rejects.toThrow('401');
    expect(
      (await ask(as(root), 'GET', '/v2/')).headers.get('docker-distribution-api-version'),
    ).toBe('registry/2.0');
  });

  test('a session’s token alone, as it stands in presigned addresses, is no password', async () => {
    const { identities } = iam;
    const accessKeyId = `ASIA${'A'.repeat(16)}`;
    const subject = { kind: 'root', account: ACCOUNT } as const;
    const { token } = identities.seal({ accessKeyId, subject, expiresAtMs: Date.now() + 60_000 });
    for (const proof of ['', '0'.repeat(64)]) {
      const password = Buffer.from(JSON.stringify([accessKeyId, token, REGION, proof]));
      const text = Buffer.from(`AWS:${password.toString('base64url')}`).toString('base64');
      await expect(
        ask({ endpoint, authorization: `Basic ${text}` }, 'GET', '/v2/'),
      ).rejects.toThrow('401');
    }
  });

  test('pushes and pulls as far as the policies of a user go', async () => {
    const [pushes, pulls] = [as(await userWith(...PUSH)), as(await userWith(...PULL))];
    await pushImage(pushes, repository, 'one', image);
    await expect(ask(pushes, 'GET', `/v2/${repository}/manifests/one`)).rejects.toThrow(
      /403.*DENIED.*not authorized to perform: ecr:BatchGetImage/,
    );
    // What `hearth explain` shows.
    expect(iam.identities.denials.list(ACCOUNT)[0]).toMatchObject({
      action: 'ecr:BatchGetImage',
      resource: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${repository}`,
    });
    const pulled = await ask(pulls, 'GET', `/v2/${repository}/manifests/one`);
    expect(Buffer.from(await pulled.arrayBuffer())).toEqual(image.manifest);
    await expect(pushImage(pulls, repository, 'two', image)).rejects.toThrow('403');
    await expect(ask(pulls, 'DELETE', `/v2/${repository}/manifests/one`)).rejects.toThrow('403');
  });

  test('the policy of a repository lets in, and keeps out', async () => {
    await pushImage(as(root), repository, 'one', image);
    const nobody = await userWith('ecr:GetAuthorizationToken');
    const manifest = `/v2/${repository}/manifests/one`;
    const policy = (Effect: string): object => ({
      repositoryName: repository,
      policyText: JSON.stringify({
        Version: '2008-10-17',
        Statement: [
          {
            Effect,
            Principal: { AWS: (nobody as { arn: string }).arn },
            Action: 'ecr:BatchGetImage',
          },
        ],
      }),
    });
    await expect(ask(as(nobody), 'GET', manifest)).rejects.toThrow('403');
    await call('SetRepositoryPolicy', policy('Allow'));
    expect((await ask(as(nobody), 'GET', manifest)).status).toBe(200);
    const all = await userWith('ecr:*');
    await call('SetRepositoryPolicy', {
      ...policy('Deny'),
      policyText: JSON.stringify({
        Version: '2008-10-17',
        Statement: [{ Effect: 'Deny', Principal: '*', Action: 'ecr:BatchGetImage' }],
      }),
    });
    await expect(ask(as(all), 'GET', manifest)).rejects.toThrow('403');
  });
});

describe('contents', () => {
  const layerOf = (built: BuiltImage): readonly [digest: string, bytes: Buffer] =>
    [...built.blobs][1] ?? ['', Buffer.alloc(0)];

  test('come in one piece, in several, and out whole or in part', async () => {
    const [digest, bytes] = layerOf(image);
    const here = as(root);
    const once = await ask(
      here,
      'POST',
      `/v2/${repository}/blobs/uploads/?digest=${digest}`,
      bytes,
    );
    expect(once.status).toBe(201);
    const place = once.headers.get('location') ?? '';
    expect(place).toBe(`/v2/${repository}/blobs/${digest}`);
    const head = await ask(here, 'HEAD', place);
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    expect(head.headers.get('docker-content-digest')).toBe(digest);
    const whole = await ask(here, 'GET', place);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes);
    for (const [range, start, end] of [
      ['bytes=10-19', 10, 20],
      ['bytes=10-', 10, undefined],
      ['bytes=-5', bytes.length - 5, undefined],
    ] as const) {
      const part = await ask(here, 'GET', place, undefined, { range });
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(start, end));
    }
    await expect(ask(here, 'GET', place, undefined, { range: 'bytes=9999999-' })).rejects.toThrow(
      '416',
    );
  });

  test('a piece that leaves some out, an unknown upload and other bytes are refused', async () => {
    const here = as(root);
    const [digest, bytes] = layerOf(image);
    const begun = await ask(here, 'POST', `/v2/${repository}/blobs/uploads/`);
    const place = begun.headers.get('location') ?? '';
    await expect(ask(here, 'PATCH', place, bytes, { 'content-range': '5-10' })).rejects.toThrow(
      /416.*BLOB_UPLOAD_INVALID/,
    );
    await ask(here, 'PATCH', place, Buffer.from('other'));
    expect((await ask(here, 'GET', place)).headers.get('range')).toBe('0-4');
    await expect(ask(here, 'PUT', `${place}?digest=${digest}`)).rejects.toThrow(
      /400.*DIGEST_INVALID/,
    );
    expect(
      registry.layer({ account: ACCOUNT, region: REGION, name: repository }, digest),
    ).toBeUndefined();
    expect((await ask(here, 'DELETE', place)).status).toBe(204);
    await expect(ask(here, 'GET', place)).rejects.toThrow(/404.*BLOB_UPLOAD_UNKNOWN/);
    const elsewhere = place.replace(repository, 'other');
    await call('CreateRepository', { repositoryName: 'other' }).catch(() => {});
    await expect(ask(here, 'GET', elsewhere)).rejects.toThrow('404');
    expect(await readdir(path.join(folder, 'registry/uploads'))).toEqual([]);
  });

  test('are taken from a repository that the caller may read, and sent from any other', async () => {
    await pushImage(as(root), repository, 'one', image);
    const [digest] = layerOf(image);
    const target = `target-${randomIds.hex(4)}`;
    await call('CreateRepository', { repositoryName: target });
    const from = `/v2/${target}/blobs/uploads/?mount=${digest}&from=${repository}`;
    expect((await ask(as(await userWith(...PUSH)), 'POST', from)).status).toBe(202);
    expect((await ask(as(root), 'POST', from)).status).toBe(201);
  });

  test('one is read without a password by the address that GetDownloadUrlForLayer gives', async () => {
    await pushImage(as(root), repository, 'one', image);
    const [layerDigest, bytes] = layerOf(image);
    const { downloadUrl = '' } = (await call('GetDownloadUrlForLayer', {
      repositoryName: repository,
      layerDigest,
    })) as { downloadUrl?: string };
    const read = await fetch(downloadUrl);
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
    const [other = ''] = [...image.blobs.keys()];
    for (const changed of [
      downloadUrl.replace(layerDigest, other),
      downloadUrl.replace(/expires=\d/, 'expires=9'),
      downloadUrl.replace(`account=${ACCOUNT}`, 'account=111111111111'),
    ]) {
      expect((await fetch(changed)).status).toBe(401);
    }
    expect((await fetch(downloadUrl, { method: 'HEAD' })).status).toBe(401);
    await expect(
      call('GetDownloadUrlForLayer', { repositoryName: repository, layerDigest: 'none' }),
    ).rejects.toMatchObject({ code: 'LayersNotFoundException' });
  });

  test('go with the last image that has them', async () => {
    const [digest] = layerOf(image);
    const other = buildImage({ layers: [await buildTar([{ name: 'b', content: repository }])] });
    await pushImage(as(root), repository, 'other', other);
    const [own] = layerOf(other);
    await pushImage(as(root), repository, 'one', image);
    await call('BatchDeleteImage', {
      repositoryName: repository,
      imageIds: [{ imageTag: 'other' }],
    });
    const key = { account: ACCOUNT, region: REGION, name: repository };
    expect(registry.layer(key, own)).toBeUndefined();
    expect(registry.layer(key, digest)).toBeDefined();
    await expect(registry.open(own)).rejects.toMatchObject({ name: 'BlobMissing' });
    await (await registry.open(digest)).close();
    await expect(call('DeleteRepository', { repositoryName: repository })).rejects.toMatchObject({
      code: 'RepositoryNotEmptyException',
    });
    await call('DeleteRepository', { repositoryName: repository, force: true });
    expect(registry.repository(key)).toBeUndefined();
  });
});

describe('manifests', () => {
  test('are found by tag and digest; tags move, are listed by pages, and go one by one', async () => {
    const here = as(root);
    for (const tag of ['a', 'b', 'c']) await pushImage(here, repository, tag, image);
    const other = buildImage({ layers: [await buildTar([{ name: 'moved' }])] });
    await pushImage(here, repository, 'b', other);
    const digestAt = async (reference: string): Promise<string | null> =>
      (await ask(here, 'HEAD', `/v2/${repository}/manifests/${reference}`)).headers.get(
        'docker-content-digest',
      );
    expect(await digestAt('a')).toBe(image.digest);
    expect(await digestAt('b')).toBe(other.digest);
    expect(await digestAt(other.digest)).toBe(other.digest);
    const page = await ask(here, 'GET', `/v2/${repository}/tags/list?n=2`);
    expect(await page.json()).toEqual({ name: repository, tags: ['a', 'b'] });
    const next = /<(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect(await (await ask(here, 'GET', next)).json()).toEqual({ name: repository, tags: ['c'] });
    expect((await ask(here, 'DELETE', `/v2/${repository}/manifests/c`)).status).toBe(202);
    expect(await digestAt('a')).toBe(image.digest);
    await ask(here, 'DELETE', `/v2/${repository}/manifests/${image.digest}`);
    await expect(digestAt('a')).rejects.toThrow('404');
  });

  test('that name what was not pushed, have another digest, or are none are refused', async () => {
    const here = as(root);
    const put = (reference: string, body: Buffer, type?: string): Promise<Response> =>
      ask(here, 'PUT', `/v2/${repository}/manifests/${reference}`, body, {
        'content-type': type ?? 'application/vnd.oci.image.manifest.v1+json',
      });
    await expect(put('x', image.manifest)).rejects.toThrow(/404.*MANIFEST_BLOB_UNKNOWN/);
    await expect(put(`sha256:${'0'.repeat(64)}`, image.manifest)).rejects.toThrow(
      /400.*DIGEST_INVALID/,
    );
    await expect(put('x', Buffer.from('{}'))).rejects.toThrow(/400.*MANIFEST_INVALID/);
    const artifact = { schemaVersion: 2, mediaType: 'text/plain', config: {}, layers: [] };
    await expect(put('x', Buffer.from(JSON.stringify(artifact)), 'text/plain')).rejects.toThrow(
      '400',
    );
    await expect(put('not a tag', image.manifest)).rejects.toThrow('400');
  });

  test('a tag that must not move does not', async () => {
    await call('PutImageTagMutability', {
      repositoryName: repository,
      imageTagMutability: 'IMMUTABLE',
    });
    await pushImage(as(root), repository, 'fixed', image);
    await pushImage(as(root), repository, 'fixed', image);
    const other = buildImage({ layers: [await buildTar([{ name: 'other' }])] });
    await expect(pushImage(as(root), repository, 'fixed', other)).rejects.toThrow(
      /400.*TAG_INVALID.*immutable/,
    );
  });

  test('paths and methods that no registry has, and repositories that are not there', async () => {
    const here = as(root);
    await expect(ask(here, 'GET', '/v2/UPPER/tags/list')).rejects.toThrow(/404.*NAME_INVALID/);
    await expect(ask(here, 'GET', '/v2/no/such/tags/list')).rejects.toThrow(/404.*NAME_UNKNOWN/);
    await expect(
      ask(here, 'DELETE', `/v2/${repository}/blobs/${digestOf(Buffer.from('x'))}`),
    ).rejects.toThrow(/405.*UNSUPPORTED/);
  });
});

test('an upload that nobody goes on with for a day is forgotten', async () => {
  const here = as(root);
  const begun = await ask(here, 'POST', `/v2/${repository}/blobs/uploads/`);
  const place = begun.headers.get('location') ?? '';
  const later = Date.now() + 90_000_000;
  clock = { ...systemClock, nowMs: () => later };
  const second = await ask(here, 'POST', `/v2/${repository}/blobs/uploads/`);
  await expect(ask(here, 'GET', place)).rejects.toThrow('404');
  await ask(here, 'DELETE', second.headers.get('location') ?? '');
  clock = { ...systemClock };
});
