/**
 * Functions from container images, from the push to the answer: a repository made by ECR's SDK, an image
 * pushed as registries' clients do it, a function made of it by Lambda's SDK, and what becomes of it
 * when its tag moves, when the image is deleted, when the server is killed.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bashEntries, bashRuntime } from '../../packages/server/src/code/fixtures/bash-image.ts';
import {
  buildImage,
  buildTar,
  type BuiltImage,
} from '../../packages/server/src/code/fixtures/build-image.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { pushImage, type Registry } from '../../packages/testkit/src/push-image.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

const REGION = 'eu-west-1';
const HOST = `000000000000.dkr.ecr.${REGION}.amazonaws.com`;
const waiting = { maxWaitTime: 120, minDelay: 0.2, maxDelay: 1 };

let dataFolder: string;
let server: TestServer;
let ecr: ECRClient;
let lambda: LambdaClient;
let registry: Registry;
let role: string;
let base: Buffer;
let other: OtherRegistry | undefined;

async function open(): Promise<void> {
  const env = { HEARTH_REGISTRIES: other?.host ?? '' };
  server = await startServer({ dataFolder, env });
  const settings = { ...clientSettings(server.endpoint, REGION), maxAttempts: 1 };
  ecr = new ECRClient(settings);
  lambda = new LambdaClient(settings);
  registry = { endpoint: server.endpoint, authorization: await login() };
}
async function close(): Promise<void> {
  ecr?.destroy();
  lambda?.destroy();
}
beforeAll(async () => {
  dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-container-images-'));
  base = await buildTar(bashEntries());
  if (hasRegistry) other = await startOtherRegistry(path.join(dataFolder, 'other'));
  await open();
  const iam = new IAMClient(clientSettings(server.endpoint, REGION));
  role = await createFunctionRole(iam, 'image-role');
  iam.destroy();
});
afterAll(async () => {
  await close();
  await server?.[Symbol.asyncDispose]();
  await other?.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

async function login(): Promise<string> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  return `Basic ${authorizationData?.[0]?.authorizationToken}`;
}

const run = promisify(execFile);
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;

const hasRegistry = spawnSync('docker-registry', ['--version']).status === 0;

interface OtherRegistry {
  readonly host: string;
  stop(): Promise<void>;
}

/** Docker's own, on a port of its choice. */
async function startOtherRegistry(folder: string): Promise<OtherRegistry> {
  await mkdir(folder, { recursive: true });
  const configuration = path.join(folder, 'config.json');
  await writeFile(
    configuration,
    JSON.stringify({
      version: '0.1',
      log: { accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder } },
      http: { addr: '127.0.0.1:0' },
    }),
  );
  const child = spawn('docker-registry', ['serve', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const host = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then(() => reject(new Error(text)));
  });
  return {
    host,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

/** An image as a folder, in OCI's layout. */
async function writeLayout(folder: string, image: BuiltImage): Promise<void> {
  const blobs = path.join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  for (const [digest, bytes] of [...image.blobs, [image.digest, image.manifest] as const]) {
    await writeFile(path.join(blobs, digest.slice('sha256:'.length)), bytes);
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const { digest, manifest } = image;
  const annotations = { 'org.opencontainers.image.ref.name': '1' };
  const manifests = [{ mediaType, digest, size: manifest.length, annotations }];
  await writeFile(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

/** Its function answers with the word, its arguments and the event. */
async function imageThatSays(word: string): Promise<BuiltImage> {
  const runtime = bashRuntime(`printf '["${word}","%s",%s]' "$*" "$event"`);
  const program = await buildTar([{ name: 'app/run', mode: 0o755, content: runtime }]);
  const config = { Entrypoint: ['/app/run'], Cmd: ['handler'], WorkingDir: '/app' };
  return buildImage({ layers: [base, program], config });
}

async function createFunction(FunctionName: string, ImageUri: string, more = {}): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      PackageType: 'Image',
      Code: { ImageUri },
      Role: role,
      Timeout: 30,
      ...more,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, ...waiting }, { FunctionName });
}

async function invoke(
  FunctionName: string,
  event: unknown = 1,
  Qualifier?: string,
): Promise<unknown> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event) }),
  );
  return JSON.parse(Buffer.from(answer.Payload ?? []).toString());
}

describe('a function from a container image', () => {
  let first: BuiltImage;
  let second: BuiltImage;

  test('runs what was pushed, by the digest that its tag had', async () => {
    const { repository } = await ecr.send(
      new CreateRepositoryCommand({ repositoryName: 'shop/pays' }),
    );
    expect(repository?.repositoryUri).toBe(`${new URL(server.endpoint).host}/shop/pays`);
    [first, second] = (await Promise.all(['first', 'second'].map(imageThatSays))) as [
      BuiltImage,
      BuiltImage,
    ];
    await pushImage(registry, 'shop/pays', 'latest', first);
    await createFunction('pays', `${HOST}/shop/pays:latest`);
    expect(await invoke('pays', { n: 1 })).toEqual(['first', 'handler', { n: 1 }]);
    const { Code, Configuration } = await lambda.send(
      new GetFunctionCommand({ FunctionName: 'pays' }),
    );
    expect(Code).toEqual({
      RepositoryType: 'ECR',
      ImageUri: `${HOST}/shop/pays:latest`,
      ResolvedImageUri: `${HOST}/shop/pays@${first.digest}`,
    });
    expect(Configuration).toMatchObject({
      PackageType: 'Image',
      State: 'Active',
      CodeSha256: first.digest.slice('sha256:'.length),
    });
    const { policyText = '' } = await ecr.send(
      new GetRepositoryPolicyCommand({ repositoryName: 'shop/pays' }),
    );
    expect(policyText).toContain('LambdaECRImageRetrievalPolicy');
  });

  test('goes on with that image when the tag moves, until it is told to take the new one', async () => {
    await lambda.send(new PublishVersionCommand({ FunctionName: 'pays' }));
    await waitUntilPublishedVersionActive(
      { client: lambda, ...waiting },
      { FunctionName: 'pays', Qualifier: '1' },
    );
    await pushImage(registry, 'shop/pays', 'latest', second);
    expect(await invoke('pays')).toEqual(['first', 'handler', 1]);
    await lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: 'pays',
        ImageUri: `${new URL(server.endpoint).host}/shop/pays:latest`,
      }),
    );
    await waitUntilFunctionUpdatedV2({ client: lambda, ...waiting }, { FunctionName: 'pays' });
    expect(await invoke('pays')).toEqual(['second', 'handler', 1]);
    expect(await invoke('pays', 1, '1')).toEqual(['first', 'handler', 1]);
    const ImageConfig = { Command: ['other', 'words'] };
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'pays', ImageConfig }),
    );
    await waitUntilFunctionUpdatedV2({ client: lambda, ...waiting }, { FunctionName: 'pays' });
    expect(await invoke('pays')).toEqual(['second', 'other words', 1]);
  });

  test('becomes Active although the server was killed before it was', async () => {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'interrupted',
        PackageType: 'Image',
        Code: { ImageUri: `${HOST}/shop/pays:latest` },
        Role: role,
        Timeout: 30,
      }),
    );
    await server.kill();
    await close();
    await open();
    const FunctionName = 'interrupted';
    await waitUntilFunctionActiveV2({ client: lambda, ...waiting }, { FunctionName });
    expect(await invoke(FunctionName)).toEqual(['second', 'handler', 1]);
  });

  test('runs after its image was deleted and the server was killed', async () => {
    const { imageDetails = [] } = await ecr.send(
      new DescribeImagesCommand({ repositoryName: 'shop/pays' }),
    );
    expect(imageDetails).toHaveLength(2);
    const imageIds = imageDetails.map(({ imageDigest }) => ({ imageDigest }));
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'shop/pays', imageIds }));
    await close();
    await server.kill();
    await open();
    expect(await invoke('pays')).toEqual(['second', 'other words', 1]);
    expect(await invoke('pays', 1, '1')).toEqual(['first', 'handler', 1]);
  });

  test.each([
    ['shop/pays:gone', 'does not exist'],
    ['no/repository:latest', 'does not exist'],
    ['shop/pays', 'is not valid'],
  ])('is not made of %s', async (image, problem) => {
    await expect(createFunction('none', `${HOST}/${image}`)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: `Source image ${HOST}/${image} ${problem}. Provide a valid source image.`,
    });
  });

  test.runIf(hasSkopeo)('is pushed by skopeo, and comes back as it was', async () => {
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'by/skopeo' }));
    const image = await imageThatSays('skopeo');
    const layout = path.join(dataFolder, 'layout');
    await writeLayout(layout, image);
    const there = `docker://${new URL(server.endpoint).host}/by/skopeo:1`;
    const password = Buffer.from(
      registry.authorization.slice('Basic '.length),
      'base64',
    ).toString();
    const options = ['--insecure-policy', '--tmpdir', dataFolder, 'copy'];
    await run('skopeo', [
      ...options,
      '--dest-tls-verify=false',
      '--dest-creds',
      password,
      `oci:${layout}:1`,
      there,
    ]);
    await createFunction('by-skopeo', `${HOST}/by/skopeo:1`);
    expect(await invoke('by-skopeo')).toEqual(['skopeo', 'handler', 1]);
    const back = `oci:${path.join(dataFolder, 'back')}:1`;
    await run('skopeo', [
      ...options,
      '--src-tls-verify=false',
      '--src-creds',
      password,
      there,
      back,
    ]);
    const [, hex = ''] = image.digest.split(':');
    const blob = await readFile(path.join(dataFolder, 'back/blobs/sha256', hex));
    expect(blob).toEqual(image.manifest);
  });

  test.runIf(hasRegistry)(
    'is pulled from another registry, and from no other than the options name',
    async () => {
      const host = other?.host ?? '';
      const image = await imageThatSays('elsewhere');
      await pushImage({ endpoint: `http://${host}`, authorization: '' }, 'some/where', '1', image);
      await createFunction('elsewhere', `${host}/some/where:1`);
      expect(await invoke('elsewhere')).toEqual(['elsewhere', 'handler', 1]);
      for (const [uri, problem] of [
        [`${host}/some/where:gone`, 'does not exist'],
        ['registry.example.com/some/where:1', 'is not valid'],
      ]) {
        await expect(createFunction('none', uri ?? '')).rejects.toThrow(
          `Source image ${uri} ${problem}. Provide a valid source image.`,
        );
      }
    },
  );

  test('becomes Failed of an image for another machine', async () => {
    const foreign = buildImage({ layers: [base], top: { architecture: 's390x' } });
    await pushImage(registry, 'shop/pays', 'other', foreign);
    await expect(createFunction('other', `${HOST}/shop/pays:other`)).rejects.toThrow(
      'InvalidImage',
    );
  });
});
