/** A server whose limits are not AWS's enforces its own, and tells their numbers. */
import { readFile } from 'node:fs/promises';
import {
  CreateFunctionCommand,
  GetAccountSettingsCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  functionRole,
  openFunctions,
  type Functions,
} from '../../packages/testkit/src/open-functions.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const changed = {
  timeoutSeconds: 1_800,
  memoryMib: 256,
  ephemeralMib: 600,
  payloadBytes: 7_000_000,
  eventBytes: 2_000,
  streamBytes: 5_000,
  zippedCodeBytes: 4_096,
  unzippedCodeBytes: 20_000,
  environmentBytes: 8_192,
  layers: 0,
  initSeconds: 1,
  processes: 80,
  fileDescriptors: 200,
  unreservedConcurrency: 2,
};

const source = `import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
const tasks = () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
  .map((pid) => readdirSync('/proc/' + pid + '/task').length).reduce((a, b) => a + b, 0);
const fork = () => new Promise((resolve) => {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  child.once('error', ({ code }) => resolve(code));
  child.once('spawn', () => resolve(undefined));
});
export const handler = async (event) => {
  if (event.size !== undefined) return 'x'.repeat(event.size);
  if (event.forks) {
    for (;;) {
      const code = await fork();
      if (code !== undefined) return { code, tasks: tasks() };
    }
  }
  const [, soft, hard] = /Max open files +(\\d+) +(\\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'));
  return { soft, hard };
};
export const streams = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('x'.repeat(event.size));
  stream.end();
});
await new Promise((resolve) => setTimeout(resolve, Number(process.env.INIT_MS ?? 0)));`;
const files = { 'index.mjs': source };

let functions: Functions;
beforeAll(async () => {
  const pairs = Object.entries(changed).map(([name, value]) => `${name}=${value}`);
  functions = await openFunctions(['--concurrency', '10', '--limits', pairs.join(',')]);
  const settings = { Timeout: 1_800, EphemeralStorage: { Size: 600 }, MemorySize: 256 };
  await functions.create('limited', 'nodejs22.x', files, settings);
  await functions.create('streams', 'nodejs22.x', files, { Handler: 'index.streams' });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

const update = (settings: Omit<UpdateFunctionConfigurationCommandInput, 'FunctionName'>) =>
  functions.lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'limited', ...settings }),
  );
const create = (ZipFile: Uint8Array, settings: Partial<CreateFunctionCommandInput> = {}) =>
  functions.lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'more',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: functionRole,
      Code: { ZipFile },
      ...settings,
    }),
  );
const least = (limit: number | string): RegExp =>
  new RegExp(`Member must have value less than or equal to ${limit}$`);

test('no limit that can be changed is left out here', async () => {
  const page = await readFile(new URL('../../docs/reference/limits.md', import.meta.url), 'utf8');
  const names = [...page.matchAll(/\| `(\w+)` \| [\d,]+ to [\d,]+ \|$/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(changed));
});

test('the account is told what its limits are', async () => {
  const { AccountLimit } = await functions.lambda.send(new GetAccountSettingsCommand());
  expect(AccountLimit).toMatchObject({
    CodeSizeZipped: 4_096,
    CodeSizeUnzipped: 20_000,
    ConcurrentExecutions: 10,
  });
});

test('a configuration may go to them and not beyond', async () => {
  await expect(update({ Timeout: 1_801 })).rejects.toThrow(least(1_800));
  await expect(update({ MemorySize: 257 })).rejects.toThrow(least(256));
  await expect(update({ EphemeralStorage: { Size: 601 } })).rejects.toThrow(least(600));
  await expect(
    update({ Environment: { Variables: { LARGE: 'x'.repeat(8_192) } } }),
  ).rejects.toThrow('exceeded the 8KB limit');
  const Layers = ['arn:aws:lambda:eu-west-1:000000000000:layer:any:1'];
  await expect(update({ Layers })).rejects.toThrow('Cannot reference more than 0 layers.');
});

test('code may be as large as they say', async () => {
  const random = Array.from({ length: 900 }, (_, index) => Math.sin(index).toString(36));
  await expect(create(await zipOf({ 'index.mjs': random.join('') }))).rejects.toMatchObject({
    name: 'RequestEntityTooLargeException',
    message: 'Zipped size must be smaller than 4096 bytes',
  });
  await expect(create(await zipOf({ 'index.mjs': 'x'.repeat(20_001) }))).rejects.toThrow(
    'Unzipped size must be smaller than 20000 bytes',
  );
});

test('events and answers may be as large as they say', async () => {
  const event = (size: number): string => JSON.stringify({ size: 0, text: 'x'.repeat(size - 20) });
  const send = (Payload: string, InvocationType: 'RequestResponse' | 'Event') =>
    functions.lambda.send(new InvokeCommand({ FunctionName: 'limited', Payload, InvocationType }));
  expect((await send(event(7_000_000), 'RequestResponse')).FunctionError).toBeUndefined();
  await expect(send(event(7_000_001), 'RequestResponse')).rejects.toMatchObject({
    name: 'RequestTooLargeException',
    message: 'Request must be smaller than 6999900 bytes for the InvokeFunction operation',
  });
  expect((await send(event(2_000), 'Event')).StatusCode).toBe(202);
  await expect(send(event(2_001), 'Event')).rejects.toThrow(
    '2001 byte payload is too large for the Event invocation type (limit 2000 bytes)',
  );
  const { payload } = await functions.invoke('limited', { size: 6_999_998 });
  expect(payload).toHaveLength(6_999_998);
  expect((await functions.invoke('limited', { size: 6_999_999 })).payload).toEqual({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (7000000 bytes).',
  });
});

test('a streamed answer may be as long as they say', async () => {
  const endOf = async (size: number): Promise<string | undefined> => {
    const { EventStream = [] } = await functions.lambda.send(
      new InvokeWithResponseStreamCommand({
        FunctionName: 'streams',
        Payload: JSON.stringify({ size }),
      }),
    );
    const [end] = (await Array.fromAsync(EventStream)).flatMap((each) => each.InvokeComplete ?? []);
    return end?.ErrorDetails;
  };
  expect(await endOf(5_000)).toBeUndefined();
  expect(await endOf(5_001)).toContain('maximum allowed payload size (5000 bytes)');
});

test('a function has as many file descriptors as they say', async () => {
  expect((await functions.invoke('limited')).payload).toEqual({ soft: '200', hard: '200' });
});

test('a function has as many processes and threads as they say', async () => {
  const { payload } = await functions.invoke('limited', { forks: true });
  const { code, tasks } = payload as { readonly code: string; readonly tasks: number };
  expect(code).toBe('EAGAIN');
  // A task that has just ended may still be counted, or not any more.
  expect(tasks).toBeLessThanOrEqual(80);
  expect(tasks).toBeGreaterThan(70);
});

test('an init may take as long as they say', async () => {
  const Environment = { Variables: { INIT_MS: '600000' } };
  await functions.create('slow', 'nodejs22.x', files, { Environment, Timeout: 3 });
  await functions.invoke('slow');
  // Lines are shipped after the answer.
  await expect
    .poll(() => functions.logOf('slow'), { timeout: 30_000 })
    .toMatch(/INIT_REPORT Init Duration: 1\d{3}\.\d\d ms\tPhase: init\tStatus: timeout/);
});

test('functions may reserve all but what they say', async () => {
  const reserve = (ReservedConcurrentExecutions: number) =>
    functions.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'limited', ReservedConcurrentExecutions }),
    );
  await expect(reserve(9)).rejects.toThrow('below its minimum value of [2].');
  expect(await reserve(8)).toMatchObject({ ReservedConcurrentExecutions: 8 });
});
