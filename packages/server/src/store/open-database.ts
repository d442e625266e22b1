/**
 * Opens the SQLite file as the writer or as a reader.
 *
 * WAL with synchronous=FULL: a commit is on disk when COMMIT returns, and readers never wait for
 * the writer. The whole file is checked when the writer opens it (about a second per gigabyte),
 * so that a damaged file stops the start and not, much later, an operation.
 * The WAL is folded into the file every 16 MB: what is written, changed and deleted in the meantime, as
 * most entries of a queue are, is then written to the file once or not at all.
 * SQLite documents these at https://sqlite.org/pragma.html.
 */
import { mkdirSync, openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCodeOf } from './describe-failure.ts';
import { StoreUnusable } from './store-unusable.ts';

export function openDatabase(file: string, role: 'writer' | 'reader'): DatabaseSync {
  try {
    return role === 'writer' ? openWriter(file) : openReader(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

/** How long SQLite waits for a lock; only a foreign tool that has the file open could hold one. */
const BUSY_TIMEOUT_MS = 5_000;

function openWriter(file: string): DatabaseSync {
  // The file holds secret keys: nobody else may read it. -wal and -shm inherit its mode.
  // The folder stays open to traversal: sandboxes mount volumes that lie beside the database.
  mkdirSync(path.dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, {
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: true,
  });
  try {
    database.exec(`
      PRAGMA cell_size_check = ON;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA temp_store = MEMORY;
      PRAGMA trusted_schema = OFF;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA wal_autocheckpoint = 4000;
    `);
    assertSound(file, database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function openReader(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  database.exec('PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY');
  return database;
}

function assertSound(file: string, database: DatabaseSync): void {
  const [first] = database.prepare('PRAGMA quick_check(1)').all();
  const found = first?.['quick_check'];
  if (found !== 'ok') throw new StoreUnusable(damaged(file, String(found).replaceAll('\n', ' ')));
}

const NOT_A_DATABASE = 26;
const CORRUPT = 11;

function unusable(file: string, error: unknown): StoreUnusable {
  if (error instanceof StoreUnusable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const primaryCode = sqliteCodeOf(error) & 0xff;
  if (primaryCode === NOT_A_DATABASE || primaryCode === CORRUPT) {
    return new StoreUnusable(damaged(file, reason), { cause: error });
  }
  return new StoreUnusable(
    `The database ${file} cannot be opened (${reason}). ` +
      'Give the user who runs Hearth write access to it, or choose another folder with --data-dir.',
    { cause: error },
  );
}

function damaged(file: string, reason: string): string {
  return (
    `The database ${file} is damaged (${reason}). Put a backup in its place, or save what can be ` +
    `read with: sqlite3 ${file} .recover | sqlite3 ${file}.recovered`
  );
}
