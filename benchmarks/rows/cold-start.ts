/**
 * Rows 1 and 2: signed invoke sent -> whole reply, over functions that have never run, one after
 * the other, isolation on; interleaved with the controls C1 and C2 in the same run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startSandboxDriver } from '../../packages/server/src/sandbox/choose-driver.ts';
import type { SandboxDriver } from '../../packages/server/src/sandbox/driver.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { silentLogger } from '../../packages/server/src/lib/logger.ts';
import {
  createFunction,
  padding,
  startBenchServer,
  type FunctionOptions,
} from '../bench-server.ts';
import { runTrue } from '../controls/bare-sandbox.ts';
import { bootOnHost } from '../controls/host-boot.ts';
import { installRuntime } from '../install-runtime.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { poolAtRest } from '../pool-at-rest.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

type Sample = Pick<FunctionOptions, 'runtime' | 'handler' | 'files'>;

const node: Sample = {
  runtime: 'nodejs26.x',
  handler: 'index.handler',
  files: {
    'index.js': `exports.handler = async (event) => ({ ok: true, event });\n${padding('//')}`,
  },
};
const python: Sample = {
  runtime: 'python3.11',
  handler: 'app.handler',
  files: { 'app.py': `def handler(event, context):\n    return {"ok": True}\n${padding('#')}\n` },
};

export async function coldStarts(count: number): Promise<readonly Line[]> {
  return [
    await coldStart('1', node, count, '<= 4 ms, <= 0.15 x C1'),
    await coldStart('2', python, Math.ceil(count / 2), '<= 8 ms'),
  ];
}

async function coldStart(
  row: string,
  sample: Sample,
  count: number,
  target: string,
): Promise<Line> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-bench-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const server = cleanup.use(await startBenchServer());
  const driver = cleanup.use(await startDriver(folder));
  for (const [name, text] of Object.entries(sample.files)) {
    await writeFile(path.join(folder, name), text);
  }
  const installation = await installRuntime(sample.runtime);
  for (let index = 0; index < count; index += 1) {
    await createFunction(server, { name: `cold-${index}`, ...sample });
  }
  const client = createInvokeClient(server.endpoint, 1);
  const cold: number[] = [];
  const host: number[] = [];
  const bare: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await poolAtRest(server.endpoint, sample.runtime);
    const startedAt = performance.now();
    mustSucceed(await client.invoke(`cold-${index}`, '{}'));
    cold.push(performance.now() - startedAt);
    if (index % 4 === 0) {
      host.push(await bootOnHost(installation, folder, sample.handler));
      bare.push(await runTrue(driver, `c2-${index}`));
    }
  }
  client.close();
  return lineOf(row, sample.runtime, target, { cold, host, bare });
}

interface Samples {
  readonly cold: readonly number[];
  readonly host: readonly number[];
  readonly bare: readonly number[];
}

function lineOf(row: string, runtime: string, target: string, samples: Samples): Line {
  const cold = summarise(samples.cold);
  const c1 = summarise(samples.host).p50;
  const c2 = summarise(samples.bare).p50;
  return {
    row,
    metric: `cold start ${runtime}, p50 (p99)`,
    value: `${milliseconds(cold.p50)} (${milliseconds(cold.p99)}), ${ratio(cold.p50 / c1)} C1`,
    control: `C1 ${milliseconds(c1)}, C2 ${milliseconds(c2)}`,
    target,
    numbers: { p50: cold.p50, p90: cold.p90, p99: cold.p99, c1, c2, perC1: cold.p50 / c1 },
  };
}

async function startDriver(folder: string): Promise<SandboxDriver> {
  const { driver } = await startSandboxDriver({
    isolation: 'oci',
    ociRuntime: 'auto',
    isLoopbackOnly: true,
    folder,
    logger: silentLogger,
    clock: systemClock,
  });
  return driver;
}
