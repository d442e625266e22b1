/**
 * SQLite behind the port `Store`: one writer thread with group commit, reader threads beside it,
 * so that no statement and no fsync ever runs on the event loop.
 */
import { closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { lockFile } from './lock-file.ts';
import { startReaders, type Readers } from './readers.ts';
import { startThread, type StoreThread } from './start-thread.ts';
import type { SqlValue, Store } from './store.ts';
import type { ReadRows } from './thread-message.ts';

export interface StoreDeps {
  /** The database file; its folder is made where it does not exist. */
  readonly path: string;
  readonly logger: Logger;
}

/** Rejects with `StoreUnusable`. */
export async function openStore(deps: StoreDeps): Promise<Store> {
  const { path, logger } = deps;
  const unlock = lockFile(path);
  try {
    const writer = await startThread(new URL('./writer-thread.ts', import.meta.url), path);
    const readers = await startReading(writer, deps);
    logger.debug('store opened', { path });
    return createStore(writer, readers, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startReading(writer: StoreThread, { path, logger }: StoreDeps): Promise<Readers> {
  try {
    return await startReaders(path, logger);
  } catch (error) {
    await writer.end();
    throw error;
  }
}

function createStore(writer: StoreThread, readers: Readers, unlock: () => void): Store {
  let isClosing = false;
  let writes = 0;
  const roundsAtFirst = writer.rounds;
  const refuseWhenClosing = (): void => {
    if (isClosing) throw new Error('The store is closed.');
  };
  return {
    write: async (statements) => {
      refuseWhenClosing();
      writes += 1;
      const changes = await writer.ask({ kind: 'write', statements });
      return changes as readonly { readonly changes: number }[];
    },
    read: async <Row extends object>(sql: string, params: readonly SqlValue[] = []) => {
      refuseWhenClosing();
      const question = { kind: 'read', sql, params: params.map(compact) } as const;
      return rowsOf((await readers.choose().ask(question)) as ReadRows) as readonly Row[];
    },
    migrate: async (room, migrations) => {
      refuseWhenClosing();
      await writer.ask({ kind: 'migrate', room, migrations });
    },
    get counts() {
      return { writes, commits: writer.rounds - roundsAtFirst };
    },
    ...closeable(async () => {
      isClosing = true;
      // Readers first: the last connection to close folds the WAL into the database.
      const ends = await Promise.allSettled([readers.end()]);
      ends.push(...(await Promise.allSettled([writer.end()])));
      unlock();
      const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'The store did not close well.');
    }),
  };
}

function rowsOf({ columns, rows }: ReadRows): readonly object[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < columns.length; at += 1) row[columns[at] ?? ''] = values[at];
    return row;
  });
}

/** A clone of a view takes its whole buffer along, and small Buffers are views of a shared pool. */
function compact(value: SqlValue): SqlValue {
  if (!(value instanceof Uint8Array) || value.byteLength === value.buffer.byteLength) return value;
  return new Uint8Array(value);
}
