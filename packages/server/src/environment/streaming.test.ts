/** Streamed answers through the invoke room: real processes that speak the Runtime API. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionArn, type FunctionVersion } from '../core/function-version.ts';
import type { InvocationResult } from '../core/invocation.ts';
import type { ResponseSink } from '../core/response-sink.ts';
import { systemClock } from '../lib/clock.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { refusalsThrow, startStage, tailOf, type Stage } from './stage.testsuite.ts';

let folder: string;
let driver: SandboxDriver;
let stage: Stage;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-streaming-'));
  await mkdir(path.join(folder, 'code'));
  const source = path.join(import.meta.dirname, 'fixtures/streams.mjs');
  await copyFile(source, path.join(folder, 'code/behaviours.mjs'));
  driver = await startProcessDriver({
    folder: path.join(folder, 'sandboxes'),
    logger: refusalsThrow,
    clock: systemClock,
  });
  stage = await startStage(driver, folder, {});
});
afterAll(async () => {
  await stage?.invoker.close();
  await driver?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Watched {
  readonly sink: ResponseSink;
  readonly text: () => string;
  readonly chunks: Uint8Array[];
  readonly contentTypes: (string | undefined)[];
}

/** Takes everything at once, or only as fast as `waited` says. */
function watch(waited?: () => Promise<void>): Watched {
  const chunks: Uint8Array[] = [];
  const contentTypes: (string | undefined)[] = [];
  const sink: ResponseSink = {
    begin: ({ contentType }) => contentTypes.push(contentType),
    write: (chunk) => {
      chunks.push(Buffer.from(chunk));
      return waited?.();
    },
  };
  return { sink, chunks, contentTypes, text: () => Buffer.concat(chunks).toString() };
}

let ids = 0;
function stream(
  handler: string,
  sink: ResponseSink | undefined,
  event: object = {},
  changes: Partial<FunctionVersion> = {},
): Promise<InvocationResult> {
  const version = stage.version(handler, changes);
  return stage.invoker.invoke({
    requestId: `stream-${(ids += 1)}`,
    version,
    invokedArn: functionArn(version),
    payload: Buffer.from(JSON.stringify(event)),
    wantsLogTail: true,
    ...(sink === undefined ? {} : { sink }),
  });
}

test('what is written arrives while the function still runs', async () => {
  const { sink, text, contentTypes } = watch();
  const gate = path.join(folder, 'gate');
  const running = stream('waits-for-the-gate', sink, { gate }, { timeoutSeconds: 60 });
  await expect.poll(text, { timeout: 30_000 }).toBe('first,');
  await writeFile(gate, '');
  const result = await running;
  expect(text()).toBe('first,second');
  expect(contentTypes).toEqual(['text/plain']);
  expect(result.outcome).toEqual({ kind: 'succeeded', payload: new Uint8Array() });
  expect(tailOf(result)).toContain('REPORT RequestId: stream-1');
});

test('the platform tells how much was streamed', async () => {
  const gate = path.join(folder, 'gate');
  await writeFile(gate, '');
  const logging = { format: 'JSON', group: '/streams', systemLevel: 'DEBUG' } as const;
  const changes = { logging, incarnation: 'with JSON' };
  const result = await stream('waits-for-the-gate', watch().sink, { gate }, changes);
  expect(tailOf(result)).toMatch(/"type":"platform.runtimeDone".*"producedBytes":12\}/);
});

test('a caller that does not stream gets the whole, or the error', async () => {
  const gate = path.join(folder, 'gate');
  await writeFile(gate, '');
  const whole = await stream('waits-for-the-gate', undefined, { gate });
  expect(Buffer.from(whole.payload).toString()).toBe('first,second');
  const failed = await stream('fails-in-the-middle', undefined);
  expect(failed.functionError).toBe('Unhandled');
  expect(Buffer.from(failed.payload).toString()).toBe('{"errorType":"Order.Lost"}');
});

test('an error in the middle comes after what was written', async () => {
  const { sink, text } = watch();
  const { outcome, payload } = await stream('fails-in-the-middle', sink);
  expect(text()).toBe('half');
  expect(outcome).toMatchObject({ kind: 'function-error', errorType: 'Order.Lost' });
  expect(Buffer.from(payload).toString()).toBe('{"errorType":"Order.Lost"}');
});

test('the timeout holds while an answer is streamed', async () => {
  const { sink, text } = watch();
  const result = await stream('hangs-in-the-middle', sink, {}, { timeoutSeconds: 1 });
  expect(text()).toBe('half');
  expect(result.outcome.kind).toBe('timed-out');
});

test('a process that ends in the middle is told as such', async () => {
  const { sink } = watch();
  const { outcome } = await stream('exits-in-the-middle', sink);
  expect(outcome).toMatchObject({ kind: 'crashed', exit: { code: 42 } });
});

test('an answer whose connection breaks is truncated, and the runtime goes on', async () => {
  const { sink } = watch();
  const { outcome } = await stream('breaks-off-in-the-middle', sink);
  expect(outcome).toMatchObject({ errorType: 'Runtime.TruncatedResponse' });
  const again = watch();
  const next = await stream('breaks-off-in-the-middle', again.sink, { isSecond: true });
  expect(next.outcome.kind).toBe('succeeded');
  expect(again.text()).toBe('whole');
});

test('a function writes no faster than it is read, and nothing piles up', async () => {
  const { sink, chunks } = watch(() => new Promise(() => {}));
  const { outcome } = await stream('floods', sink, {}, { timeoutSeconds: 1 });
  expect(outcome.kind).toBe('timed-out');
  expect(chunks).toHaveLength(1);
});

test('another mode than streaming is refused, and is the answer', async () => {
  const { sink } = watch();
  const result = await stream('has-a-strange-mode', sink);
  expect(result.outcome).toMatchObject({ errorType: 'Runtime.InvalidResponseModeHeader' });
  expect(tailOf(result)).toContain('told 400 ');
});
