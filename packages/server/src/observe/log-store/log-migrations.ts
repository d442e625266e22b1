import type { Migration } from '../../store/store.ts';

/** AUTOINCREMENT: the number of a deleted group or stream is never that of another one. */
export const logMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE log_groups (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        retention_days INTEGER,
        tags TEXT NOT NULL,
        UNIQUE (account, region, name)
      ) STRICT;
      CREATE TABLE log_streams (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id INTEGER NOT NULL REFERENCES log_groups (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        UNIQUE (group_id, name)
      ) STRICT;`,
  },
];
