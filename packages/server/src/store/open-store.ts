/**
 * SQLite behind the port `Store`: one writer thread with group commit, reader threads beside it,
 * so that no statement and no fsync ever runs on the event loop. Where it is asked for, a journal
 * stands in front of it, for what is appended.
 */
import { closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { startJournal, type Journal, type JournalDeps } from './journal/journal.ts';
import type { Replayed } from './journal/replay.ts';
import { SharedPayloads } from './journal/shared-payloads.ts';
import { lockFile } from './lock-file.ts';
import { startReaders, type Readers } from './readers.ts';
import { startThread, type StoreThread } from './start-thread.ts';
import { withChecksums } from './row-checksum.ts';
import type { SqlValue, Store } from './store.ts';
import type { ReadRows } from './thread-message.ts';

export interface StoreDeps {
  /** The database file; its folder is made where it does not exist. */
  readonly path: string;
  readonly logger: Logger;
  /**
   * What is appended is durable in files beside the database first (folder `<path>.journal`): much
   * faster where it is little and often. Each opening of the same file says the same.
   */
  readonly hasJournal?: boolean;
}

/** Rejects with `StoreUnusable`. */
export async function openStore(deps: StoreDeps): Promise<Store> {
  const { path, logger } = deps;
  const unlock = lockFile(path);
  try {
    const folder = deps.hasJournal === true ? `${path}.journal` : undefined;
    const module = new URL('./writer-thread.ts', import.meta.url);
    const writer = await startThread(module, { file: path, journal: folder });
    const readers = await startReading(writer, deps);
    logger.debug('store opened', { path });
    const replayed = writer.opened as Replayed | undefined;
    let journal: Journal | undefined;
    if (folder !== undefined && replayed !== undefined) {
      report(replayed, deps);
      journal = startJournal({ ...replayed, folder, logger, apply: applying(writer, logger) });
    }
    const damaged = replayed?.damagedRecords ?? 0;
    return createStore({ writer, readers, journal, damaged, unlock });
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

/** What a start has found in the journal, where that is anything. */
function report(
  { records, refused, damagedFiles, damagedRecords }: Replayed,
  deps: StoreDeps,
): void {
  const { path, logger } = deps;
  if (records > 0) logger.info('the journal was put into the database', { path, records });
  for (const problem of refused) logger.error('a batch of the journal was refused', { problem });
  if (damagedRecords === 0) return;
  logger.error('records of the journal are not what was written', {
    records: damagedRecords,
    files: damagedFiles,
  });
}

function applying(writer: StoreThread, logger: Logger): JournalDeps['apply'] {
  const memory = new SharedPayloads();
  return async (payloads, last) => {
    const refused = await writer.ask({ kind: 'apply', payloads: memory.share(payloads), last });
    for (const problem of refused as readonly string[]) {
      logger.error('a batch of the journal was refused', { problem });
    }
  };
}

interface StoreParts {
  readonly writer: StoreThread;
  readonly readers: Readers;
  readonly journal: Journal | undefined;
  readonly damaged: number;
  readonly unlock: () => void;
}

function createStore({ writer, readers, journal, damaged, unlock }: StoreParts): Store {
  let isClosing = false;
  let writes = 0;
  const roundsAtFirst = writer.rounds;
  /** Refuses when it closes; else the database has what was appended, and may be asked. */
  const settled = async (): Promise<void> => {
    if (isClosing) throw storeClosed();
    await journal?.settle();
  };
  const write: Store['write'] = async (statements) => {
    await settled();
    writes += 1;
    const changes = await writer.ask({ kind: 'write', statements });
    return changes as readonly { readonly changes: number }[];
  };
  return {
    write,
    append: (statements) => {
      if (journal === undefined) return write(withChecksums(statements)).then(() => {});
      writes += 1;
      // Not through another promise: there are thousands in a second.
      return isClosing ? Promise.reject(storeClosed()) : journal.append(statements);
    },
    read: async <Row extends object>(sql: string, params: readonly SqlValue[] = []) => {
      await settled();
      const question = { kind: 'read', sql, params: params.map(compact) } as const;
      return rowsOf((await readers.choose().ask(question)) as ReadRows) as readonly Row[];
    },
    migrate: async (room, migrations) => {
      await settled();
      await writer.ask({ kind: 'migrate', room, migrations });
    },
    damaged,
    get counts() {
      return { writes, commits: writer.rounds - roundsAtFirst + (journal?.records ?? 0) };
    },
    ...closeable(async () => {
      isClosing = true;
      const ends = await Promise.allSettled([journal?.close()]);
      // Readers before the writer: the last connection to close folds the WAL into the database.
      ends.push(...(await Promise.allSettled([readers.end()])));
      ends.push(...(await Promise.allSettled([writer.end()])));
      unlock();
      const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'The store did not close well.');
    }),
  };
}

function storeClosed(): Error {
  return new Error('The store is closed.');
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
