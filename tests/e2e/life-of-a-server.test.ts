/** Starting, stopping, starting again: by the command line that a user has. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { leftoversOf } from '../../packages/testkit/src/leftovers.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import {
  repository,
  startServer,
  type TestServer,
} from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const mainFile = path.join(repository, 'packages/server/src/main.ts');

function clientsOf(server: TestServer): {
  lambda: LambdaClient;
  iam: IAMClient;
  logs: CloudWatchLogsClient;
} {
  const options = {
    ...clientSettings(server.endpoint),
  };
  return {
    lambda: new LambdaClient(options),
    iam: new IAMClient(options),
    logs: new CloudWatchLogsClient(options),
  };
}

async function createCounter(server: TestServer): Promise<void> {
  const { lambda, iam } = clientsOf(server);
  const Role = await createFunctionRole(iam, 'counter');
  const source = `import fs from 'node:fs';
import { step } from 'steps';
let calls = 0;
export const handler = async () => {
  calls += step;
  fs.appendFileSync('/tmp/calls', 'x');
  console.log('call', calls);
  return { calls, tmp: fs.statSync('/tmp/calls').size };
};`;
  await createFunction(lambda, 'counter', {
    Role,
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
    Layers: [await publishSteps(lambda, 'below', 100), await publishSteps(lambda, 'above', 1)],
  });
}

/** A library that the counter imports; of two layers that bring it the later counts. */
async function publishSteps(
  lambda: LambdaClient,
  LayerName: string,
  step: number,
): Promise<string> {
  const ZipFile = await zipOf({
    'nodejs/node_modules/steps/index.js': `exports.step = ${step};`,
    [`nodejs/node_modules/${LayerName}.js`]: '',
  });
  const published = await lambda.send(
    new PublishLayerVersionCommand({ LayerName, Content: { ZipFile } }),
  );
  return published.LayerVersionArn ?? '';
}

async function count(server: TestServer): Promise<unknown> {
  const answer = await clientsOf(server).lambda.send(
    new InvokeCommand({ FunctionName: 'counter' }),
  );
  return JSON.parse(answer.Payload?.transformToString() ?? '');
}

async function logLines(server: TestServer): Promise<readonly string[]> {
  const { events } = await clientsOf(server).logs.send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/counter', filterPattern: 'call' }),
  );
  return (events ?? []).map((event) => event.message ?? '');
}

/** Of a server that was killed: its helper needs a moment to see that, and to end what it has. */
async function nothingIsLeftOf(killed: TestServer): Promise<void> {
  const look = (): Promise<readonly string[]> => leftoversOf(killed, { isFolderReused: true });
  // Behind its helper, which has ten seconds for its own end, and the next start.
  await expect.poll(look, { timeout: 60_000 }).toEqual([]);
}

test('a second start finds functions, roles and logs; SIGTERM leaves nothing behind', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-life-'));
  const first = await startServer({ dataFolder });
  await createCounter(first);
  expect(await count(first)).toEqual({ calls: 1, tmp: 1 });
  expect(await count(first)).toEqual({ calls: 2, tmp: 2 });
  expect(await first.stop()).toBe(0);
  expect(await leftoversOf(first)).toEqual([]);

  const second = await startServer({ dataFolder });
  const { Configuration } = await clientsOf(second).lambda.send(
    new GetFunctionCommand({ FunctionName: 'counter' }),
  );
  expect(Configuration).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful' });
  expect(await logLines(second)).toHaveLength(2);
  expect(await count(second)).toEqual({ calls: 1, tmp: 1 });
  await expect.poll(() => logLines(second)).toHaveLength(3);
  expect(await second.stop()).toBe(0);
  expect(await leftoversOf(second)).toEqual([]);
  await rm(dataFolder, { recursive: true });
});

test('after kill -9 the next start removes what was left, and everything acknowledged is there', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-life-'));
  const first = await startServer({ dataFolder });
  await createCounter(first);
  await count(first);
  await first.kill();
  const second = await startServer({ dataFolder });
  await nothingIsLeftOf(first);
  expect(await count(second)).toEqual({ calls: 1, tmp: 1 });
  expect(await second.stop()).toBe(0);
  expect(await leftoversOf(second)).toEqual([]);
  await rm(dataFolder, { recursive: true });
});

test('a server that is killed under load at any moment leaves nothing that its next start keeps', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-life-'));
  let server = await startServer({ dataFolder });
  await createCounter(server);
  for (let round = 0; round < 2; round++) {
    const load = Array.from({ length: 6 }, () => count(server).catch(() => undefined));
    await sleep(Math.random() * 400);
    await server.kill();
    await Promise.all(load);
    const killed = server;
    server = await startServer({ dataFolder });
    await nothingIsLeftOf(killed);
    expect(await count(server)).toEqual({ calls: 1, tmp: 1 });
  }
  expect(await server.stop()).toBe(0);
  expect(await leftoversOf(server)).toEqual([]);
  await rm(dataFolder, { recursive: true });
});

test.each(['crun', 'runc'])('HEARTH_OCI_RUNTIME=%s takes that runtime', async (runtime) => {
  await using server = await startServer({ env: { HEARTH_OCI_RUNTIME: runtime } });
  expect(server.output()).toMatch(new RegExp(`isolation\\s+oci \\(${runtime} `));
  await createCounter(server);
  expect(await count(server)).toEqual({ calls: 1, tmp: 1 });
});

test('HEARTH_REUSE=never gives each invocation a brand-new environment', async () => {
  await using server = await startServer({ env: { HEARTH_REUSE: 'never' } });
  await createCounter(server);
  expect(await count(server)).toEqual({ calls: 1, tmp: 1 });
  expect(await count(server)).toEqual({ calls: 1, tmp: 1 });
});

test('the process driver is announced, and does the same job', async () => {
  await using server = await startServer({ args: ['--isolation', 'process'] });
  expect(server.output()).toMatch(/isolation\s+process/);
  const health = (await (await fetch(`${server.endpoint}/_hearth/health`)).json()) as object;
  expect(health).toMatchObject({ status: 'ok', isolation: { driver: 'process' } });
});

test('health says what is running', async () => {
  await using server = await startServer();
  const response = await fetch(`${server.endpoint}/_hearth/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: 'ok',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    isolation: { driver: 'oci', description: expect.stringMatching(/crun|runc/) },
  });
});

test('an unknown option is refused with the nearest name', async () => {
  const flag = await runCommand([process.execPath, mainFile, '--prot', '5000']);
  expect(flag.status).not.toBe(0);
  expect(flag.stderr).toMatch(/--prot.*--port/);
  const variable = await runCommand([process.execPath, mainFile], {
    env: { HEARTH_DATADIR: '/nowhere' },
  });
  expect(variable.status).not.toBe(0);
  expect(variable.stderr).toMatch(/HEARTH_DATADIR.*HEARTH_DATA_DIR/);
});

test('SIGTERM to `npm start` reaches the server, which drains and leaves nothing', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-npm-'));
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data-dir', dataFolder], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  const ended = new Promise((resolve) => npm.once('close', resolve));
  let output = '';
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/endpoint\s+http/);
  npm.kill('SIGTERM');
  // Its output ends when the last process that could write to it has.
  await ended;
  const server = { dataFolder, pid: npm.pid ?? 0 };
  expect(await leftoversOf(server)).toEqual([]);
  await rm(dataFolder, { recursive: true });
});

test('`npm start` says what its server was ended by', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-npm-'));
  const script = path.join(repository, 'scripts/start.mjs');
  const args = ['--no-install', '--port', '0', '--isolation', 'process', '--data-dir', dataFolder];
  const starter = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => starter.once('close', resolve));
  let output = '';
  for (const stream of [starter.stdout, starter.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/endpoint\s+http/);
  const { pid = 0 } = starter;
  const [server] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
  process.kill(Number(server), 'SIGKILL');
  expect(await ended).toBe(1);
  expect(output).toMatch(/\nThe server was ended by SIGKILL, and did not drain\.\n$/);
  await rm(dataFolder, { recursive: true });
});

test('two servers do not share one data folder', async () => {
  await using server = await startServer();
  const second = await runCommand(
    [process.execPath, mainFile, '--port', '0', '--data-dir', server.dataFolder],
    { timeoutMs: 20_000 },
  );
  expect(second.status).not.toBe(0);
  expect(second.stderr).toContain(String(server.pid));
});
