/**
 * What the neighbours of row 14 do. One attacks from inside one sandbox, another by what it makes the
 * server do for it: perform a backlog of events, start many functions at once.
 */
import type { TestServer } from '../../packages/testkit/src/start-server.ts';
import { createFunction } from '../bench-server.ts';
import type { InvokeClient } from '../invoke-client.ts';

export interface Attack {
  readonly name: string;
  /** Makes its functions, before anything is measured. `durationMs` is how long it has to last. */
  prepare(server: TestServer, client: InvokeClient, durationMs: number): Promise<PreparedAttack>;
}

export interface PreparedAttack {
  /** What has to be there before it is measured. */
  begin?(): Promise<void>;
  /** Goes on until `isOver`. */
  run(isOver: () => boolean): Promise<void>;
  /** Deletes its functions; what still runs of them ends. */
  end(): Promise<void>;
}

const runtime = 'nodejs26.x';
const handler = 'index.handler';
/** Half a CPU's share. */
const memoryMib = 886;

/** Each runs until its timeout ends it, and again. */
const bodies: Readonly<Record<string, string>> = {
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

/** Events that wait when it is measured. */
const BACKLOG = 20_000;
const SENDERS = 8;
/** Functions that are called for the first time at the same moment: more than a pool has. */
const WAVE = 10;
/** Between two waves: about what a pool of the usual size takes to refill. */
const WAVE_GAP_MS = 500;

export const attacks: readonly Attack[] = [
  ...Object.entries(bodies).map(([name, body]) => fromInside(name, body)),
  { name: 'async backlog', prepare: backlog },
  { name: 'mass cold start', prepare: coldStarts },
];

function fromInside(name: string, body: string): Attack {
  return {
    name,
    prepare: async (server, client) => {
      const functionName = `attacks-${name}`;
      const code = `exports.handler = async () => { ${body} };`;
      await create(server, functionName, code);
      return {
        run: async (isOver) => {
          while (!isOver()) await client.invoke(functionName, '{}');
        },
        end: () => remove(client, functionName),
      };
    },
  };
}

/** Every second event fails, the others take a second. They are performed from the first one on. */
async function backlog(server: TestServer, client: InvokeClient): Promise<PreparedAttack> {
  const name = 'attacks-backlog';
  const code = `exports.handler = async ({ number }) => {
    if (number % 2 === 1) throw new Error('it fails');
    await new Promise((resolve) => setTimeout(resolve, 1_000)); };`;
  await create(server, name, code);
  const send = async (first: number): Promise<void> => {
    for (let number = first; number < BACKLOG; number += SENDERS) {
      await client.sendEvent(name, JSON.stringify({ number }));
    }
  };
  const senders = Array.from({ length: SENDERS }, (_, first) => first);
  return {
    begin: async () => {
      await Promise.all(senders.map((first) => send(first)));
    },
    run: async () => {},
    end: () => remove(client, name),
  };
}

/** Functions that never ran, a wave of them at once, and the next wave when the pool has begun to refill. */
async function coldStarts(
  server: TestServer,
  client: InvokeClient,
  durationMs: number,
): Promise<PreparedAttack> {
  const count = WAVE * Math.ceil(durationMs / WAVE_GAP_MS);
  const names = Array.from({ length: count }, (_, index) => `attacks-cold-${index}`);
  for (const name of names) await create(server, name, 'exports.handler = async () => {};');
  return {
    run: async (isOver) => {
      const left = [...names];
      const calls: Promise<unknown>[] = [];
      while (!isOver() && left.length > 0) {
        calls.push(...left.splice(0, WAVE).map((name) => client.invoke(name, '{}')));
        await new Promise((resolve) => setTimeout(resolve, WAVE_GAP_MS));
      }
      await Promise.all(calls);
    },
    end: async () => {
      for (const name of names) await remove(client, name);
    },
  };
}

async function create(server: TestServer, name: string, code: string): Promise<void> {
  await createFunction(server, { name, runtime, handler, memoryMib, files: { 'index.js': code } });
}

async function remove(client: InvokeClient, name: string): Promise<void> {
  await client.send('DELETE', `/2015-03-31/functions/${name}`, '');
}
