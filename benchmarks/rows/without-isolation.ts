/**
 * Without isolation, as on a laptop that has no other: cold starts beside the control C1, and calls
 * after a pause, when the environment was frozen, beside calls in a row.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';
import { createFunction, padding, startBenchServer } from '../bench-server.ts';
import { bootOnHost } from '../controls/host-boot.ts';
import { installRuntime } from '../install-runtime.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { poolAtRest } from '../pool-at-rest.ts';
import type { Line } from '../scoreboard.ts';
import { milliseconds, ratio, summarise, type Summary } from '../statistics.ts';

const runtime = 'nodejs26.x';
const text = `exports.handler = async (event) => ({ ok: true, event });\n${padding('//')}`;
/** Longer than an environment stays awake after an answer. */
const PAUSE_MS = 100;

export async function withoutIsolation(count: number): Promise<readonly Line[]> {
  await using server = await startBenchServer(['--isolation', 'process']);
  return [await coldStart(server, count), await afterPause(server, count)];
}

async function coldStart(server: TestServer, count: number): Promise<Line> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-bench-'));
  await writeFile(path.join(folder, 'index.js'), text);
  const installation = await installRuntime(runtime);
  for (let index = 0; index < count; index += 1) await create(server, `cold-${index}`);
  const client = createInvokeClient(server.endpoint, 1);
  const cold: number[] = [];
  const host: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await poolAtRest(server.endpoint, runtime);
    cold.push(await timed(async () => mustSucceed(await client.invoke(`cold-${index}`, '{}'))));
    if (index % 4 === 0) host.push(await bootOnHost(installation, folder, 'index.handler'));
  }
  client.close();
  await rm(folder, { recursive: true });
  const [own, control] = [summarise(cold), summarise(host)];
  return {
    row: 'process',
    metric: `cold start ${runtime} without isolation, p50 (p99)`,
    value: `${inMs(own)}, ${ratio(own.p50 / control.p50)} C1`,
    control: `C1 ${milliseconds(control.p50)}`,
    target: '',
    numbers: { p50: own.p50, p99: own.p99, c1: control.p50 },
  };
}

async function afterPause(server: TestServer, count: number): Promise<Line> {
  await create(server, 'warm');
  const client = createInvokeClient(server.endpoint, 1);
  const call = (): Promise<number> =>
    timed(async () => mustSucceed(await client.invoke('warm', '{}')));
  await call();
  const paused: number[] = [];
  const inARow: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await sleep(PAUSE_MS);
    paused.push(await call());
    inARow.push(await call());
  }
  client.close();
  const [own, control] = [summarise(paused), summarise(inARow)];
  return {
    row: 'process',
    metric: `call ${PAUSE_MS} ms after the one before without isolation, p50 (p99)`,
    value: inMs(own),
    control: `the next one ${inMs(control)}`,
    target: '',
    numbers: { p50: own.p50, p99: own.p99, inARowMs: control.p50 },
  };
}

const create = (server: TestServer, name: string): Promise<void> =>
  createFunction(server, { name, runtime, handler: 'index.handler', files: { 'index.js': text } });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const inMs = ({ p50, p99 }: Summary): string => `${milliseconds(p50)} (${milliseconds(p99)})`;
