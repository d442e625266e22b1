/**
 * Row 10: what an idle Node environment costs, by what the machine has less available, and by its control
 * group, which lacks some of the kernel's memory but not whatever else the machine does.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
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
  const inGroup = summarise(groupsMib(server.pid)).p50;
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
    value: `${each.toFixed(1)} MiB (${inGroup.toFixed(1)} in its control group); ${milliseconds(p50)} (${milliseconds(p99)})`,
    control: 'MemAvailable; the 2 s that the handler sleeps are taken off',
    target: 'warm <= 12 MB; thaw p99 <= 15 ms',
    numbers: { mib: each, inGroupMib: inGroup, thawP50: p50, thawP99: p99 },
  };
}

function availableMib(): number {
  const kib = /MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
  return Number(kib) / 1_024;
}

/** What each of a server's sandboxes is charged for. */
function groupsMib(pid: number): readonly number[] {
  const isV1 = existsSync('/sys/fs/cgroup/memory/memory.usage_in_bytes');
  const [tree, file] = isV1
    ? ['/sys/fs/cgroup/memory', 'memory.usage_in_bytes']
    : ['/sys/fs/cgroup', 'memory.current'];
  const owners = readdirSync(tree).filter((name) => name.startsWith(`hearth-${pid}-`));
  return owners.flatMap((owner) =>
    readdirSync(path.join(tree, owner), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => Number(readFileSync(path.join(tree, owner, name, file), 'latin1')))
      .map((bytes) => bytes / 1_048_576),
  );
}
