/**
 * Listings in the order of keys' bytes. With a delimiter the walk goes from one common prefix to
 * the first key behind it by the index: a million keys below one prefix cost one step, and the
 * whole walk is one statement.
 */
import type { SqlValue, Store } from '../store/store.ts';
import type { Bucket } from './bucket.ts';
import type { ObjectSummary } from './object-version.ts';

export interface ListRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only keys and prefixes behind this one. */
  readonly after: string;
  readonly most: number;
}

export interface ListedObject {
  readonly kind: 'object';
  readonly key: string;
  readonly modifiedMs: number;
  readonly size: number;
  readonly etag: string;
  readonly summary: ObjectSummary;
}

export interface ListedPrefix {
  readonly kind: 'prefix';
  readonly key: string;
}

export interface Listing {
  readonly entries: readonly (ListedObject | ListedPrefix)[];
  readonly isTruncated: boolean;
}

interface ListRow {
  readonly key: Uint8Array;
  readonly modified_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly summary: string;
}

const SHOWN = 'key, modified_ms, size, etag, summary';
const VISIBLE = 'bucket = ?1 AND is_current = 1 AND is_marker = 0';

export async function listObjects(
  store: Store,
  bucket: Bucket,
  request: ListRequest,
): Promise<Listing> {
  if (request.most === 0) return { entries: [], isTruncated: false };
  const prefix = Buffer.from(request.prefix, 'utf8');
  const delimiter = Buffer.from(request.delimiter, 'utf8');
  const start = startOf(prefix, delimiter, Buffer.from(request.after, 'utf8'));
  const end = prefix.byteLength === 0 ? undefined : successor(prefix);
  const wanted = request.most + 1;
  const rows =
    delimiter.byteLength === 0
      ? await plain(store, bucket, { start, end, wanted })
      : await grouped(store, bucket, { start, end, wanted, prefix, delimiter });
  const entries = rows.map((row) => entryOf(row, prefix, delimiter));
  return { entries: entries.slice(0, request.most), isTruncated: entries.length > request.most };
}

interface Range {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
  readonly wanted: number;
}

function plain(store: Store, bucket: Bucket, range: Range): Promise<readonly ListRow[]> {
  const bound = range.end === undefined ? '' : 'AND key < ?4';
  const params: SqlValue[] = [bucket.id, range.start, range.wanted];
  if (range.end !== undefined) params.push(range.end);
  return store.read<ListRow>(
    `SELECT ${SHOWN} FROM s3_versions INDEXED BY s3_current
     WHERE ${VISIBLE} AND key >= ?2 ${bound} ORDER BY key LIMIT ?3`,
    params,
  );
}

/**
 * Each step finds the first visible key at or behind a place: behind the key before, or behind
 * everything that begins with its common prefix. CROSS JOIN keeps SQLite from reading the whole
 * bucket and looking for each row in the walk, which it takes for the longer of the two.
 */
function grouped(
  store: Store,
  bucket: Bucket,
  range: Range & { readonly prefix: Buffer; readonly delimiter: Buffer },
): Promise<readonly ListRow[]> {
  const bound = range.end === undefined ? '' : 'AND key < ?8';
  const first = (place: string): string =>
    `(SELECT key FROM s3_versions INDEXED BY s3_current
      WHERE ${VISIBLE} AND key >= ${place} ${bound} ORDER BY key LIMIT 1)`;
  const rest = 'substr(walk.key, ?4)';
  const place = `CAST(CASE instr(${rest}, ?5) WHEN 0 THEN walk.key || x'00'
    ELSE substr(walk.key, 1, ?4 - 2 + instr(${rest}, ?5) + ?7) || ?6 END AS BLOB)`;
  const head = range.delimiter.subarray(0, -1);
  const params: SqlValue[] = [
    bucket.id,
    range.start,
    range.wanted,
    range.prefix.byteLength + 1,
    range.delimiter,
    successor(range.delimiter).subarray(head.byteLength),
    head.byteLength,
  ];
  if (range.end !== undefined) params.push(range.end);
  return store.read<ListRow>(
    `WITH RECURSIVE walk (key) AS (
       SELECT ${first('?2')} UNION ALL SELECT ${first(place)} FROM walk WHERE walk.key IS NOT NULL
       LIMIT ?3
     )
     SELECT ${SHOWN.replace('key', 'walk.key AS key')}
     FROM walk CROSS JOIN s3_versions AS v INDEXED BY s3_current
     WHERE v.bucket = ?1 AND v.key = walk.key AND v.is_current = 1`,
    params,
  );
}

function entryOf(row: ListRow, prefix: Buffer, delimiter: Buffer): ListedObject | ListedPrefix {
  const key = Buffer.from(row.key);
  const at = delimiter.byteLength === 0 ? -1 : key.indexOf(delimiter, prefix.byteLength);
  if (at !== -1) {
    return { kind: 'prefix', key: key.subarray(0, at + delimiter.byteLength).toString('utf8') };
  }
  return {
    kind: 'object',
    key: key.toString('utf8'),
    modifiedMs: row.modified_ms,
    size: row.size,
    etag: row.etag,
    summary: JSON.parse(row.summary) as ObjectSummary,
  };
}

/** The first key that may be shown. A place within a common prefix is behind all of that prefix. */
function startOf(prefix: Buffer, delimiter: Buffer, after: Buffer): Buffer {
  if (after.byteLength === 0 || Buffer.compare(after, prefix) < 0) return prefix;
  if (delimiter.byteLength > 0 && after.subarray(0, prefix.byteLength).equals(prefix)) {
    const at = after.indexOf(delimiter, prefix.byteLength);
    if (at !== -1) return successor(after.subarray(0, at + delimiter.byteLength));
  }
  return Buffer.concat([after, Buffer.from([0])]);
}

/** The least text behind everything that begins so. UTF-8 has no byte 0xFF: the last can grow. */
export function successor(text: Buffer): Buffer {
  const next = Buffer.from(text);
  const last = next.byteLength - 1;
  next[last] = (next[last] ?? 0) + 1;
  return next;
}
