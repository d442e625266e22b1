/**
 * Group commit: the batches of several callers in one transaction, so that they share one fsync.
 *
 * Each batch has a savepoint of its own and fails alone. SQLite ends the whole transaction by
 * itself on some errors (full disk, input/output; https://sqlite.org/lang_transaction.html), and
 * a deferred constraint fails only at COMMIT: then every batch is tried again in a transaction
 * of its own, so that one caller's fault is never another's.
 */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './in-transaction.ts';
import type { StatementCache } from './statement-cache.ts';
import { StaleWrite, type Statement } from './store.ts';

export type BatchResult =
  | { readonly kind: 'committed'; readonly changes: readonly { readonly changes: number }[] }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One result for each batch, in order. What is `committed` is durable. Never throws. */
export function commitGroup(
  database: DatabaseSync,
  statements: StatementCache,
  batches: readonly (readonly Statement[])[],
): readonly BatchResult[] {
  try {
    const apply = (): readonly BatchResult[] =>
      batches.map((batch) => applyBatch(database, statements, batch));
    return inTransaction(database, apply, statements);
  } catch (error) {
    if (batches.length === 1) return [{ kind: 'failed', error }];
    return batches.flatMap((batch) => commitGroup(database, statements, [batch]));
  }
}

/** Throws where SQLite has undone the whole transaction. */
export function applyBatch(
  database: DatabaseSync,
  statements: StatementCache,
  batch: readonly Statement[],
): BatchResult {
  if (isAtomic(batch)) return applyAlone(database, statements, batch);
  statements.prepare('SAVEPOINT batch').run();
  try {
    const changes = batch.map((statement) => applyStatement(statements, statement));
    statements.prepare('RELEASE batch').run();
    return { kind: 'committed', changes };
  } catch (error) {
    // SQLite rolled everything back: the earlier batches of this group are gone as well.
    if (!database.isTransaction) throw error;
    statements.prepare('ROLLBACK TO batch').run();
    statements.prepare('RELEASE batch').run();
    return { kind: 'failed', error };
  }
}

/** One statement is undone by SQLite itself where it fails; two need a savepoint. */
function isAtomic(batch: readonly Statement[]): boolean {
  const [first] = batch;
  return (
    batch.length === 1 && first?.expectChanges === undefined && (first?.rows?.length ?? 1) === 1
  );
}

function applyAlone(
  database: DatabaseSync,
  statements: StatementCache,
  batch: readonly Statement[],
): BatchResult {
  try {
    const changes = batch.map((statement) => applyStatement(statements, statement));
    return { kind: 'committed', changes };
  } catch (error) {
    // SQLite rolled everything back: the earlier batches of this group are gone as well.
    if (!database.isTransaction) throw error;
    return { kind: 'failed', error };
  }
}

function applyStatement(
  statements: StatementCache,
  { sql, params = [], rows = [params], expectChanges }: Statement,
): { readonly changes: number } {
  const prepared = statements.prepare(sql);
  let all = 0;
  for (const row of rows) {
    const changes = Number(prepared.run(...row).changes);
    if (expectChanges !== undefined && changes !== expectChanges) {
      throw new StaleWrite(`${changes} rows were changed where ${expectChanges} were expected.`);
    }
    all += changes;
  }
  return { changes: all };
}
