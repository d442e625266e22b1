/**
 * Row pool: the CPU time that a booted runtime of the pool costs, and a start that takes one, by who
 * uses it; and how fast the pool of a machine at rest fills.
 */
import { readFileSync } from 'node:fs';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { cpuTimeOf, descendantsOf, endedChildrenUs } from '../cpu-time.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { busyIn, readyIn } from '../pool-at-rest.ts';
import type { Line } from '../scoreboard.ts';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';

const RUNTIME = 'nodejs26.x';
/** Each look costs the server a millisecond. */
const LOOK_MS = 250;

/** In milliseconds, since its start. */
interface Used {
  readonly server: number;
  readonly helper: number;
  /** OCI runtimes and shells that have done their work. */
  readonly ended: number;
  readonly sandboxes: number;
}

interface Look extends Used {
  /** In sandboxes. */
  readonly pids: readonly number[];
}

export async function poolCost(count: number): Promise<readonly Line[]> {
  await using server = await startBenchServer(['--pool', String(count), '--parked', '0']);
  await createFunction(server, {
    name: 'waits',
    runtime: RUNTIME,
    handler: 'index.handler',
    // Long enough that no environment serves two of them.
    files: {
      'index.js':
        'exports.handler = () => new Promise((done) => setTimeout(() => done(1), 3_000));',
    },
  });
  // The first is made of a runtime that has yet to be put together on the disk.
  const first = await whenReady(server, 1);
  const begun = usedBy(server);
  const startedAt = performance.now();
  const made = (await whenReady(server, count)) - first;
  const seconds = (performance.now() - startedAt) / 1_000;
  const full = usedBy(server);
  const client = createInvokeClient(server.endpoint, count);
  const answers = Array.from({ length: count }, () => client.invoke('waits', '{}'));
  // The pool is filled again meanwhile, by other processes.
  while ((await busyIn(server.endpoint)) < count) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const started = usedBy(server, full.pids);
  for (const answer of await Promise.all(answers)) mustSucceed(answer);
  client.close();
  return [
    lineOf('a booted runtime of the pool', difference(full, begun, made), {
      value: `; ${(made / seconds).toFixed(1)} a second`,
      count: made,
    }),
    lineOf('a start that takes one', difference(started, full, count), { value: '', count }),
  ];
}

/** How many there are when there are so many. */
async function whenReady({ endpoint }: TestServer, count: number): Promise<number> {
  for (;;) {
    const ready = await readyIn(endpoint, RUNTIME);
    if (ready >= count) return ready;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function usedBy({ pid }: TestServer, pids?: readonly number[]): Look {
  const [helper] = descendantsOf(pid).filter((each) => isHelper(each));
  if (helper === undefined) throw new Error('the server has no helper');
  const inSandboxes = pids ?? descendantsOf(helper);
  const ofServer = cpuTimeOf(pid, []);
  const ofHelper = cpuTimeOf(helper, inSandboxes);
  return {
    server: (ofServer.mainThreadUs + ofServer.otherThreadsUs) / 1_000,
    helper: (ofHelper.mainThreadUs + ofHelper.otherThreadsUs) / 1_000,
    ended: endedChildrenUs(helper) / 1_000,
    sandboxes: ofHelper.descendantsUs / 1_000,
    pids: inSandboxes,
  };
}

function isHelper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('helper/main.ts');
  } catch {
    return false;
  }
}

function difference(later: Used, earlier: Used, count: number): Used {
  return {
    server: (later.server - earlier.server) / count,
    helper: (later.helper - earlier.helper) / count,
    ended: (later.ended - earlier.ended) / count,
    sandboxes: (later.sandboxes - earlier.sandboxes) / count,
  };
}

function lineOf(
  what: string,
  used: Used,
  { value, count }: { readonly value: string; readonly count: number },
): Line {
  const { server, helper, ended, sandboxes } = used;
  const all = server + helper + ended + sandboxes;
  const parts = Object.entries(used).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  return {
    row: 'pool',
    metric: `CPU time of ${what}, of ${count}`,
    value: `${all.toFixed(1)} ms: ${parts.join(', ')}${value}`,
    control: '',
    target: '',
    numbers: { all, ...used },
  };
}
