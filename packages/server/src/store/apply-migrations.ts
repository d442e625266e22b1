/**
 * Brings the tables of one room to their newest form. What was applied is recorded with a
 * checksum of its SQL: a migration is history, and an edited one would leave two kinds of
 * databases behind the same number.
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './in-transaction.ts';
import type { Migration } from './store.ts';
import { StoreUnusable } from './store-unusable.ts';

export function applyMigrations(
  database: DatabaseSync,
  room: string,
  migrations: readonly Migration[],
): void {
  assertNumbered(room, migrations);
  database.exec(`CREATE TABLE IF NOT EXISTS store_migrations (
    room TEXT NOT NULL, id INTEGER NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (room, id)
  ) STRICT, WITHOUT ROWID`);
  const applied = new Map(
    database
      .prepare('SELECT id, checksum FROM store_migrations WHERE room = ?')
      .all(room)
      .map((row) => [Number(row['id']), String(row['checksum'])]),
  );
  const newest = Math.max(0, ...applied.keys());
  if (newest > migrations.length) throw writtenByNewer(room, newest, migrations.length);
  for (const migration of migrations) {
    const recorded = applied.get(migration.id);
    if (recorded === undefined) apply(database, room, migration);
    else if (recorded !== checksumOf(migration)) throw changed(room, migration.id);
  }
}

function apply(database: DatabaseSync, room: string, migration: Migration): void {
  inTransaction(database, () => {
    database.exec(migration.sql);
    database
      .prepare('INSERT INTO store_migrations (room, id, checksum) VALUES (?, ?, ?)')
      .run(room, migration.id, checksumOf(migration));
  });
}

function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex');
}

function assertNumbered(room: string, migrations: readonly Migration[]): void {
  for (const [index, { id }] of migrations.entries()) {
    if (id === index + 1) continue;
    throw new StoreUnusable(
      `Migrations of '${room}' must be numbered 1, 2, 3, ...: found ${id} as number ${index + 1}.`,
    );
  }
}

function changed(room: string, id: number): StoreUnusable {
  return new StoreUnusable(
    `Migration ${id} of '${room}' is not the one that this database was made with. ` +
      'A migration is never edited: restore its text and add a new one after it.',
  );
}

function writtenByNewer(room: string, found: number, known: number): StoreUnusable {
  return new StoreUnusable(
    `This database was written by a newer Hearth: '${room}' is at form ${found}, ` +
      `this version knows ${known}. Start the newer version, or choose another --data-dir.`,
  );
}
