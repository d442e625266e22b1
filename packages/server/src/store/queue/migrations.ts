import type { Migration } from '../store.ts';

/** Append only: what has been released is never edited. */
export const queueMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE queue_entries (
        sequence INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        lane TEXT NOT NULL,
        is_ordered INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        moved_from TEXT,
        visible_at INTEGER NOT NULL,
        receive_count INTEGER NOT NULL,
        first_received_at INTEGER NOT NULL,
        receipt TEXT NOT NULL,
        content_checksum INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        attributes TEXT NOT NULL,
        body BLOB NOT NULL
      ) STRICT;
      CREATE TABLE queue_quarantine (
        number INTEGER PRIMARY KEY,
        sequence INTEGER,
        queue TEXT,
        id TEXT,
        attributes TEXT,
        body BLOB,
        problem TEXT NOT NULL
      ) STRICT;
      CREATE TABLE queue_deduplication (
        queue TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (queue, key)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE queue_sequence (reserved INTEGER NOT NULL) STRICT;
      INSERT INTO queue_sequence VALUES (0);
    `,
  },
];
