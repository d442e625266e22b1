/** Errors of a store thread as data, and back into errors of their class on the main thread. */
import { StaleWrite } from './store.ts';
import { StoreFailure } from './store-failure.ts';
import { StoreUnusable } from './store-unusable.ts';
import type { ThreadFailure } from './thread-message.ts';

export function describeFailure(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), sqliteCode: 0 };
  return { name: error.name, message: error.message, sqliteCode: sqliteCodeOf(error) };
}

export function reviveFailure(failure: ThreadFailure): Error {
  if (failure.name === 'StaleWrite') return new StaleWrite(failure.message);
  if (failure.name === 'StoreUnusable') return new StoreUnusable(failure.message);
  return new StoreFailure(failure.message, failure.sqliteCode);
}

/** `node:sqlite` puts the extended result code into `errcode`. */
export function sqliteCodeOf(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0;
  return typeof error.errcode === 'number' ? error.errcode : 0;
}
