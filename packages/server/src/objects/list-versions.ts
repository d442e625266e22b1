/**
 * All versions and delete markers, by key, the newest first. With a delimiter the walk goes from
 * one common prefix to the first version behind it, as that of `list-objects.ts` does.
 */
import type { SqlValue, Store } from '../store/store.ts';
import type { Bucket } from './bucket.ts';
import { commonPrefix, inWalk, successor } from './key-order.ts';
import type { ListRequest } from './list-objects.ts';
import { readSummary, type ObjectSummary } from './object-version.ts';

export interface ListedVersion {
  readonly kind: 'version';
  readonly key: string;
  readonly version: string;
  readonly isCurrent: boolean;
  readonly isMarker: boolean;
  readonly modifiedMs: number;
  readonly size: number;
  readonly etag: string;
  readonly summary: ObjectSummary;
}

export interface VersionListing {
  readonly entries: readonly (ListedVersion | { readonly kind: 'prefix'; readonly key: string })[];
  readonly isTruncated: boolean;
}

interface Row {
  /** The key as text: a thousand arrays of bytes take far longer from the reader's thread to this one. */
  readonly text: string;
  readonly version: string;
  readonly is_current: number;
  readonly is_marker: number;
  readonly modified_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly summary: string;
}

export interface VersionListRequest extends ListRequest {
  /** With `after`: versions of that key behind this one come as well. */
  readonly afterVersion?: string;
}

export async function listVersions(
  store: Store,
  bucket: Bucket,
  request: VersionListRequest,
): Promise<VersionListing> {
  const { most } = request;
  if (most === 0) return { entries: [], isTruncated: false };
  const prefix = Buffer.from(request.prefix, 'utf8');
  const delimiter = Buffer.from(request.delimiter, 'utf8');
  const range = {
    place: await placeOf(store, bucket, request),
    end: prefix.byteLength === 0 ? undefined : successor(prefix),
    wanted: most + 1,
  };
  const rows =
    delimiter.byteLength === 0
      ? await plain(store, bucket, range)
      : await grouped(store, bucket, { ...range, prefix, delimiter });
  const [prefixText, delimiterText] = [prefix.toString('utf8'), delimiter.toString('utf8')];
  const entries = rows.map((row) => entryOf(row, prefixText, delimiterText));
  return { entries: entries.slice(0, most), isTruncated: entries.length > most };
}

/** What is shown is behind it. */
interface Place {
  readonly key: Buffer;
  readonly rank: number;
}

const FIRST = -Number.MAX_SAFE_INTEGER;
const LAST = Number.MAX_SAFE_INTEGER;

async function placeOf(
  store: Store,
  bucket: Bucket,
  { prefix, after, afterVersion, delimiter }: VersionListRequest,
): Promise<Place> {
  const key = Buffer.from(after, 'utf8');
  const least = Buffer.from(prefix, 'utf8');
  if (after === '' || Buffer.compare(key, least) < 0) return { key: least, rank: FIRST };
  const common = commonPrefix(key, least, Buffer.from(delimiter));
  if (common !== undefined) return { key: successor(common), rank: FIRST };
  if (afterVersion === undefined) return { key, rank: LAST };
  const [row] = await store.read<{ rank: number }>(
    'SELECT rank FROM s3_versions WHERE bucket = ? AND key = ? AND version = ?',
    [bucket.id, key, afterVersion],
  );
  return { key, rank: row?.rank ?? LAST };
}

interface Range {
  readonly place: Place;
  readonly end: Buffer | undefined;
  readonly wanted: number;
}

const SHOWN = 'version, is_current, is_marker, modified_ms, size, etag, summary';

function plain(
  store: Store,
  bucket: Bucket,
  { place, end, wanted }: Range,
): Promise<readonly Row[]> {
  const bound = end === undefined ? '' : 'AND key < ?5';
  const params: SqlValue[] = [bucket.id, place.key, place.rank, wanted];
  if (end !== undefined) params.push(end);
  return store.read<Row>(
    `SELECT CAST(key AS TEXT) AS text, ${SHOWN} FROM s3_versions
     WHERE bucket = ?1 AND (key, rank) > (?2, ?3) ${bound} ORDER BY key, rank LIMIT ?4`,
    params,
  );
}

/**
 * Each step finds the first version behind a place: behind the version before, or behind all that
 * begin with its common prefix.
 */
function grouped(
  store: Store,
  bucket: Bucket,
  range: Range & { readonly prefix: Buffer; readonly delimiter: Buffer },
): Promise<readonly Row[]> {
  const { place, end } = range;
  const bound = end === undefined ? '' : 'AND key < ?9';
  const first = (key: string, rank: string): string =>
    `(SELECT key, rank FROM s3_versions WHERE bucket = ?5 AND (key, rank) > (${key}, ${rank}) ${bound}
      ORDER BY key, rank LIMIT 1)`;
  const next = first(
    `CASE ${inWalk.hasCommon} WHEN 0 THEN walk.key ELSE ${inWalk.behindCommon} END`,
    `CASE ${inWalk.hasCommon} WHEN 0 THEN walk.rank ELSE ${FIRST} END`,
  );
  const params = [
    ...inWalk.parameters(range.prefix, range.delimiter),
    bucket.id,
    place.key,
    place.rank,
    range.wanted,
  ];
  if (end !== undefined) params.push(end);
  return store.read<Row>(
    `WITH RECURSIVE walk (key, rank, ${SHOWN}) AS (
       SELECT key, rank, ${SHOWN} FROM s3_versions
       WHERE bucket = ?5 AND (key, rank) = ${first('?6', '?7')}
       UNION ALL
       SELECT v.key, v.rank, ${SHOWN.split(', ')
         .map((name) => `v.${name}`)
         .join(', ')}
       FROM walk CROSS JOIN s3_versions AS v WHERE v.bucket = ?5 AND (v.key, v.rank) = ${next}
       LIMIT ?8
     )
     SELECT CAST(key AS TEXT) AS text, ${SHOWN} FROM walk`,
    params,
  );
}

function entryOf(row: Row, prefix: string, delimiter: string): VersionListing['entries'][number] {
  const key = row.text;
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  if (at !== -1) return { kind: 'prefix', key: key.slice(0, at + delimiter.length) };
  return {
    kind: 'version',
    key,
    version: row.version,
    isCurrent: row.is_current === 1,
    isMarker: row.is_marker === 1,
    modifiedMs: row.modified_ms,
    size: row.size,
    etag: row.etag,
    summary: readSummary(row.summary),
  };
}
