import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../testkit/src/run-command.ts';
import { silentLogger } from '../lib/logger.ts';
import { writeUntilKilled } from './fixtures/write-until-killed.ts';
import { openStore } from './open-store.ts';
import { describeStore } from './store.testsuite.ts';

async function makeFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'hearth-store-'));
}

for (const hasJournal of [false, true]) {
  describeStore(hasJournal ? 'the SQLite store with a journal' : 'the SQLite store', async () => {
    const folder = await makeFolder();
    const file = path.join(folder, 'hearth.db');
    return {
      open: () => openStore({ path: file, logger: silentLogger, hasJournal }),
      remove: () => rm(folder, { recursive: true }),
    };
  });
}

describe('the SQLite store', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await makeFolder();
    file = path.join(folder, 'data', 'hearth.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const openAgain = (): ReturnType<typeof openStore> =>
    openStore({ path: file, logger: silentLogger });

  test('makes its folder and a file that nobody else can read', async () => {
    await using _store = await openAgain();
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect((await stat(`${file}-wal`)).mode & 0o077).toBe(0);
  });

  test('counts writes, and the groups in which they are committed', async () => {
    await using store = await openAgain();
    await store.migrate('notes', [{ id: 1, sql: 'CREATE TABLE notes (text TEXT) STRICT' }]);
    const before = store.counts;
    const sql = "INSERT INTO notes VALUES ('a')";
    await Promise.all(Array.from({ length: 20 }, () => store.write([{ sql }])));
    await store.write([{ sql }]);
    const { writes, commits } = store.counts;
    expect({ writes: writes - before.writes, commits: commits - before.commits }).toEqual({
      writes: 21,
      // What is asked for in one turn is one group.
      commits: 2,
    });
  });

  test('refuses a second server on the same data and names the process that has it', async () => {
    await using _store = await openAgain();
    await expect(openAgain()).rejects.toThrow(
      `in use by the Hearth server with process id ${process.pid}. Stop that server`,
    );
  });

  test('refuses a file that is not a database, with a sentence that names it', async () => {
    const notOurs = path.join(folder, 'hearth.db');
    await writeFile(notOurs, 'something else entirely\n'.repeat(100));
    const opening = openStore({ path: notOurs, logger: silentLogger });
    await expect(opening).rejects.toMatchObject({
      name: 'StoreUnusable',
      message: expect.stringContaining(`The database ${notOurs} is damaged`),
    });
    expect(await readFile(notOurs, 'utf8')).toMatch(/^something else/);
  });

  test('refuses a damaged database when it opens, not when it is used', async () => {
    const store = await openAgain();
    await store.migrate('rows', [{ id: 1, sql: 'CREATE TABLE rows (text TEXT) STRICT' }]);
    const text = 'x'.repeat(900);
    await store.write(
      Array.from({ length: 100 }, () => ({ sql: 'INSERT INTO rows VALUES (?)', params: [text] })),
    );
    await store.close();
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(8_192, 0xff), 0, 8_192, 4_096 * 4);
    await handle.close();
    await expect(openAgain()).rejects.toThrow(/is damaged .* \.recover/);
  });

  test('refuses a path that cannot be a database with a sentence', async () => {
    await mkdir(file, { recursive: true });
    await expect(openAgain()).rejects.toThrow(/cannot be opened .* choose another folder/);
  });

  test('rejects the writes for which there is no room and keeps serving', async () => {
    await using store = await openAgain();
    await store.migrate('rows', [{ id: 1, sql: 'CREATE TABLE rows (body BLOB) STRICT' }]);
    // Limits the database as a full disk would: SQLITE_FULL ends the whole transaction.
    await store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 20' }]);
    const insert = (bytes: number): Promise<unknown> =>
      store.write([{ sql: 'INSERT INTO rows VALUES (zeroblob(?))', params: [bytes] }]);
    const results = await Promise.allSettled([insert(10), insert(500_000), insert(11)]);
    expect(results.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { message: 'database or disk is full' } });
    const rows = await store.read('SELECT length(body) AS bytes FROM rows ORDER BY rowid');
    expect(rows).toEqual([{ bytes: 10 }, { bytes: 11 }]);
  });

  test.skipIf(!mayTrace)(
    'rejects the writes that cannot be synced, keeps none of them and goes on',
    async () => {
      const script = path.join(import.meta.dirname, 'fixtures/refused-writer.ts');
      const { stdout, stderr } = await runCommand(
        [...withFailingSyncs('30..45'), process.execPath, script, file],
        { timeoutMs: 100_000 },
      );
      expect(stderr).toBe('');
      const { acknowledged, refused } = JSON.parse(stdout) as RefusedWriterReport;
      expect(refused.length).toBeGreaterThan(5);
      expect(new Set(refused.map(({ reason }) => reason))).toEqual(
        new Set(['StoreFailure: disk I/O error']),
      );
      expect(acknowledged.at(-1)).toBe(60);
      await using store = await openAgain();
      const rows = await store.read<{ number: number }>('SELECT number FROM numbers ORDER BY 1');
      expect(rows.map((row) => row.number)).toEqual(acknowledged);
    },
    120_000,
  );

  test('answers small reads while a long one is under way', async () => {
    await using store = await openAgain();
    let isLongOver = false;
    const long = store
      .read(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 8e6)
         SELECT max(n) AS most FROM numbers`,
      )
      .finally(() => {
        isLongOver = true;
      });
    // The first one finds the only reader busy, and waits; those that come later have another.
    const small: Promise<unknown>[] = [];
    await vi.waitUntil(
      async () => {
        small.push(store.read('SELECT 1 AS one'));
        return (await Promise.race([small.at(-1), sleep(20)])) !== undefined;
      },
      { timeout: 60_000, interval: 1 },
    );
    expect(isLongOver).toBe(false);
    expect(await long).toEqual([{ most: 8e6 }]);
    await Promise.all(small);
  }, 120_000);

  test('has everything that was acknowledged before a SIGKILL', async () => {
    // Also shows that the lock of a dead holder blocks nobody: each round opens the same file.
    for (const acknowledgements of [1, 40, 150]) {
      const acknowledged = await writeUntilKilled('acknowledging', file, acknowledgements);
      await using store = await openAgain();
      const rows = await store.read<{ number: number }>('SELECT number FROM numbers');
      const kept = new Set(rows.map((row) => row.number));
      expect(acknowledged.length).toBeGreaterThanOrEqual(acknowledgements);
      expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
    }
    // Three processes and two hundred syncs, beside whatever else the machine does.
  }, 120_000);
});

/** strace makes system calls fail, where a machine has it and lets it. */
const mayTrace =
  spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' }).status === 0;

/** The syncs of each thread with these numbers, counted from 1, fail with EIO. */
function withFailingSyncs(which: string): readonly string[] {
  const calls = 'fsync,fdatasync';
  const inject = `inject=${calls}:error=EIO:when=${which}`;
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}

interface RefusedWriterReport {
  readonly acknowledged: readonly number[];
  readonly refused: readonly { readonly number: number; readonly reason: string }[];
}
