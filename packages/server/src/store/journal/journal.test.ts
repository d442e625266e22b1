import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../../testkit/src/run-command.ts';
import { silentLogger } from '../../lib/logger.ts';
import { writeUntilKilled } from '../fixtures/write-until-killed.ts';
import { openStore } from '../open-store.ts';
import type { SqlValue, Store } from '../store.ts';
import { ByteWriter } from './byte-writer.ts';
import { startJournal } from './journal.ts';
import { ALIGNMENT, HEADER_BYTES, KEY_BYTES, seal } from './record.ts';
import { BatchEncoder } from './statement-codec.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (name = 'data'): Promise<Store> =>
  openStore({ path: path.join(folder, name, 'db'), logger: silentLogger, hasJournal: true });
const segmentOf = (name: string, generation = 1): string =>
  path.join(folder, name, 'db.journal', String(generation));

async function openCounter(name?: string): Promise<Store> {
  const store = await open(name);
  await store.migrate('counter', [
    {
      id: 1,
      sql: `CREATE TABLE counter (steps INTEGER, filler TEXT) STRICT;
            INSERT INTO counter VALUES (0, '')`,
    },
  ]);
  return store;
}

const step = (store: Store, filler = ''): Promise<void> =>
  store.append([{ sql: 'UPDATE counter SET steps = steps + 1, filler = ?', params: [filler] }]);

async function stepsOf(store: Store): Promise<number> {
  const [row] = await store.read<{ steps: number }>('SELECT steps FROM counter');
  return row?.steps ?? -1;
}

/** As a server does that ends before its database has taken anything. */
async function leaveInJournal(fillers: readonly SqlValue[]): Promise<void> {
  const store = await openCounter();
  const [keyRow] = await store.read<{ key: Uint8Array }>('SELECT key FROM journal_key');
  await store.close();
  await using journal = startJournal({
    folder: path.dirname(segmentOf('data')),
    key: keyRow?.key ?? Buffer.alloc(0),
    lastGeneration: 0,
    hasSpare: false,
    logger: silentLogger,
    apply: () => Promise.reject(new Error('It ends before.')),
  });
  for (const filler of fillers) {
    const sql = 'UPDATE counter SET steps = steps + 1, filler = ?';
    await journal.append([{ sql, params: [filler] }]);
  }
}

/** As a crash at this moment leaves it. */
async function copyTo(name: string): Promise<void> {
  const copy = path.join(folder, name);
  // Spares get other names meanwhile.
  await vi.waitFor(async () => {
    await rm(copy, { recursive: true, force: true });
    await cp(path.join(folder, 'data'), copy, { recursive: true });
  }, 30_000);
}

describe('a journal', () => {
  test('puts what it has into the database at the next start, once', async () => {
    await leaveInJournal(['', '', '']);
    await copyTo('before');
    await using store = await open();
    expect(await stepsOf(store)).toBe(3);
    await step(store);
    expect(await stepsOf(store)).toBe(4);
    await copyTo('after');
    // The journal of a crash whose removal of the files never came to the disk.
    await cp(segmentOf('before'), segmentOf('after'));
    for (const steps of [4, 4]) {
      await using copy = await open('after');
      expect(await stepsOf(copy)).toBe(steps);
      expect(copy.damaged).toBe(0);
    }
  });

  test('has everything that was acknowledged before a SIGKILL, and nothing twice', async () => {
    let before = 0;
    await (await openCounter()).close();
    for (const acknowledgements of [1, 60, 600]) {
      const file = path.join(folder, 'data', 'db');
      const acknowledged = await writeUntilKilled('counting', file, acknowledgements);
      expect(acknowledged.length).toBeGreaterThanOrEqual(acknowledgements);
      await using store = await open();
      const steps = await stepsOf(store);
      expect(steps).toBeGreaterThanOrEqual(acknowledged.at(-1) ?? 0);
      // Each of nine callers may have had one that it was not told of.
      expect(steps).toBeLessThanOrEqual(before + acknowledged.length + 9);
      before = steps;
    }
  }, 120_000);

  test('goes through its files and keeps few of them', async () => {
    const filler = 'x'.repeat(300_000);
    const store = await openCounter();
    for (let each = 0; each < 100; each += 1) await step(store, filler);
    expect(await stepsOf(store)).toBe(100);
    const files = (): Promise<readonly string[]> =>
      readdir(path.join(folder, 'data', 'db.journal'));
    await vi.waitFor(async () => expect((await files()).length).toBeLessThanOrEqual(2), 30_000);
    await copyTo('copy');
    await store.close();
    await using copy = await open('copy');
    expect(await stepsOf(copy)).toBe(100);
    expect(copy.damaged).toBe(0);
  }, 120_000);

  test('passes over a damaged record, counts it, keeps its file, and has those behind it', async () => {
    await leaveInJournal(['first', 'second', 'third']);
    const bytes = await readFile(segmentOf('data'));
    bytes.writeUInt8(0, bytes.indexOf('second'));
    await writeFile(segmentOf('data'), bytes);
    await using store = await open();
    expect(await stepsOf(store)).toBe(2);
    expect(store.damaged).toBe(1);
    expect(await readdir(path.join(folder, 'data', 'db.journal'))).toEqual(['damaged-1']);
  });

  test('of another database is kept aside and counted', async () => {
    await leaveInJournal(['first']);
    for (const end of ['', '-wal', '-shm']) {
      await rm(path.join(folder, 'data', `db${end}`), { force: true });
    }
    await using store = await openCounter();
    expect(await stepsOf(store)).toBe(0);
    expect(store.damaged).toBe(1);
    expect(await readdir(path.join(folder, 'data', 'db.journal'))).toEqual(['damaged-1']);
  });

  test('runs nothing of what was sent as a record of it', async () => {
    await leaveInJournal(['first', Buffer.concat([Buffer.from('second'), ...forgedRecords()])]);
    const bytes = await readFile(segmentOf('data'));
    bytes.writeUInt8(0, bytes.indexOf('second'));
    await writeFile(segmentOf('data'), bytes);
    await using store = await open();
    expect(await stepsOf(store)).toBe(1);
    expect(store.damaged).toBe(0);
  });

  test('takes a last record that is not whole for one that nobody was told of', async () => {
    await leaveInJournal(['first', 'second', 'third']);
    const bytes = await readFile(segmentOf('data'));
    await writeFile(segmentOf('data'), bytes.subarray(0, bytes.indexOf('third') + 2));
    await using store = await open();
    expect(await stepsOf(store)).toBe(2);
    expect(store.damaged).toBe(0);
  });

  test('refuses what is appended when the database has taken nothing for too long', async () => {
    await using store = await openCounter();
    await store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 20' }]);
    const filler = 'x'.repeat(5_000_000);
    let accepted = 0;
    await expect(
      (async () => {
        for (; accepted < 20; accepted += 1) await step(store, filler);
      })(),
    ).rejects.toThrow(/full/);
    expect(accepted).toBeGreaterThan(5);
    await copyTo('copy');
    await using copy = await open('copy');
    expect(await stepsOf(copy)).toBe(accepted);
  }, 60_000);

  // Which call of each thread fails.
  for (const [call, place, which] of [
    ['pwrite64', 'data/db.journal/1', 3],
    ['fsync', 'data/db.journal', 1],
  ] as const) {
    test.skipIf(!mayTrace())(
      `refuses what cannot be written (${call}), and goes on in another file`,
      async () => {
        const script = path.join(import.meta.dirname, '../fixtures/refused-appender.ts');
        const file = path.join(folder, 'data', 'db');
        await (await openCounter()).close();
        const { stdout, stderr } = await runCommand(
          [
            ...['strace', '-f', '-qq', '-o', '/dev/null', '-P', path.join(folder, place)],
            ...['-e', `trace=${call}`, '-e', `inject=${call}:error=EIO:when=${which}`],
            ...[process.execPath, '--expose-gc', script, file],
          ],
          { timeoutMs: 100_000 },
        );
        expect(stderr).toBe('');
        const { acknowledged, refused } = JSON.parse(stdout) as Record<string, readonly string[]>;
        expect(refused?.length).toBeGreaterThan(0);
        expect(new Set(refused)).toEqual(
          new Set([expect.stringMatching(/^StoreFailure: EIO: i\/o error/)]),
        );
        await using store = await open();
        expect(await stepsOf(store)).toBe(acknowledged?.length);
      },
      120_000,
    );
  }
});

/** As good as somebody can make them who does not know the key, wherever they come to lie. */
function forgedRecords(): readonly Buffer[] {
  const out = new ByteWriter();
  out.reset(HEADER_BYTES);
  new BatchEncoder(out).add([{ sql: 'UPDATE counter SET steps = 1000000' }]);
  const payloadBytes = out.size - HEADER_BYTES;
  const record = out.finish(ALIGNMENT);
  seal(record, payloadBytes, { generation: 1, number: 1 }, Buffer.alloc(KEY_BYTES));
  return Array.from({ length: ALIGNMENT }, () => [record, Buffer.alloc(1)]).flat();
}

function mayTrace(): boolean {
  return (
    spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' }).status === 0
  );
}
