/**
 * Small records of the function room beside the functions themselves (layer versions, code
 * signing configurations): one JSON row each, all of them in memory too. Memory shows a change
 * only after it is durable.
 *
 * A row whose checksum does not hold is left where it is, reported, counted and never served;
 * its key stays taken.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../lib/logger.ts';
import { StaleWrite, type Migration, type Statement, type Store } from '../store/store.ts';

export interface RecordRows<Value extends object> {
  get(key: string): Value | undefined;
  values(): IteratorObject<Value>;
  /** All of them or none; false where one is no longer what is stored. */
  change(changes: readonly RowChange<Value>[]): Promise<boolean>;
  readonly damagedRows: number;
}

/** `previous` is the very object that `get` gave; undefined for a new key. */
export interface RowChange<Value> {
  readonly key: string;
  readonly previous: Value | undefined;
  readonly next: Value | undefined;
}

interface Row {
  readonly key: string;
  readonly body: string;
  readonly checksum: string;
}

/** Append only: what has been released is never edited. */
const migrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE function_room_records (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        body TEXT NOT NULL,
        checksum TEXT NOT NULL,
        PRIMARY KEY (kind, key)
      ) STRICT;
    `,
  },
];

export interface RecordRowsDependencies {
  readonly store: Store;
  readonly logger: Logger;
}

export async function openRecordRows<Value extends object>(
  { store, logger }: RecordRowsDependencies,
  kind: string,
): Promise<RecordRows<Value>> {
  await store.migrate('function-room-records', migrations);
  const rows = await store.read<Row>(
    'SELECT key, body, checksum FROM function_room_records WHERE kind = ?',
    [kind],
  );
  const entries = new Map<string, Entry<Value>>();
  let damagedRows = 0;
  for (const { key, body, checksum } of rows) {
    if (checksum === checksumOf(kind, key, body)) {
      entries.set(key, { value: JSON.parse(body) as Value, checksum });
    } else {
      damagedRows += 1;
      logger.error('record damaged', { kind, key });
    }
  }
  return {
    get: (key) => entries.get(key)?.value,
    values: () => entries.values().map(({ value }) => value),
    change: (changes) => apply(store, kind, entries, changes),
    damagedRows,
  };
}

interface Entry<Value> {
  readonly value: Value;
  readonly checksum: string;
}

async function apply<Value extends object>(
  store: Store,
  kind: string,
  entries: Map<string, Entry<Value>>,
  changes: readonly RowChange<Value>[],
): Promise<boolean> {
  const statements: Statement[] = [];
  const after: (readonly [key: string, entry: Entry<Value> | undefined])[] = [];
  for (const { key, previous, next } of changes) {
    const known = entries.get(key);
    if (known?.value !== previous) return false;
    const body = next === undefined ? undefined : JSON.stringify(next);
    const checksum = body === undefined ? undefined : checksumOf(kind, key, body);
    after.push([key, next && checksum ? { value: next, checksum } : undefined]);
    statements.push(statementOf({ kind, key, body, checksum }, known?.checksum));
  }
  try {
    await store.write(statements.map((each) => ({ ...each, expectChanges: 1 })));
  } catch (error) {
    if (error instanceof StaleWrite) return false;
    throw error;
  }
  for (const [key, entry] of after) {
    if (entry === undefined) entries.delete(key);
    else entries.set(key, entry);
  }
  return true;
}

interface NextRow {
  readonly kind: string;
  readonly key: string;
  readonly body: string | undefined;
  readonly checksum: string | undefined;
}

function statementOf(row: NextRow, known: string | undefined): Statement {
  const { kind, key, body = '', checksum } = row;
  if (known === undefined) {
    return {
      sql: `INSERT OR IGNORE INTO function_room_records (kind, key, body, checksum)
            VALUES (?, ?, ?, ?)`,
      params: [kind, key, body, checksum ?? ''],
    };
  }
  return checksum === undefined
    ? {
        sql: 'DELETE FROM function_room_records WHERE kind = ? AND key = ? AND checksum = ?',
        params: [kind, key, known],
      }
    : {
        sql: `UPDATE function_room_records SET body = ?, checksum = ?
              WHERE kind = ? AND key = ? AND checksum = ?`,
        params: [body, checksum, kind, key, known],
      };
}

function checksumOf(kind: string, key: string, body: string): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, key, body]))
    .digest('hex');
}
