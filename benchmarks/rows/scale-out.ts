/** Row 9: from nothing to so many concurrent invocations of a function that sleeps a second. */
import os from 'node:os';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { poolAtRest } from '../pool-at-rest.ts';
import { milliseconds, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

export async function scaleOut(concurrent: number): Promise<Line> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'sleeps',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    memoryMib: 128,
    files: {
      'index.js':
        'exports.handler = () => new Promise((done) => setTimeout(() => done(1), 1_000));',
    },
  });
  await poolAtRest(server.endpoint, 'nodejs26.x');
  const client = createInvokeClient(server.endpoint, concurrent);
  const startedAt = performance.now();
  const firstReplies = await Promise.all(
    Array.from({ length: concurrent }, async () => {
      mustSucceed(await client.invoke('sleeps', '{}'));
      return performance.now() - startedAt;
    }),
  );
  client.close();
  const { p50, p99, max } = summarise(firstReplies);
  const perCore = concurrent / ((max - 1_000) / 1_000) / os.availableParallelism();
  return {
    row: '9',
    metric: `0 to ${concurrent} concurrent: environments a second and core; first reply p50 (p99)`,
    value: `${perCore.toFixed(0)}; ${milliseconds(p50)} (${milliseconds(p99)})`,
    control: 'the handler sleeps 1 s',
    target: '>= 60 from the pool, >= 20 refill; p99 <= 2 s',
    numbers: { perCore, p50, p99 },
  };
}
