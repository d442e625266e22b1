/**
 * Row 9: from nothing to so many concurrent invocations of a function that sleeps a second. Twice:
 * with the usual pool, and with the one that has grown by the first; between the two, how fast the
 * pool grows.
 */
import os from 'node:os';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { poolAtRest, readyIn } from '../pool-at-rest.ts';
import { milliseconds, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';

const RUNTIME = 'nodejs26.x';
const SLEEP_MS = 1_000;
/** How long nothing must have come to a pool that has grown. */
const STILL_MS = 2_000;

export async function scaleOut(concurrent: number): Promise<Line> {
  await using server = await startBenchServer();
  const usual = await round(server, 'usual', concurrent);
  const refill = await growth(server);
  const grown = await round(server, 'grown', concurrent);
  return {
    row: '9',
    metric: `0 to ${concurrent} concurrent: environments a second and core; first reply p99`,
    value: `${grown.perCore.toFixed(0)}; ${milliseconds(grown.p99)} from a grown pool; ${usual.perCore.toFixed(0)}; ${milliseconds(usual.p99)} from the usual one; refill ${refill.toFixed(0)}`,
    control: 'the handler sleeps 1 s',
    target: '>= 60 from the pool, >= 20 refill; p99 <= 2 s',
    numbers: { perCore: grown.perCore, p99: grown.p99, refill, usualPerCore: usual.perCore },
  };
}

async function round(
  server: TestServer,
  name: string,
  concurrent: number,
): Promise<{ readonly perCore: number; readonly p99: number }> {
  await createFunction(server, {
    name,
    runtime: RUNTIME,
    handler: 'index.handler',
    memoryMib: 128,
    files: {
      'index.js': `exports.handler = () => new Promise((done) => setTimeout(() => done(1), ${SLEEP_MS}));`,
    },
  });
  await poolAtRest(server.endpoint, RUNTIME);
  const client = createInvokeClient(server.endpoint, concurrent);
  const startedAt = performance.now();
  const firstReplies = await Promise.all(
    Array.from({ length: concurrent }, async () => {
      mustSucceed(await client.invoke(name, '{}'));
      return performance.now() - startedAt;
    }),
  );
  await client.send('DELETE', `/2015-03-31/functions/${name}`, '');
  client.close();
  const { p99, max } = summarise(firstReplies);
  const seconds = (max - SLEEP_MS) / 1_000;
  return { perCore: concurrent / seconds / os.availableParallelism(), p99 };
}

/** Waits until the pool grows no more; how many came to it a second and core. */
async function growth(server: TestServer): Promise<number> {
  const counts: { readonly atMs: number; readonly ready: number }[] = [];
  for (;;) {
    const now = { atMs: performance.now(), ready: await readyIn(server.endpoint, RUNTIME) };
    const last = counts.at(-1);
    if (last === undefined || now.ready > last.ready) counts.push(now);
    else if (now.atMs - last.atMs > STILL_MS) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0;
  const perSecond = (last.ready - first.ready) / ((last.atMs - first.atMs) / 1_000);
  return perSecond / os.availableParallelism();
}
