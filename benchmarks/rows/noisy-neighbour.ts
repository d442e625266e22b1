/**
 * Row 14: what a function feels of another that does its worst in a sandbox of its own. The
 * victim is asked a hundred times a second; its p99 with the attacker against that without.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { openReplay, signedInvoke, type ReplayConnection } from '../replay-connection.ts';
import { createInvokeClient } from '../invoke-client.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

/** Each runs until its timeout ends it; one CPU's share, as the victim has. */
const attacks: Readonly<Record<string, string>> = {
  cpu: 'for (;;);',
  memory: 'const all = []; for (;;) all.push(Buffer.alloc(1_048_576, 1));',
  fork: `const { spawn } = require('node:child_process');
    for (let n = 0; n < 900; n += 1) spawn('/bin/sh', ['-c', 'while :; do :; done']).on('error', () => {});
    return new Promise(() => {});`,
  disk: `const fs = require('node:fs'); const block = Buffer.alloc(4_194_304, 7);
    for (;;) { const file = fs.openSync('/tmp/x', 'w');
      try { for (let n = 0; n < 100; n += 1) fs.writeSync(file, block); fs.fsyncSync(file); } catch {} fs.closeSync(file); }`,
  log: `const line = 'x'.repeat(1_000); for (;;) console.log(line);`,
};

const GAP_MS = 10;

export async function noisyNeighbour(durationMs: number): Promise<readonly Line[]> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'victim',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': 'export const handler = async (event) => event;' },
  });
  const victim = await openReplay(server.endpoint, signedInvoke(server.endpoint, 'victim', '{}'));
  for (let round = 0; round < 200; round += 1) await victim.roundTrip();
  const client = createInvokeClient(server.endpoint, 8);
  const lines: Line[] = [];
  for (const [attack, code] of Object.entries(attacks)) {
    const name = `attacks-${attack}`;
    await createFunction(server, {
      name,
      runtime: 'nodejs26.x',
      handler: 'index.handler',
      memoryMib: 886,
      files: { 'index.js': `exports.handler = async () => { ${code} };` },
    });
    const before = await pacedLatencies(victim, durationMs / 2);
    let isOver = false;
    const attacking = repeat(
      () => isOver,
      () => client.invoke(name, '{}'),
    );
    const during = await pacedLatencies(victim, durationMs);
    isOver = true;
    await client.send('DELETE', `/2015-03-31/functions/${name}`, '');
    await attacking;
    const after = await pacedLatencies(victim, durationMs / 2);
    lines.push(lineOf(attack, [...before, ...after], during));
  }
  victim.close();
  client.close();
  return lines;
}

async function repeat(isOver: () => boolean, act: () => Promise<unknown>): Promise<void> {
  while (!isOver()) await act();
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
