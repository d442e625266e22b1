/** All versions and delete markers, by key, the newest first. */
import type { Store } from '../store/store.ts';
import type { Bucket } from './bucket.ts';
import { successor, type ListRequest } from './list-objects.ts';
import type { ObjectSummary } from './object-version.ts';

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
  readonly key: Uint8Array;
  readonly rank: number;
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
  const entries: VersionListing['entries'][number][] = [];
  const prefix = Buffer.from(request.prefix);
  let place = await placeOf(store, bucket, request);
  while (entries.length <= request.most) {
    const rows = await readFrom(store, bucket, place, request.most + 1);
    let skipTo: Buffer | undefined;
    for (const row of rows) {
      const key = Buffer.from(row.key);
      if (!key.subarray(0, prefix.byteLength).equals(prefix)) return finished(entries, request);
      place = { key, rank: row.rank };
      const common = commonPrefix(key, prefix, Buffer.from(request.delimiter));
      if (common === undefined) entries.push(entryOf(row));
      else {
        entries.push({ kind: 'prefix', key: common.toString('utf8') });
        skipTo = successor(common);
        break;
      }
      if (entries.length > request.most) break;
    }
    if (skipTo !== undefined) place = { key: skipTo, rank: -Number.MAX_SAFE_INTEGER };
    else if (rows.length <= request.most) break;
  }
  return finished(entries, request);
}

function finished(
  entries: VersionListing['entries'],
  { most }: VersionListRequest,
): VersionListing {
  return { entries: entries.slice(0, most), isTruncated: most > 0 && entries.length > most };
}

interface Place {
  readonly key: Buffer;
  readonly rank: number;
}

async function placeOf(
  store: Store,
  bucket: Bucket,
  { prefix, after, afterVersion, delimiter }: VersionListRequest,
): Promise<Place> {
  const key = Buffer.from(after);
  const least = Buffer.from(prefix);
  if (after === '' || Buffer.compare(key, least) < 0) {
    return { key: least, rank: -Number.MAX_SAFE_INTEGER };
  }
  const common = commonPrefix(key, least, Buffer.from(delimiter));
  if (common !== undefined) return { key: successor(common), rank: -Number.MAX_SAFE_INTEGER };
  if (afterVersion === undefined) return { key, rank: Number.MAX_SAFE_INTEGER };
  const [row] = await store.read<{ rank: number }>(
    'SELECT rank FROM s3_versions WHERE bucket = ? AND key = ? AND version = ?',
    [bucket.id, key, afterVersion],
  );
  return { key, rank: row?.rank ?? Number.MAX_SAFE_INTEGER };
}

function readFrom(
  store: Store,
  bucket: Bucket,
  { key, rank }: Place,
  most: number,
): Promise<readonly Row[]> {
  return store.read<Row>(
    `SELECT key, rank, version, is_current, is_marker, modified_ms, size, etag, summary
     FROM s3_versions WHERE bucket = ? AND (key, rank) > (?, ?) ORDER BY key, rank LIMIT ?`,
    [bucket.id, key, rank, most],
  );
}

function commonPrefix(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
  if (delimiter.byteLength === 0 || !key.subarray(0, prefix.byteLength).equals(prefix)) {
    return undefined;
  }
  const at = key.indexOf(delimiter, prefix.byteLength);
  return at === -1 ? undefined : key.subarray(0, at + delimiter.byteLength);
}

function entryOf(row: Row): ListedVersion {
  return {
    kind: 'version',
    key: Buffer.from(row.key).toString('utf8'),
    version: row.version,
    isCurrent: row.is_current === 1,
    isMarker: row.is_marker === 1,
    modifiedMs: row.modified_ms,
    size: row.size,
    etag: row.etag,
    summary: JSON.parse(row.summary) as ObjectSummary,
  };
}
