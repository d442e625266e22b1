/**
 * Listings in the order of keys' bytes. With a delimiter the walk goes from one common prefix to
 * the first key behind it by the index: a million keys below one prefix cost one step, and the
 * whole walk is one statement.
 */
import type { SqlValue, Store } from '../store/store.ts';
import type { Bucket } from './bucket.ts';
import { commonPrefix, inWalk, successor } from './key-order.ts';
import { readSummary, type ObjectSummary } from './object-version.ts';

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
  /** The key as text: a thousand arrays of bytes take far longer from the reader's thread to this one. */
  readonly text: string;
  readonly modified_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly summary: string;
}

const SHOWN = 'modified_ms, size, etag, summary';
const VISIBLE = 'is_current = 1 AND is_marker = 0';

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
  const [prefixText, delimiterText] = [prefix.toString('utf8'), delimiter.toString('utf8')];
  const entries = rows.map((row) => entryOf(row, prefixText, delimiterText));
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
    `SELECT CAST(key AS TEXT) AS text, ${SHOWN} FROM s3_versions INDEXED BY s3_current
     WHERE bucket = ?1 AND ${VISIBLE} AND key >= ?2 ${bound} ORDER BY key LIMIT ?3`,
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
      WHERE bucket = ?5 AND ${VISIBLE} AND key >= ${place} ${bound} ORDER BY key LIMIT 1)`;
  const place = `CASE ${inWalk.hasCommon} WHEN 0 THEN CAST(walk.key || x'00' AS BLOB)
    ELSE ${inWalk.behindCommon} END`;
  const params = [
    ...inWalk.parameters(range.prefix, range.delimiter),
    bucket.id,
    range.start,
    range.wanted,
  ];
  if (range.end !== undefined) params.push(range.end);
  return store.read<ListRow>(
    `WITH RECURSIVE walk (key) AS (
       SELECT ${first('?6')} UNION ALL SELECT ${first(place)} FROM walk WHERE walk.key IS NOT NULL
       LIMIT ?7
     )
     SELECT CAST(walk.key AS TEXT) AS text, ${SHOWN}
     FROM walk CROSS JOIN s3_versions AS v INDEXED BY s3_current
     WHERE v.bucket = ?5 AND v.key = walk.key AND v.is_current = 1`,
    params,
  );
}

function entryOf(row: ListRow, prefix: string, delimiter: string): ListedObject | ListedPrefix {
  const key = row.text;
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  if (at !== -1) return { kind: 'prefix', key: key.slice(0, at + delimiter.length) };
  return {
    kind: 'object',
    key,
    modifiedMs: row.modified_ms,
    size: row.size,
    etag: row.etag,
    summary: readSummary(row.summary),
  };
}

/** The first key that may be shown. A place within a common prefix is behind all of that prefix. */
function startOf(prefix: Buffer, delimiter: Buffer, after: Buffer): Buffer {
  if (after.byteLength === 0 || Buffer.compare(after, prefix) < 0) return prefix;
  const common = commonPrefix(after, prefix, delimiter);
  if (common !== undefined) return successor(common);
  return Buffer.concat([after, Buffer.from([0])]);
}
