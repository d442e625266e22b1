/**
 * What the writing thread does with records: their batches in one transaction, together with the
 * place of the last record, so that each is applied once, however often a server starts again.
 */
import type { DatabaseSync } from 'node:sqlite';
import { applyBatch } from '../commit-group.ts';
import { sqliteCodeOf } from '../describe-failure.ts';
import { inTransaction } from '../in-transaction.ts';
import type { StatementCache } from '../statement-cache.ts';
import type { RecordPlace } from './record.ts';
import { decodeBatches } from './statement-codec.ts';

/**
 * What SQLite refused of the batches; the others are there. Throws where the database could take none, and
 * then has none of them.
 */
export function applyRecords(
  database: DatabaseSync,
  statements: StatementCache,
  payloads: readonly Uint8Array[],
  last: RecordPlace,
): readonly string[] {
  const apply = (): readonly string[] => {
    const refused: string[] = [];
    for (const { buffer, byteOffset, byteLength } of payloads) {
      for (const batch of decodeBatches(Buffer.from(buffer, byteOffset, byteLength))) {
        const result = applyBatch(database, statements, batch);
        if (result.kind === 'committed') continue;
        if (!isRefusal(result.error)) throw result.error;
        refused.push(String(result.error));
      }
    }
    statements
      .prepare('UPDATE journal_applied SET generation = ?, number = ?')
      .run(last.generation, last.number);
    return refused;
  };
  return inTransaction(database, apply, statements);
}

/** ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE (https://sqlite.org/rescode.html): of the batch, not of the disk. */
const REFUSALS = new Set([1, 18, 19, 20, 25]);

function isRefusal(error: unknown): boolean {
  return REFUSALS.has(sqliteCodeOf(error) & 0xff);
}
