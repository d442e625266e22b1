/**
 * Row 14: what a function feels of another that does its worst in a sandbox of its own. The
 * victim is asked a hundred times a second; its p99 with the attacker against that without.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient } from '../invoke-client.ts';
import { poolAtRest } from '../pool-at-rest.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import type { Line } from '../scoreboard.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';
import { attacks } from './neighbour-attacks.ts';

const GAP_MS = 10;
/** As many as the largest attack calls at once. */
const CONNECTIONS = 10;
const RUNTIME = 'nodejs26.x';

export async function noisyNeighbour(durationMs: number): Promise<readonly Line[]> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'victim',
    runtime: RUNTIME,
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  const victim = await openReplay(server.endpoint, signedInvoke(server.endpoint, 'victim', '{}'));
  for (let round = 0; round < 200; round += 1) await victim.roundTrip();
  const client = createInvokeClient(server.endpoint, CONNECTIONS);
  const alone = async (): Promise<readonly number[]> => {
    await poolAtRest(server.endpoint, RUNTIME);
    return await pacedLatencies(victim, durationMs / 2);
  };
  const lines: Line[] = [];
  for (const each of attacks) {
    const attack = await each.prepare(server, client, durationMs);
    const before = await alone();
    await attack.begin?.();
    let isOver = false;
    const attacking = attack.run(() => isOver);
    const during = await pacedLatencies(victim, durationMs);
    isOver = true;
    await attack.end();
    await attacking;
    lines.push(lineOf(each.name, [...before, ...(await alone())], during));
  }
  victim.close();
  client.close();
  return lines;
}

async function pacedLatencies(
  connection: ReplayConnection,
  durationMs: number,
): Promise<readonly number[]> {
  const samples: number[] = [];
  const until = performance.now() + durationMs;
  while (performance.now() < until) {
    const startedAt = performance.now();
    await connection.roundTrip();
    samples.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  }
  return samples;
}

function lineOf(attack: string, alone: readonly number[], beside: readonly number[]): Line {
  const control = summarise(alone);
  const own = summarise(beside);
  return {
    row: '14',
    metric: `beside a function that attacks by ${attack}, p99 (p50)`,
    value: `${milliseconds(own.p99)} (${milliseconds(own.p50)}), ${ratio(own.p99 / control.p99)}`,
    control: `alone ${milliseconds(control.p99)} (${milliseconds(control.p50)})`,
    target: '<= 1.3 x',
    numbers: { p99: own.p99, p50: own.p50, aloneP99: control.p99, perAlone: own.p99 / control.p99 },
  };
}
