/** Prepared statements by their text: parsing SQL costs more than running most of it. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface StatementCache {
  prepare(sql: string): StatementSync;
}

/** Rooms use a few hundred fixed texts; the bound only guards against generated ones. */
const MOST_STATEMENTS = 512;

export function createStatementCache(database: DatabaseSync): StatementCache {
  const statements = new Map<string, StatementSync>();
  return {
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const [oldest] = statements.keys();
      if (statements.size >= MOST_STATEMENTS && oldest !== undefined) statements.delete(oldest);
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
  };
}
