/** Row 10: what an idle Node environment costs, by what the machine has less available. */
import { readFileSync } from 'node:fs';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { milliseconds, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

/** Longer than an environment is idle before it is frozen. */
const UNTIL_FROZEN_MS = 2_000;

export async function idleMemory(environments: number): Promise<Line> {
  await using server = await startBenchServer(['--pool', '0']);
  await createFunction(server, {
    name: 'idles',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    memoryMib: 128,
    files: {
      'index.js':
        'exports.handler = () => new Promise((done) => setTimeout(() => done(1), 2_000));',
    },
  });
  const client = createInvokeClient(server.endpoint, environments);
  // One first, so that what all share (pages of the interpreter's file) is not counted.
  mustSucceed(await client.invoke('idles', '{}'));
  const before = availableMib();
  let made = 1;
  while (made < environments + 1) {
    const more = Math.min(made + 8, environments + 1);
    const answers = await Promise.all(
      Array.from({ length: more }, () => client.invoke('idles', '{}')),
    );
    answers.forEach(mustSucceed);
    made = more;
  }
  const each = (before - availableMib()) / environments;
  await new Promise((resolve) => setTimeout(resolve, UNTIL_FROZEN_MS));
  const thawed: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    const startedAt = performance.now();
    mustSucceed(await client.invoke('idles', '{}'));
    thawed.push(performance.now() - startedAt - 2_000);
  }
  client.close();
  const { p50, p99 } = summarise(thawed);
  return {
    row: '10',
    metric: `memory of an idle Node environment, of ${environments}; first answer after a freeze p50 (p99)`,
    value: `${each.toFixed(1)} MiB; ${milliseconds(p50)} (${milliseconds(p99)})`,
    control: 'MemAvailable; the 2 s that the handler sleeps are taken off',
    target: 'warm <= 12 MB; thaw p99 <= 15 ms',
    numbers: { mib: each, thawP50: p50, thawP99: p99 },
  };
}

function availableMib(): number {
  const kib = /MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
  return Number(kib) / 1_024;
}
