/**
 * Row cpu: the CPU time of a warm invoke, by who uses it; one connection. Of many short blocks the
 * lower quartile is told, because whatever else the machine does only ever adds (cold caches, a
 * host that takes the CPU away): these figures can be compared where those of a clock cannot.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { cpuTimeOf, descendantsOf, type CpuTime } from '../cpu-time.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import { lowerQuartile } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const BLOCK_INVOKES = 250;
/** Until the hot functions of the server and the runtime are compiled. */
const WARM_UP_INVOKES = 10_000;

export async function warmCpu(blocks: number): Promise<Line> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'echo',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  const connection = await openReplay(server.endpoint, signedInvoke(server.endpoint, 'echo', '{}'));
  await invoke(connection, WARM_UP_INVOKES);
  const sandboxes = descendantsOf(server.pid);
  const used: CpuTime[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const before = cpuTimeOf(server.pid, sandboxes);
    await invoke(connection, BLOCK_INVOKES);
    const after = cpuTimeOf(server.pid, sandboxes);
    used.push(perInvoke(before, after));
  }
  connection.close();
  const mainThreadUs = lowerQuartile(used.map((each) => each.mainThreadUs));
  const otherThreadsUs = lowerQuartile(used.map((each) => each.otherThreadsUs));
  const descendantsUs = lowerQuartile(used.map((each) => each.descendantsUs));
  return {
    row: 'cpu',
    metric: `CPU time of a warm invoke, 1 connection, lower quartile of ${blocks} blocks`,
    value: `${mainThreadUs.toFixed(0)} us in the server's main thread, ${otherThreadsUs.toFixed(0)} in its others, ${descendantsUs.toFixed(0)} in sandboxes`,
    control: '',
    target: '',
    numbers: { mainThreadUs, otherThreadsUs, descendantsUs },
  };
}

async function invoke(connection: ReplayConnection, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await connection.roundTrip();
}

function perInvoke(before: CpuTime, after: CpuTime): CpuTime {
  return {
    mainThreadUs: (after.mainThreadUs - before.mainThreadUs) / BLOCK_INVOKES,
    otherThreadsUs: (after.otherThreadsUs - before.otherThreadsUs) / BLOCK_INVOKES,
    descendantsUs: (after.descendantsUs - before.descendantsUs) / BLOCK_INVOKES,
  };
}
