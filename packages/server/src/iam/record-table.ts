/**
 * Records of one kind, as JSON rows of the store with a copy in memory: reading never awaits the
 * database, and what is in memory is durable. A row whose checksum does not hold is left alone
 * where it is, reported, and treated as if it did not exist.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../lib/logger.ts';
import type { Migration, Statement, Store } from '../store/store.ts';

export const recordMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `CREATE TABLE iam_record (
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      revision INTEGER NOT NULL,
      record TEXT NOT NULL,
      checksum TEXT NOT NULL,
      PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID`,
  },
];

export interface RecordTable<Value extends object> {
  get(key: string): Value | undefined;
  values(): IteratorObject<Value>;
  /** Counts the changes of this table; for caches of what was made from its values. */
  readonly generation: number;
  /** Rejects with `StaleWrite` when another process changed the record first. */
  put(key: string, value: Value): Promise<void>;
  /** The same record under another key (or the same one), in one step. */
  move(from: string, to: string, value: Value): Promise<void>;
  remove(key: string): Promise<void>;
}

interface Row {
  readonly key: string;
  readonly revision: number;
  readonly record: string;
  readonly checksum: string;
}

interface Entry<Value> {
  readonly revision: number;
  readonly value: Value;
}

/** Callers of `put` and `remove` take turns (serial.ts): nothing here orders them. */
export async function openRecordTable<Value extends object>(
  deps: { readonly store: Store; readonly logger: Logger },
  kind: string,
): Promise<RecordTable<Value>> {
  const rows = await deps.store.read<Row>(
    'SELECT key, revision, record, checksum FROM iam_record WHERE kind = ?',
    [kind],
  );
  const entries = new Map<string, Entry<Value>>();
  for (const row of rows) {
    if (row.checksum === checksumOf(kind, row.key, row.revision, row.record)) {
      entries.set(row.key, { revision: row.revision, value: JSON.parse(row.record) as Value });
    } else {
      deps.logger.error('iam.record-damaged', { kind, key: row.key });
    }
  }
  return tableOver(deps.store, kind, entries);
}

function tableOver<Value extends object>(
  store: Store,
  kind: string,
  entries: Map<string, Entry<Value>>,
): RecordTable<Value> {
  let generation = 0;
  const write = (key: string, value: Value): { row: Row; statement: Statement } => {
    const known = entries.get(key)?.revision;
    const revision = (known ?? 0) + 1;
    const record = JSON.stringify(value);
    const row: Row = { key, revision, record, checksum: checksumOf(kind, key, revision, record) };
    return { row, statement: known === undefined ? insert(kind, row) : update(kind, row, known) };
  };
  return {
    get: (key) => entries.get(key)?.value,
    values: () => entries.values().map((entry) => entry.value),
    get generation() {
      return generation;
    },
    async put(key, value) {
      const { row, statement } = write(key, value);
      await store.write([statement]);
      entries.set(key, { revision: row.revision, value });
      generation++;
    },
    async move(from, to, value) {
      const { row, statement } = write(to, value);
      const known = entries.get(from)?.revision;
      const isMoved = from !== to && known !== undefined;
      await store.write(isMoved ? [remove(kind, from, known), statement] : [statement]);
      if (isMoved) entries.delete(from);
      entries.set(to, { revision: row.revision, value });
      generation++;
    },
    async remove(key) {
      const known = entries.get(key)?.revision;
      if (known === undefined) return;
      await store.write([remove(kind, key, known)]);
      entries.delete(key);
      generation++;
    },
  };
}

/** A damaged row under this key is given up for the new record. */
function insert(kind: string, row: Row): Statement {
  return {
    sql: 'INSERT OR REPLACE INTO iam_record (kind, key, revision, record, checksum) VALUES (?, ?, ?, ?, ?)',
    params: [kind, row.key, row.revision, row.record, row.checksum],
  };
}

function update(kind: string, row: Row, known: number): Statement {
  return {
    sql: `UPDATE iam_record SET revision = ?, record = ?, checksum = ?
      WHERE kind = ? AND key = ? AND revision = ?`,
    params: [row.revision, row.record, row.checksum, kind, row.key, known],
    expectChanges: 1,
  };
}

function remove(kind: string, key: string, known: number): Statement {
  return {
    sql: 'DELETE FROM iam_record WHERE kind = ? AND key = ? AND revision = ?',
    params: [kind, key, known],
    expectChanges: 1,
  };
}

function checksumOf(kind: string, key: string, revision: number, record: string): string {
  return createHash('sha256').update(`${kind}\0${key}\0${revision}\0${record}`).digest('hex');
}
