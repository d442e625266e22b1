/** The store's port over SQLite in memory, for tests of the rooms that own tables. */
import { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../../server/src/store/in-transaction.ts';
import { withChecksums } from '../../server/src/store/row-checksum.ts';
import {
  StaleWrite,
  type Migration,
  type SqlValue,
  type Statement,
  type Store,
} from '../../server/src/store/store.ts';

/** Everything runs at once and in call order; nothing outlives `close()`. */
export function openMemoryStore(): Store {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE migration (room TEXT, id INTEGER, PRIMARY KEY (room, id)) STRICT');
  const close = async (): Promise<void> => {
    if (database.isOpen) database.close();
  };
  let writes = 0;
  const write: Store['write'] = async (statements) => {
    writes += 1;
    return inTransaction(database, () => statements.map((each) => run(database, each)));
  };
  return {
    damaged: 0,
    get counts() {
      return { writes, commits: writes };
    },
    write,
    append: async (statements) => void (await write(withChecksums(statements))),
    read: async <Row extends object>(sql: string, params: readonly SqlValue[] = []) =>
      database.prepare(sql).all(...params) as Row[],
    migrate: async (room, migrations) => migrate(database, room, migrations),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function run(database: DatabaseSync, statement: Statement): { readonly changes: number } {
  const { sql, params = [], rows = [params], expectChanges } = statement;
  const prepared = database.prepare(sql);
  let all = 0;
  for (const row of rows) {
    const changes = Number(prepared.run(...row).changes);
    if (expectChanges !== undefined && changes !== expectChanges) {
      throw new StaleWrite(`${changes} rows changed, ${expectChanges} expected`);
    }
    all += changes;
  }
  return { changes: all };
}

function migrate(database: DatabaseSync, room: string, migrations: readonly Migration[]): void {
  const [row] = database
    .prepare('SELECT coalesce(max(id), 0) AS newest FROM migration WHERE room = ?')
    .all(room);
  const newest = Number(row?.['newest']);
  for (const { id, sql } of migrations.filter((each) => each.id > newest)) {
    inTransaction(database, () => {
      database.exec(sql);
      database.prepare('INSERT INTO migration VALUES (?, ?)').run(room, id);
    });
  }
}
