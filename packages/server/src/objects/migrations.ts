import type { Migration } from '../store/store.ts';

/**
 * Keys are blobs: compared byte by byte, which is S3's order. `rank` falls with time, so the newest
 * version of a key comes first. At most one version of a key is current. `s3_blobs` counts the
 * references to each content; one without any is about to be removed.
 */
export const objectMigrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE s3_buckets (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, row_version INTEGER NOT NULL,
        body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
      CREATE TABLE s3_versions (
        bucket INTEGER NOT NULL REFERENCES s3_buckets (id), key BLOB NOT NULL, rank INTEGER NOT NULL,
        version TEXT NOT NULL, is_current INTEGER NOT NULL, is_marker INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        summary TEXT NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (bucket, key, rank)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX s3_current ON s3_versions (bucket, key) WHERE is_current = 1;
      CREATE UNIQUE INDEX s3_version ON s3_versions (bucket, key, version);
      CREATE TABLE s3_blobs (sha256 TEXT PRIMARY KEY, refs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX s3_unused_blobs ON s3_blobs (sha256) WHERE refs <= 0;
      CREATE TABLE s3_uploads (
        id TEXT PRIMARY KEY, bucket INTEGER NOT NULL REFERENCES s3_buckets (id), key BLOB NOT NULL,
        initiated_ms INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX s3_uploads_of_bucket ON s3_uploads (bucket, key, id);
      CREATE TABLE s3_upload_parts (
        upload TEXT NOT NULL REFERENCES s3_uploads (id), part INTEGER NOT NULL,
        size INTEGER NOT NULL, etag TEXT NOT NULL, modified_ms INTEGER NOT NULL,
        sha256 TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (upload, part)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    id: 2,
    sql: `
      CREATE TABLE s3_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, account TEXT NOT NULL,
        region TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, created_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX s3_events_due ON s3_events (due_ms, id);
    `,
  },
  { id: 3, sql: 'ALTER TABLE s3_events ADD COLUMN trace_header TEXT;' },
  {
    id: 4,
    // The ARN of the target says both.
    sql: 'ALTER TABLE s3_events DROP COLUMN region; ALTER TABLE s3_events DROP COLUMN kind;',
  },
];
