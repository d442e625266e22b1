import type { Migration } from '../../store/store.ts';

/** Append only: what has been released is never edited. */
export const snsMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE sns_topics (
        arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
      CREATE TABLE sns_subscriptions (
        arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
      CREATE TABLE sns_deliveries (
        id INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX sns_deliveries_due ON sns_deliveries (due_ms);
    `,
  },
];
