import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bashEntries, bashExtension, bashRuntime } from '../code/fixtures/bash-image.ts';
import {
  buildImage,
  buildTar,
  type BuiltImage,
  type TarEntry,
} from '../code/fixtures/build-image.ts';
import { openImageStore, type ImageRoot, type ImageStore } from '../code/images/image-store.ts';
import type { ImageOverrides } from '../core/image/image-config.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import { parseManifest, type ImageManifest } from '../core/image/image-manifest.ts';
import { silentLogger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { startOciDriver } from './oci-drivers.testsuite.ts';
import { startStage, type Stage } from './stage.testsuite.ts';

const HANDLER = `
  case "$event" in
    *variables*) declare -x ;;
    *leave*) exit 7 ;;
    *) [ -e ./usr/bin/env ] && printf 'the host'
       printf '{"event":%s,"arguments":"%s","folder":"%s"}' "$event" "$*" "$PWD" ;;
  esac`;
const config = {
  Entrypoint: ['/app/runtime'],
  Cmd: ['one', 'two'],
  WorkingDir: '/app',
  Env: ['OWN=image', 'BOTH=image', 'PATH=/bin', 'AWS_REGION=stolen', 'TZ=:local'],
};

let folder: string;
let driver: SandboxDriver;
let store: ImageStore;
let stage: Stage;
const images = new Map<string, ImageRoot>();
let base: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-image-functions-'));
  driver = await startOciDriver(path.join(folder, 'sandboxes'), silentLogger);
  const manifests = new Map<string, ImageManifest>();
  store = await openImageStore({
    folder: path.join(folder, 'images'),
    contents: {
      manifest: (digest) => manifests.get(digest),
      manifests: () => manifests.values(),
      open: (digest) => open(path.join(folder, digest)),
    },
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    logger: silentLogger,
  });
  base = await buildTar(bashEntries());
  const keep = async (name: string, built: BuiltImage): Promise<void> => {
    for (const [digest, bytes] of built.blobs) await writeFile(path.join(folder, digest), bytes);
    manifests.set(built.digest, parseManifest(built.manifest) as ImageManifest);
    images.set(name, await store.root(built.digest));
  };
  const program: TarEntry[] = [
    { name: 'app/runtime', mode: 0o755, content: bashRuntime(HANDLER) },
    { name: 'app/data', content: 'data' },
    { name: 'app/script', mode: 0o755, content: '#!/no/interpreter\n' },
    { name: 'out', type: 'symlink', linkname: '/proc/1/root' },
  ];
  const extension = {
    name: 'opt/extensions/watches',
    mode: 0o755,
    content: bashExtension('watches'),
  };
  const layers = [base, await buildTar(program)];
  await keep('plain', buildImage({ layers, config }));
  await keep('extended', buildImage({ layers: [...layers, await buildTar([extension])], config }));
  await keep('bare', buildImage({ layers: [base] }));
  stage = await startStage(driver, folder, { images });
});
afterAll(async () => {
  await stage.invoker.close();
  await store.close();
  await driver.close();
  await rm(folder, { recursive: true });
});

const imageFunction = (
  image: string,
  overrides?: ImageOverrides,
  changes: Partial<FunctionVersion> = {},
): FunctionVersion =>
  stage.version(`f-${image}`, {
    incarnation: JSON.stringify([image, overrides, changes]),
    runtime: '',
    handler: '',
    code: { sha256: '', sizeBytes: 0 },
    image: { digest: image, ...(overrides === undefined ? {} : { config: overrides }) },
    ...changes,
  });
const answer = async (version: FunctionVersion, event: unknown = 1): Promise<string> => {
  const { payload } = await stage.invoke(version, event);
  return Buffer.from(payload).toString();
};

test('its program speaks the Runtime API, in its folder, with its words', async () => {
  const version = imageFunction('plain');
  const told = { event: { n: 1 }, arguments: 'one two', folder: '/app' };
  expect(JSON.parse(await answer(version, { n: 1 }))).toEqual(told);
  // The same environment.
  expect(JSON.parse(await answer(version, { n: 2 }))).toMatchObject({ event: { n: 2 } });
});

test('each of entry point, command and folder is overridden by itself', async () => {
  const command = imageFunction('plain', { command: ['three'] });
  expect(JSON.parse(await answer(command))).toMatchObject({ arguments: 'three', folder: '/app' });
  const entryPoint = ['bash', '/app/runtime', 'zero'];
  const both = imageFunction('plain', { entryPoint, workingDirectory: '/' });
  expect(JSON.parse(await answer(both))).toMatchObject({ arguments: 'zero one two', folder: '/' });
});

test("it has its own variables below the function's, and AWS's above both", async () => {
  const environment = { BOTH: 'function', MINE: 'yes' };
  const text = await answer(imageFunction('plain', undefined, { environment }), 'variables');
  const variables = Object.fromEntries(
    [...text.matchAll(/^declare -x (\w+)="(.*)"$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(variables).toMatchObject({
    OWN: 'image',
    BOTH: 'function',
    MINE: 'yes',
    PATH: '/bin',
    TZ: ':local',
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'f-plain',
    LAMBDA_TASK_ROOT: '/var/task',
  });
  for (const absent of ['_HANDLER', 'AWS_EXECUTION_ENV', 'LD_LIBRARY_PATH', 'HOME']) {
    expect(variables).not.toHaveProperty(absent);
  }
});

test('a program that leaves ends its environment, and the next invocation has another', async () => {
  const version = imageFunction('plain', { command: ['leaves'] });
  const { outcome } = await stage.invoke(version, 'leave');
  expect(outcome.kind).not.toBe('timed-out');
  expect(JSON.parse(await answer(version))).toMatchObject({ arguments: 'leaves' });
});

test('an extension that the image brings is started before its program', async () => {
  expect(JSON.parse(await answer(imageFunction('extended')))).toMatchObject({ event: 1 });
  const log = (): string =>
    stage.lines
      .filter(({ group }) => group.endsWith('f-extended'))
      .map(({ message }) => message)
      .join('');
  await expect
    .poll(log, { timeout: 20_000 })
    .toMatch(/watches is here\n[^]*EXTENSION\tName: watches\tState: Ready\tEvents: \[INVOKE\]/);
});

test.each<[ImageOverrides, string, string]>([
  [
    { entryPoint: ['/nowhere'] },
    'InvalidEntrypoint',
    'fork/exec /nowhere: no such file or directory',
  ],
  [{ entryPoint: ['nowhere'] }, 'InvalidEntrypoint', "Couldn't find valid bootstrap(s): [nowhere]"],
  [{ entryPoint: ['./data'] }, 'InvalidEntrypoint', 'fork/exec ./data: permission denied'],
  [
    { entryPoint: ['/app/script'] },
    'InvalidEntrypoint',
    'fork/exec /app/script: no such file or directory',
  ],
  [{ entryPoint: ['/app'] }, 'InvalidEntrypoint', 'fork/exec /app: permission denied'],
  [{ workingDirectory: '/gone' }, 'InvalidWorkingDir', 'chdir /gone: no such file or directory'],
  [{ workingDirectory: '/app/data' }, 'InvalidWorkingDir', 'chdir /app/data: not a directory'],
  [
    { workingDirectory: 'app' },
    'InvalidWorkingDir',
    "the working directory 'app' is invalid, it needs to be an absolute path",
  ],
])('%j cannot be started, in AWS’s words', async (overrides, type, message) => {
  const version = imageFunction('plain', overrides, { memoryMib: 128 });
  expect(JSON.parse(await answer(version))).toEqual({
    errorType: `Runtime.${type}`,
    errorMessage: `RequestId: ${stage.lastRequestId()} Error: ${message}`,
  });
  const { entryPoint = ['/app/runtime'], workingDirectory = '/app' } = overrides;
  const line = `IMAGE\tLaunch error: ${message}\tEntrypoint: [${entryPoint.join()}]\tCmd: [one,two]\tWorkingDir: [${workingDirectory}]\n`;
  const told = (): string[] => stage.lines.map((each) => each.message);
  await expect.poll(told, { timeout: 20_000 }).toContain(line);
  expect(told().some((each) => each.startsWith('INIT_START'))).toBe(false);
});

test('an image that says no program has none', async () => {
  expect(await answer(imageFunction('bare'))).toContain('Error: exec: no command');
});

test.each(['/proc/self/fd/8', '/out', '/proc/1/root'])(
  'a folder that leads to %s shows nothing of the host',
  async (workingDirectory) => {
    const text = await answer(imageFunction('plain', { workingDirectory }, { timeoutSeconds: 5 }));
    expect(text).not.toContain('the host');
  },
);
