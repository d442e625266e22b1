/**
 * Only one server per database. The lock is the kernel's (an SQLite EXCLUSIVE transaction on an
 * empty file beside the database), so it ends with its holder however that ends, also across
 * containers that share a volume, where a process id would mean nothing. The id of the holder is
 * written beside it for the error message alone.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCodeOf } from './describe-failure.ts';
import { StoreUnusable } from './store-unusable.ts';

/** Throws `StoreUnusable` when another server holds it. The result lets go. */
export function lockFile(file: string): () => void {
  const database = takeLock(file);
  writeFileSync(holderFileOf(file), `${process.pid}\n`, { mode: 0o600 });
  return () => database.close();
}

const BUSY = 5;

function takeLock(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makeFolder(path.dirname(file));
    database = new DatabaseSync(`${file}-lock`, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    throw refused(file, error);
  }
}

/**
 * `mkdir -p`. Node's own never ends where the kernel says ENOENT although the parent is there, as
 * below /proc, and says ENOENT on a file system that is read-only.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (!existsSync(path.dirname(folder))) makeFolder(path.dirname(folder));
  mkdirSync(folder);
}

function refused(file: string, error: unknown): StoreUnusable {
  if ((sqliteCodeOf(error) & 0xff) === BUSY) {
    return new StoreUnusable(
      `The data of ${file} is in use by the Hearth server with process id ${holderOf(file)}. ` +
        'Stop that server, or choose another folder with --data-dir.',
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnusable(
    `The folder of ${file} cannot be used (${reason}). ` +
      'Give the user who runs Hearth write access to it, or choose another with --data-dir.',
    { cause: error },
  );
}

function holderFileOf(file: string): string {
  return `${file}-holder`;
}

function holderOf(file: string): string {
  try {
    return readFileSync(holderFileOf(file), 'utf8').trim();
  } catch {
    // Its holder has the lock and has not written its id yet.
    return '(not known yet)';
  }
}
