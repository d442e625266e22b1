/**
 * Row cpu: the CPU time of a warm invoke, by who uses it, beside that of the bare prototype and of
 * C0. Of many short blocks, taken in turn, the lowest tenth is told, because whatever else the
 * machine does only ever adds (cold caches, a host that takes the CPU away): these figures can be
 * compared where those of a clock cannot.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { startBareEcho } from '../controls/bare-echo.ts';
import { startBarePrototype } from '../controls/bare-prototype.ts';
import { cpuTimeOf, descendantsOf, type CpuTime } from '../cpu-time.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import { lowestTenth, ratio } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const BLOCK_INVOKES = 50;
/** Until the hot functions of the server and the runtime are compiled. */
const WARM_UP_INVOKES = 5_000;

/** One of those that are compared. */
interface Lane {
  readonly pid: number;
  readonly below: readonly number[];
  readonly connection: ReplayConnection;
  readonly used: CpuTime[];
}

export async function warmCpu(blocks: number): Promise<Line> {
  await using server = await startBenchServer();
  await using front = await startBarePrototype(1);
  await using echo = await startBareEcho();
  await createFunction(server, {
    name: 'echo',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  const lanes = [await openLane(server), await openLane(front), await openLane(echo)] as const;
  for (let block = 0; block < blocks; block += 1) {
    for (const lane of block % 2 === 0 ? lanes : lanes.toReversed()) await measure(lane);
  }
  for (const { connection } of lanes) connection.close();
  const [own, prototype, c0] = [figures(lanes[0]), figures(lanes[1]), figures(lanes[2])];
  return {
    row: 'cpu',
    metric: `CPU time of a warm invoke without the client, 1 connection, lowest tenth of ${blocks} blocks`,
    value: `${told(own)}, ${ratio(own.allUs / c0.allUs)} C0, ${ratio(own.allUs / prototype.allUs)} prototype`,
    control: `C0 ${c0.allUs.toFixed(0)} us, prototype ${told(prototype)}`,
    target: '',
    numbers: {
      mainThreadUs: own.mainThreadUs,
      otherThreadsUs: own.otherThreadsUs,
      descendantsUs: own.descendantsUs,
      prototypeUs: prototype.allUs,
      c0Us: c0.allUs,
    },
  };
}

async function openLane({
  endpoint,
  pid,
}: {
  readonly endpoint: string;
  readonly pid: number;
}): Promise<Lane> {
  const connection = await openReplay(endpoint, signedInvoke(endpoint, 'echo', '{}'));
  await invoke(connection, WARM_UP_INVOKES);
  return { pid, below: descendantsOf(pid), connection, used: [] };
}

async function measure({ pid, below, connection, used }: Lane): Promise<void> {
  const before = cpuTimeOf(pid, below);
  await invoke(connection, BLOCK_INVOKES);
  used.push(perInvoke(before, cpuTimeOf(pid, below)));
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

function figures({ used }: Lane): CpuTime & { readonly allUs: number } {
  const of = (figure: (each: CpuTime) => number): number => lowestTenth(used.map(figure));
  return {
    mainThreadUs: of((each) => each.mainThreadUs),
    otherThreadsUs: of((each) => each.otherThreadsUs),
    descendantsUs: of((each) => each.descendantsUs),
    allUs: of((each) => each.mainThreadUs + each.otherThreadsUs + each.descendantsUs),
  };
}

function told({ allUs, mainThreadUs, descendantsUs }: ReturnType<typeof figures>): string {
  return `${allUs.toFixed(0)} us (main thread ${mainThreadUs.toFixed(0)}, runtimes ${descendantsUs.toFixed(0)})`;
}
