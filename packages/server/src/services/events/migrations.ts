import type { Migration } from '../../store/store.ts';

/** Append only: what has been released is never edited. */
export const eventsMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE events_rules (
        arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
      CREATE TABLE events_deliveries (
        id INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX events_deliveries_due ON events_deliveries (due_ms);
    `,
  },
  {
    id: 2,
    sql: `
      CREATE TABLE events_buses (
        arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
    `,
  },
];
