import type { DatabaseSync } from 'node:sqlite';
import type { StatementCache } from './statement-cache.ts';

/** All that is done in it is durable when this returns; what is thrown in it, or at its end, undoes it. */
export function inTransaction<Result>(
  database: DatabaseSync,
  work: () => Result,
  statements: StatementCache = database,
): Result {
  statements.prepare('BEGIN IMMEDIATE').run();
  try {
    const result = work();
    statements.prepare('COMMIT').run();
    return result;
  } catch (error) {
    // SQLite ends it by itself on some errors (https://sqlite.org/lang_transaction.html).
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
