/**
 * Row 6: what a warm invoke costs beyond the handler, one connection, against C0's round trip.
 * Row 7: warm invokes per second, client and function on the same cores.
 * Blocks of system and control alternate (ABBA), half a second each.
 */
import { startBareEcho } from '../controls/bare-echo.ts';
import { createFunction, startBenchServer } from '../bench-server.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import { median, milliseconds, ratio, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const BLOCK_MS = 500;

export async function warm(blocks: number): Promise<readonly Line[]> {
  await using server = await startBenchServer();
  await using echo = await startBareEcho();
  await createFunction(server, {
    name: 'echo',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  return [
    await overhead(server.endpoint, echo.endpoint, blocks),
    await throughput(server.endpoint, echo.endpoint, blocks),
  ];
}

async function overhead(endpoint: string, bare: string, blocks: number): Promise<Line> {
  const system = await openReplay(endpoint, signedInvoke(endpoint, 'echo', '{}'));
  const control = await openReplay(bare, signedInvoke(bare, 'echo', '{}'));
  for (let round = 0; round < 500; round += 1) await system.roundTrip();
  const samples: number[] = [];
  const controls: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const order = block % 2 === 0 ? [system, control] : [control, system];
    for (const connection of order) {
      await latencyBlock(connection, connection === system ? samples : controls);
    }
  }
  system.close();
  control.close();
  const own = summarise(samples);
  const c0 = summarise(controls);
  return {
    row: '6',
    metric: 'warm invoke round trip, 1 connection, p50 (p99)',
    value: `${milliseconds(own.p50)} (${milliseconds(own.p99)}), ${ratio(own.p50 / c0.p50)} C0`,
    control: `C0 ${milliseconds(c0.p50)} (${milliseconds(c0.p99)})`,
    target: '<= 0.25 ms, <= 3 x C0',
    numbers: { p50: own.p50, p99: own.p99, c0: c0.p50, c0p99: c0.p99, perC0: own.p50 / c0.p50 },
  };
}

async function latencyBlock(connection: ReplayConnection, into: number[]): Promise<void> {
  const until = performance.now() + BLOCK_MS;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await connection.roundTrip();
    into.push(performance.now() - startedAt);
  }
}

const CONNECTIONS = 8;

async function throughput(endpoint: string, bare: string, blocks: number): Promise<Line> {
  const system = await openAll(endpoint);
  const control = await openAll(bare);
  await throughputBlock(system);
  await throughputBlock(system);
  const rates: number[] = [];
  const controls: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const order = block % 2 === 0 ? [system, control] : [control, system];
    for (const connections of order) {
      (connections === system ? rates : controls).push(await throughputBlock(connections));
    }
  }
  for (const connection of [...system, ...control]) connection.close();
  const own = median(rates);
  const c0 = median(controls);
  return {
    row: '7',
    metric: `warm invokes per second, ${CONNECTIONS} connections, client on the same cores`,
    value: `${Math.round(own)}/s, ${ratio(own / c0)} C0`,
    control: `C0 ${Math.round(c0)}/s`,
    target: '>= 8,000/s',
    numbers: { perSecond: own, c0: c0, perC0: own / c0 },
  };
}

function openAll(endpoint: string): Promise<readonly ReplayConnection[]> {
  const bytes = signedInvoke(endpoint, 'echo', '{}');
  return Promise.all(Array.from({ length: CONNECTIONS }, () => openReplay(endpoint, bytes)));
}

async function throughputBlock(connections: readonly ReplayConnection[]): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + BLOCK_MS;
  let count = 0;
  const lane = async (connection: ReplayConnection): Promise<void> => {
    while (performance.now() < until) {
      await connection.roundTrip();
      count += 1;
    }
  };
  await Promise.all(connections.map(lane));
  return (count * 1000) / (performance.now() - startedAt);
}
