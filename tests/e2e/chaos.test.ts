/**
 * Sandboxes, the sandbox helper and the server itself are killed at random moments under load.
 * Whatever was told to a caller must be true, what was acknowledged must be there, and nothing of a
 * dead server may stay.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { leftoversOf } from '../../packages/testkit/src/leftovers.ts';
import { seededRandom } from '../../packages/testkit/src/seeded-random.ts';
import { helperOf, sandboxedProcessesOf } from '../../packages/testkit/src/server-processes.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const ROUNDS = 4;
const CALLERS = 4;
const FUNCTIONS = {
  node: {
    Runtime: 'nodejs22.x',
    files: {
      'index.mjs': `export const handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, event.ms));
  return event;
};`,
    },
  },
  python: {
    Runtime: 'python3.11',
    files: {
      'index.py': `import time

def handler(event, context):
    time.sleep(event["ms"] / 1000)
    return event
`,
    },
  },
} as const;

type Name = keyof typeof FUNCTIONS;

function optionsOf(server: TestServer) {
  return {
    ...clientSettings(server.endpoint, 'eu-west-1'),
    maxAttempts: 1,
  };
}

async function createFunctions(server: TestServer): Promise<void> {
  const lambda = new LambdaClient(optionsOf(server));
  const Role = await createFunctionRole(new IAMClient(optionsOf(server)), 'chaos');
  for (const [FunctionName, { Runtime, files }] of Object.entries(FUNCTIONS)) {
    const Code = { ZipFile: await zipOf(files) };
    await createFunction(lambda, FunctionName, { Runtime, Role, Code, Timeout: 60 });
  }
  lambda.destroy();
}

/** What a caller was told; anything but these three is a failure of the test. */
type Told = 'answer' | 'killed' | 'no server';

async function call(lambda: LambdaClient, name: Name, event: object): Promise<Told> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
  const answer = await lambda.send(command).catch((error: Error) => error);
  if (answer instanceof Error) {
    // The helper or the server was killed meanwhile: a fault of the platform, told as one.
    expect(`${answer.name} ${answer.message}`).toMatch(
      /^ServiceException|ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|TimeoutError/,
    );
    return 'no server';
  }
  const told: unknown = JSON.parse(answer.Payload?.transformToString() ?? '');
  if (answer.FunctionError === undefined) {
    expect(told).toEqual(event);
    return 'answer';
  }
  expect(told).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/signal: killed$/),
  });
  return 'killed';
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Calls without end until told to stop; kills what it draws meanwhile. */
async function storm(server: TestServer, random: (below: number) => number): Promise<Told[]> {
  const lambda = new LambdaClient(optionsOf(server));
  const over = new AbortController();
  const told: Told[] = [];
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let each = 0; !over.signal.aborted; each += 1) {
      const name = random(2) === 0 ? 'node' : 'python';
      told.push(await call(lambda, name, { caller, each, ms: random(60) }));
    }
  });
  // The first answer, so that every round has some: what is killed earlier has a test elsewhere.
  await expect.poll(() => told.includes('answer'), { timeout: 60_000 }).toBe(true);
  for (let blow = 0; blow < 10; blow += 1) {
    await sleep(20 + random(150));
    const running = sandboxedProcessesOf(server.pid);
    if (random(5) === 0) kill(await helperOf(server.pid));
    else kill(running[random(Math.max(1, running.length))]);
  }
  await sleep(random(200));
  await server.kill();
  over.abort();
  await Promise.all(callers);
  lambda.destroy();
  return told;
}

test('sandboxes, the helper and the server are killed at any moment: nothing false is told, nothing is lost or left', async () => {
  const seed = randomInt(2 ** 31);
  const random = seededRandom(seed);
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-chaos-'));
  let server = await startServer({ dataFolder });
  try {
    await createFunctions(server);
    for (let round = 0; round < ROUNDS; round += 1) {
      const told = await storm(server, random);
      expect(told, `round ${round}`).toContain('answer');
      const killed = server;
      server = await startServer({ dataFolder });
      const left = (): Promise<readonly string[]> => leftoversOf(killed, { isFolderReused: true });
      await expect.poll(left, { timeout: 30_000 }).toEqual([]);
      const lambda = new LambdaClient(optionsOf(server));
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      const names = new Set(Functions.map(({ FunctionName }) => FunctionName));
      expect(names).toEqual(new Set(['node', 'python']));
      for (const name of ['node', 'python'] as const) {
        expect(await call(lambda, name, { after: round, ms: 0 })).toBe('answer');
      }
      lambda.destroy();
    }
    expect(await server.stop()).toBe(0);
    expect(await leftoversOf(server)).toEqual([]);
  } catch (error) {
    throw new Error(`With seed ${seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    await server.kill();
    await rm(dataFolder, { recursive: true, force: true });
  }
});
