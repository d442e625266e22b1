/**
 * Row 6: what a warm invoke costs beyond the handler, one connection, against C0's round trip.
 * Row 7: warm invokes per second, client and function on the same cores.
 * Both against the bare prototype as well. Blocks alternate (ABCCBA), half a second each.
 */
import { startBareEcho } from '../controls/bare-echo.ts';
import { startBarePrototype } from '../controls/bare-prototype.ts';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import { milliseconds, ratio, summarise, type Summary } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const BLOCK_MS = 500;
const CONNECTIONS = 8;
const WARM_UP_INVOKES = 2_000;

interface Endpoints {
  readonly system: string;
  readonly echo: string;
  readonly prototype: string;
}

export async function warm(blocks: number): Promise<readonly Line[]> {
  await using server = await startBenchServer();
  await using echo = await startBareEcho();
  await using prototype = await startBarePrototype(CONNECTIONS);
  await createFunction(server, {
    name: 'echo',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  const endpoints = {
    system: server.endpoint,
    echo: echo.endpoint,
    prototype: prototype.endpoint,
  };
  return [await overhead(endpoints, blocks), await throughput(endpoints, blocks)];
}

async function overhead(endpoints: Endpoints, blocks: number): Promise<Line> {
  const system = await openLane(endpoints.system, 1);
  const echo = await openLane(endpoints.echo, 1);
  const bare = await openLane(endpoints.prototype, 1);
  await inTurn([system, echo, bare], blocks, latencyBlock);
  const [own, c0, prototype] = [close(system), close(echo), close(bare)];
  const told = ({ p50, p99 }: Summary): string => `${milliseconds(p50)} (${milliseconds(p99)})`;
  const perC0 = own.p50 / c0.p50;
  const perPrototype = own.p50 / prototype.p50;
  return {
    row: '6',
    metric: 'warm invoke round trip, 1 connection, p50 (p99)',
    value: `${told(own)}, ${ratio(perC0)} C0, ${ratio(perPrototype)} prototype`,
    control: `C0 ${told(c0)}, prototype ${told(prototype)}`,
    target: '<= 0.25 ms, <= 3 x C0',
    numbers: {
      p50: own.p50,
      p99: own.p99,
      c0: c0.p50,
      c0p99: c0.p99,
      prototype: prototype.p50,
      perC0,
      perPrototype,
    },
  };
}

async function throughput(endpoints: Endpoints, blocks: number): Promise<Line> {
  const system = await openLane(endpoints.system, CONNECTIONS);
  const echo = await openLane(endpoints.echo, CONNECTIONS);
  const bare = await openLane(endpoints.prototype, CONNECTIONS);
  await inTurn([system, echo, bare], blocks, throughputBlock);
  const [own, c0, prototype] = [close(system).p50, close(echo).p50, close(bare).p50];
  return {
    row: '7',
    metric: `warm invokes per second, ${CONNECTIONS} connections, client on the same cores`,
    value: `${Math.round(own)}/s, ${ratio(own / c0)} C0, ${ratio(own / prototype)} prototype`,
    control: `C0 ${Math.round(c0)}/s, prototype ${Math.round(prototype)}/s`,
    target: '>= 8,000/s, >= 0.5 x prototype',
    numbers: { perSecond: own, c0, prototype, perC0: own / c0, perPrototype: own / prototype },
  };
}

/** One of those that are compared: its connections, and what was measured on them. */
interface Lane {
  readonly connections: readonly ReplayConnection[];
  readonly samples: number[];
}

async function openLane(endpoint: string, count: number): Promise<Lane> {
  const bytes = signedInvoke(endpoint, 'echo', '{}');
  const opening = Array.from({ length: count }, () => openReplay(endpoint, bytes));
  const connections = await Promise.all(opening);
  const each = WARM_UP_INVOKES / count;
  await Promise.all(
    connections.map(async (connection) => {
      for (let round = 0; round < each; round += 1) await connection.roundTrip();
    }),
  );
  return { connections, samples: [] };
}

function close({ connections, samples }: Lane): Summary {
  for (const connection of connections) connection.close();
  return summarise(samples);
}

/** A block of each, in the one order and then in the other. */
async function inTurn(
  lanes: readonly Lane[],
  blocks: number,
  run: (lane: Lane) => Promise<void>,
): Promise<void> {
  for (let block = 0; block < blocks; block += 1) {
    for (const lane of block % 2 === 0 ? lanes : lanes.toReversed()) await run(lane);
  }
}

/** Each round trip is a sample, in milliseconds. */
async function latencyBlock({ connections: [connection], samples }: Lane): Promise<void> {
  const until = performance.now() + BLOCK_MS;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await connection?.roundTrip();
    samples.push(performance.now() - startedAt);
  }
}

/** The rate of the block is a sample, per second. */
async function throughputBlock({ connections, samples }: Lane): Promise<void> {
  const startedAt = performance.now();
  const until = startedAt + BLOCK_MS;
  let count = 0;
  const ask = async (connection: ReplayConnection): Promise<void> => {
    while (performance.now() < until) {
      await connection.roundTrip();
      count += 1;
    }
  };
  await Promise.all(connections.map(ask));
  samples.push((count * 1_000) / (performance.now() - startedAt));
}
