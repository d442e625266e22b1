/** The contract of the port `Store`; every implementation runs it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32 } from 'node:zlib';
import { CHECKSUM } from './row-checksum.ts';
import { StaleWrite, type AppendedStatement, type Migration, type Store } from './store.ts';

export interface StoreFixture {
  /** Opens a store on the fixture's place; again after `close` it is the same data. */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

const notes: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE folders (name TEXT PRIMARY KEY) STRICT;
      CREATE TABLE notes (
        id INTEGER PRIMARY KEY,
        text TEXT UNIQUE,
        body BLOB,
        folder TEXT REFERENCES folders (name)
      ) STRICT;`,
  },
];

export function describeStore(name: string, createFixture: () => Promise<StoreFixture>): void {
  describe(`${name} keeps the contract of a store:`, () => {
    let fixture: StoreFixture;
    let store: Store;

    beforeEach(async () => {
      fixture = await createFixture();
      store = await fixture.open();
      await store.migrate('notes', notes);
    });
    afterEach(async () => {
      await store.close();
      await fixture.remove();
    });

    const insert = (text: string, id: number | null = null): Promise<unknown> =>
      store.write([{ sql: 'INSERT INTO notes (id, text) VALUES (?, ?)', params: [id, text] }]);
    const texts = async (): Promise<string[]> => {
      const rows = await store.read<{ text: string }>('SELECT text FROM notes ORDER BY id');
      return rows.map((row) => row.text);
    };

    test('a read sees every write that has resolved', async () => {
      for (let each = 0; each < 20; each += 1) {
        await insert(`note ${each}`);
        expect(await texts()).toHaveLength(each + 1);
      }
    });

    test('a read sees everything that was appended, in order, each batch with all of it', async () => {
      const sql = 'INSERT INTO notes (id, text, body) VALUES (?, ?, ?)';
      const body = Buffer.alloc(300_000, 'é');
      const appended = Array.from({ length: 200 }, (_, at) =>
        store.append([{ sql, params: [at, `\u0000 é 🜁 ${at}`, at === 7 ? body : null] }]),
      );
      await Promise.all(appended);
      await store.append([
        { sql: 'DELETE FROM notes WHERE id = ?', rows: [[198], [199n]] },
        { sql: 'UPDATE notes SET text = ? WHERE id = ?', params: ['last', 197] },
      ]);
      const rows = await store.read<{ id: number; text: string; body: Uint8Array | null }>(
        'SELECT id, text, body FROM notes ORDER BY id',
      );
      expect(rows).toHaveLength(198);
      expect(rows[3]).toEqual({ id: 3, text: '\u0000 é 🜁 3', body: null });
      expect(Buffer.compare(rows[7]?.body ?? Buffer.alloc(0), body)).toBe(0);
      expect(rows.at(-1)?.text).toBe('last');
    });

    test('what is appended may leave its checksum out: it is that of the values before', async () => {
      const sql = 'INSERT INTO notes (text, folder, id, body) VALUES (?, ?, ?, ?)';
      const rows: AppendedStatement['rows'] = [
        ['\u0000 "é"', null, CHECKSUM, Buffer.of(1)],
        ['1e21', null, CHECKSUM, null],
      ];
      await store.append([{ sql, rows }]);
      expect(await store.read('SELECT id, text FROM notes ORDER BY text')).toEqual([
        { id: crc32('["\\u0000 \\"é\\"",null]'), text: '\u0000 "é"' },
        { id: crc32('["1e21",null]'), text: '1e21' },
      ]);
    });

    test('what is written comes after what was appended before', async () => {
      await store.append([{ sql: `INSERT INTO notes (id, text) VALUES (1, 'a')` }]);
      const update = `UPDATE notes SET text = 'b' WHERE id = 1`;
      expect(await store.write([{ sql: update, expectChanges: 1 }])).toEqual([{ changes: 1 }]);
      expect(await texts()).toEqual(['b']);
    });

    test('what was appended is there after the store was closed and opened again', async () => {
      void store.append([{ sql: `INSERT INTO notes (text) VALUES ('a')` }]);
      await store.close();
      store = await fixture.open();
      expect(await texts()).toEqual(['a']);
    });

    test('a write says how many rows each statement changed', async () => {
      const changes = await store.write([
        { sql: `INSERT INTO notes (text) VALUES ('a'), ('b')` },
        { sql: `DELETE FROM notes WHERE text = 'a'` },
        { sql: `DELETE FROM notes WHERE text = 'missing'` },
      ]);
      expect(changes).toEqual([{ changes: 2 }, { changes: 1 }, { changes: 0 }]);
    });

    test('a statement with rows runs once with each of them, or not at all', async () => {
      const sql = 'INSERT INTO notes (id, text, body) VALUES (?, ?, ?)';
      const row = (id: number): readonly [number, string, Buffer] => [
        id,
        `note ${id}`,
        Buffer.from(`bytes ${id}`),
      ];
      expect(await store.write([{ sql, rows: [row(1), row(2), row(3)] }])).toEqual([
        { changes: 3 },
      ]);
      await expect(store.write([{ sql, rows: [row(4), row(1)] }])).rejects.toThrow(/UNIQUE/);
      const update = { sql: 'UPDATE notes SET text = ? WHERE id = ?', expectChanges: 1 };
      const changed = [
        ['other', 1],
        ['none', 9],
      ];
      const stale = store.write([{ ...update, rows: changed }]);
      await expect(stale).rejects.toThrow(StaleWrite);
      const rows = await store.read<{ text: string; body: Uint8Array }>(
        'SELECT text, body FROM notes ORDER BY id',
      );
      expect(rows.map(({ text, body }) => [text, Buffer.from(body).toString()])).toEqual([
        ['note 1', 'bytes 1'],
        ['note 2', 'bytes 2'],
        ['note 3', 'bytes 3'],
      ]);
    });

    test('every kind of value comes back as it was written', async () => {
      const bytes = Buffer.from('few bytes of a shared pool');
      await store.write([
        { sql: 'INSERT INTO notes VALUES (?, ?, ?, ?)', params: [2 ** 40, null, bytes, null] },
        { sql: 'INSERT INTO notes VALUES (?, ?, NULL, NULL)', params: [7n, 'é\u0000☃'] },
      ]);
      const rows = await store.read('SELECT id, text, body FROM notes ORDER BY id');
      expect(rows).toEqual([
        { id: 7, text: 'é\u0000☃', body: null },
        { id: 2 ** 40, text: null, body: new Uint8Array(bytes) },
      ]);
    });

    test('a batch is kept whole or not at all', async () => {
      const half = store.write([
        { sql: `INSERT INTO notes (id, text) VALUES (1, 'one')` },
        { sql: `INSERT INTO notes (id, text) VALUES (1, 'again')` },
      ]);
      await expect(half).rejects.toThrow(/UNIQUE constraint failed: notes.id/);
      expect(await texts()).toEqual([]);
    });

    test('a failing batch among concurrent ones fails alone', async () => {
      const results = await Promise.allSettled([
        insert('one', 1),
        insert('one again', 1),
        insert('two', 2),
        store.write([{ sql: 'INSERT INTO nowhere VALUES (1)' }]),
        insert('three', 3),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await texts()).toEqual(['one', 'two', 'three']);
    });

    test('concurrent writes are applied in the order of the calls', async () => {
      await Promise.all(Array.from({ length: 500 }, (_, each) => insert(`note ${each}`)));
      expect(await texts()).toEqual(Array.from({ length: 500 }, (_, each) => `note ${each}`));
    });

    test('foreign keys are enforced', async () => {
      const orphan = store.write([{ sql: `INSERT INTO notes (folder) VALUES ('none')` }]);
      await expect(orphan).rejects.toMatchObject({ name: 'StoreFailure', sqliteCode: 787 });
    });

    test('a duplicate is told from other failures', async () => {
      await insert('once');
      await expect(insert('once')).rejects.toMatchObject({ isDuplicate: true });
      await expect(store.write([{ sql: 'no sql' }])).rejects.toMatchObject({ isDuplicate: false });
    });

    test('a write that expects another number of changes is stale and keeps nothing', async () => {
      await insert('old', 1);
      const stale = store.write([
        { sql: `INSERT INTO notes (text) VALUES ('side effect')` },
        { sql: `UPDATE notes SET text = 'new' WHERE text = 'older'`, expectChanges: 1 },
      ]);
      await expect(stale).rejects.toThrow(StaleWrite);
      expect(await texts()).toEqual(['old']);
    });

    test('a read cannot write', async () => {
      await expect(store.read('DELETE FROM notes')).rejects.toThrow(/readonly/);
    });

    test('data and migrations survive closing and opening again', async () => {
      await insert('kept');
      await store.close();
      store = await fixture.open();
      await store.migrate('notes', [
        ...notes,
        { id: 2, sql: `ALTER TABLE notes ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'` },
      ]);
      const rows = await store.read('SELECT text, colour FROM notes');
      expect(rows).toEqual([{ text: 'kept', colour: 'blue' }]);
    });

    test('a migration whose text was changed is refused', async () => {
      const edited = store.migrate('notes', [{ id: 1, sql: 'CREATE TABLE other (id)' }]);
      await expect(edited).rejects.toThrow(/Migration 1 of 'notes' is not the one/);
    });

    test('a database of a newer version is refused', async () => {
      await expect(store.migrate('notes', [])).rejects.toThrow(/written by a newer Hearth/);
    });

    test('migrations that are not numbered in order are refused', async () => {
      const gap = store.migrate('gap', [{ id: 2, sql: 'CREATE TABLE gap (id)' }]);
      await expect(gap).rejects.toThrow(/numbered 1, 2, 3/);
    });

    test('a migration that fails leaves nothing behind', async () => {
      const broken = { id: 1, sql: 'CREATE TABLE half (id INTEGER); CREATE TABLE half (id)' };
      await expect(store.migrate('half', [broken])).rejects.toThrow(/already exists/);
      await store.migrate('half', [{ id: 1, sql: 'CREATE TABLE half (id INTEGER) STRICT' }]);
      expect(await store.read('SELECT * FROM half')).toEqual([]);
    });

    test('rooms count their migrations separately', async () => {
      await store.migrate('other', [{ id: 1, sql: 'CREATE TABLE other (id INTEGER) STRICT' }]);
      await store.migrate('notes', notes);
      expect(await store.read('SELECT * FROM other')).toEqual([]);
    });

    test('closing finishes the writes that were asked for, and more than once is harmless', async () => {
      const writes = Array.from({ length: 50 }, (_, each) => insert(`note ${each}`));
      await Promise.all([store.close(), store.close()]);
      await Promise.all(writes);
      await expect(insert('late')).rejects.toThrow('The store is closed.');
      await expect(texts()).rejects.toThrow('The store is closed.');
      store = await fixture.open();
      expect(await texts()).toHaveLength(50);
    });
  });
}
