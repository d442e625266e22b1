import type { Migration } from '../store/store.ts';

/** Append only: what has been released is never edited. */
export const functionMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE functions (
        account TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        row_version INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum TEXT NOT NULL,
        PRIMARY KEY (account, region, name)
      ) STRICT;
      CREATE TABLE function_quarantine (
        id INTEGER PRIMARY KEY,
        account TEXT,
        region TEXT,
        name TEXT,
        row_version INTEGER,
        body TEXT,
        checksum TEXT,
        problem TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    id: 2,
    sql: `
      CREATE TABLE function_version_numbers (
        account TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (account, region, name)
      ) STRICT;
    `,
  },
];
