/** When an execution environment serves again, when it does not, and what an update changes. */
import {
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

let functions: Functions;

const source = `import fs from 'node:fs';
import { randomUUID } from 'node:crypto';
const environment = randomUUID();
const held = [];
let calls = 0;
export const handler = async (event) => {
  calls += 1;
  fs.appendFileSync('/tmp/calls', 'x');
  if (event.ms) await new Promise((resolve) => setTimeout(resolve, event.ms));
  if (event.mb) held.push(Buffer.alloc(event.mb << 20, 1));
  return { environment, calls, written: fs.statSync('/tmp/calls').size };
};`;

interface Seen {
  readonly environment: string;
  readonly calls: number;
  readonly written: number;
}

beforeAll(async () => {
  // Long enough that calls one after the other find their environment on a busy machine.
  functions = await openFunctions(['--idle-timeout', '2']);
  await functions.create('reused', 'nodejs22.x', { 'index.mjs': source });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

async function environments(): Promise<{
  starting: number;
  idle: number;
  frozen: number;
  busy: number;
}> {
  const answer = await fetch(`${functions.server.endpoint}/_hearth/health`);
  const health = (await answer.json()) as {
    invocations: { environments: { starting: number; idle: number; frozen: number; busy: number } };
  };
  return health.invocations.environments;
}

async function call(event: object = {}): Promise<Seen & { readonly log: string }> {
  const { functionError, payload, log } = await functions.invoke('reused', event);
  expect({ functionError, payload }).toMatchObject({ functionError: undefined });
  return { ...(payload as Seen), log };
}

async function updateCode(FunctionName: string, files: Record<string, string>): Promise<void> {
  const ZipFile = await zipOf(files);
  await functions.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
  await updated(FunctionName);
}

async function updated(FunctionName: string): Promise<void> {
  await waitUntilFunctionUpdatedV2(
    { client: functions.lambda, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { FunctionName },
  );
}

describe('an environment', () => {
  test('keeps the state of its module and its /tmp, and is initialised once', async () => {
    const first = await call();
    expect(first).toMatchObject({ calls: 1, written: 1 });
    expect(first.log).toMatch(/^REPORT .*\tInit Duration: [\d.]+ ms\t$/m);
    const second = await call();
    expect(second).toMatchObject({ environment: first.environment, calls: 2, written: 2 });
    expect(second.log).toMatch(/^REPORT /m);
    expect(second.log).not.toContain('Init Duration');
  });

  test('reports the memory that its function has come to use', async () => {
    const used = ({ log }: { readonly log: string }): number =>
      Number(/\tMax Memory Used: (\d+) MB\t/.exec(log)?.[1]);
    const before = await call();
    const after = await call({ mb: 60 });
    expect(after.environment).toBe(before.environment);
    expect(used(before)).toBeLessThan(64);
    expect(used(after)).toBeGreaterThanOrEqual(used(before) + 50);
    expect(used(after)).toBeLessThanOrEqual(128);
    // The most that was ever used, not what is used now.
    expect(used(await call())).toBeGreaterThanOrEqual(used(after));
  });

  test('serves one event at a time: five at once get five, which then end idle', async () => {
    // Longer than the last of them takes to start beside the rest of the suite.
    const five = await Promise.all(Array.from({ length: 5 }, () => call({ ms: 5_000 })));
    expect(new Set(five.map((each) => each.environment)).size).toBe(5);
    await expect
      .poll(environments, { timeout: 20_000, interval: 200 })
      .toEqual({ starting: 0, idle: 0, frozen: 0, busy: 0 });
    const next = await call();
    expect(five.map((each) => each.environment)).not.toContain(next.environment);
    expect(next).toMatchObject({ calls: 1, written: 1 });
    expect(next.log).toContain('Init Duration');
  });
});

describe('an update', () => {
  const edition = (text: string): Record<string, string> => ({
    'index.mjs': `import fs from 'node:fs';
import { part } from './part.mjs';
export const handler = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return ['${text}', part, fs.readFileSync('/var/task/data.txt', 'utf8')];
};`,
    'part.mjs': `export const part = '${text}';`,
    'data.txt': text,
  });

  test('under load: every answer is wholly old or wholly new, and new once it has settled', async () => {
    await functions.create('edited', 'nodejs22.x', edition('first'));
    const answers: { readonly payload: unknown; readonly edition: string }[] = [];
    let settled = 'first';
    const over = new AbortController();
    const caller = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const startedWith = settled;
        const { functionError, payload } = await functions.invoke('edited');
        expect({ functionError, payload }).toMatchObject({ functionError: undefined });
        answers.push({ payload, edition: startedWith });
      }
    };
    const editing = async (): Promise<void> => {
      for (const text of ['second', 'third']) {
        await updateCode('edited', edition(text));
        settled = text;
        const isSeen = (): boolean => answers.some((each) => each.edition === text);
        await expect.poll(isSeen, { timeout: 20_000 }).toBe(true);
      }
    };
    await Promise.all([editing().finally(() => over.abort()), caller(), caller(), caller()]);

    const order = ['first', 'second', 'third'];
    const seen = answers.map(({ payload, edition: least }) => {
      const [text] = payload as [string];
      expect(payload).toEqual([text, text, text]);
      expect(order.indexOf(text)).toBeGreaterThanOrEqual(order.indexOf(least));
      return text;
    });
    expect([...new Set(seen)].sort()).toEqual(['first', 'second', 'third']);
  });

  test('of the configuration reaches the next event in a new environment', async () => {
    const read =
      'export const handler = async () => [process.env.MOOD, process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE];';
    await functions.create('configured', 'nodejs22.x', { 'index.mjs': read });
    expect((await functions.invoke('configured')).payload).toEqual([null, '128']);
    await functions.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'configured',
        MemorySize: 192,
        Environment: { Variables: { MOOD: 'better' } },
      }),
    );
    await updated('configured');
    const { payload, log } = await functions.invoke('configured');
    expect(payload).toEqual(['better', '192']);
    expect(log).toMatch(/\tMemory Size: 192 MB\t.*\tInit Duration: /);
  });
});

describe('a function whose init fails', () => {
  const works = { 'index.mjs': "export const handler = async () => 'works';" };

  async function fixed(name: string): Promise<void> {
    await updateCode(name, works);
    const { functionError, payload } = await functions.invoke(name);
    expect({ functionError, payload }).toEqual({ functionError: undefined, payload: 'works' });
  }

  test('as its process ends is told how, and works once it is updated', async () => {
    await functions.create('exits', 'nodejs22.x', { 'index.mjs': 'process.exit(7);' });
    const { functionError, payload, requestId } = await functions.invoke('exits');
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status 7`,
    });
    await fixed('exits');
  });

  test('as it takes too long is timed out twice, and works once it is updated', async () => {
    const never = 'await new Promise((resolve) => setTimeout(resolve, 1_000_000));';
    await functions.create('late', 'nodejs22.x', { 'index.mjs': never }, { Timeout: 1 });
    const { functionError, payload, log, requestId } = await functions.invoke('late');
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(log).toMatch(/^REPORT .*\tStatus: timeout$/m);
    await expect
      .poll(() => functions.logOf('late'), { timeout: 10_000 })
      .toMatch(/^INIT_REPORT Init Duration: \d{5}\.\d+ ms\tPhase: init\tStatus: timeout$/m);
    await fixed('late');
  });

  test('as its module throws is answered with that error, and works once it is updated', async () => {
    const text = 'const missing = undefined;\nmissing.member();\n';
    await functions.create('throws-first', 'nodejs22.x', { 'index.mjs': text });
    const { functionError, payload } = await functions.invoke('throws-first');
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'TypeError',
      errorMessage: "Cannot read properties of undefined (reading 'member')",
      trace: expect.arrayContaining([
        expect.stringMatching(/^ {4}at file:\/\/\/var\/task\/index\.mjs:2:9$/),
      ]) as string[],
    });
    // Outside of an invocation there is no request id to write.
    await expect
      .poll(() => functions.logOf('throws-first'), { timeout: 10_000 })
      .toMatch(/Z\tundefined\tERROR\tUncaught Exception \t\{"errorType":"TypeError"/);
    await fixed('throws-first');
  });
});
