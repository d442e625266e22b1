/** One version of one key: what is kept of an object besides its bytes. */
import { crc32 } from 'node:zlib';
import { remembered } from '../lib/remembered.ts';
import type { Blob } from './blob-store.ts';
import type { Checksum } from './checksums.ts';

export interface ObjectVersion {
  readonly key: string;
  /** `null` for what was written while the bucket kept no versions. */
  readonly version: string;
  readonly rank: number;
  readonly isCurrent: boolean;
  readonly isMarker: boolean;
  readonly modifiedMs: number;
  readonly size: number;
  /** Without quotation marks. */
  readonly etag: string;
  readonly details: ObjectDetails;
}

export interface ObjectDetails {
  /** Lower-case names: content-type, cache-control, ... as they are answered. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly checksum?: Checksum;
  readonly storageClass: string;
  readonly encryption: Encryption;
  readonly segments: readonly Segment[];
  /** Made of a multipart upload: its segments are its parts. */
  readonly isMultipart: boolean;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface Encryption {
  readonly algorithm: string;
  readonly keyId?: string;
  readonly hasBucketKey?: boolean;
}

export interface Segment extends Blob {
  readonly number: number;
  /** The checksum of the part, where the upload had one. */
  readonly checksum?: string;
}

export interface VersionRow {
  readonly key: Uint8Array;
  readonly version: string;
  readonly rank: number;
  readonly is_current: number;
  readonly is_marker: number;
  readonly modified_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly body: string;
  readonly checksum: number;
}

export const VERSION_COLUMNS =
  'key, version, rank, is_current, is_marker, modified_ms, size, etag, body, checksum';

/** A row that is not what was written: a fault of the disk. */
class ObjectRowDamaged extends Error {
  override get name(): string {
    return 'ObjectRowDamaged';
  }
}

export function versionOf(row: VersionRow): ObjectVersion {
  const key = Buffer.from(row.key).toString('utf8');
  if (row.checksum !== rowChecksum(key, row.version, row.etag, row.body)) {
    throw new ObjectRowDamaged(`The record of object ${JSON.stringify(key)} is damaged.`);
  }
  return {
    key,
    version: row.version,
    rank: row.rank,
    isCurrent: row.is_current === 1,
    isMarker: row.is_marker === 1,
    modifiedMs: row.modified_ms,
    size: row.size,
    etag: row.etag,
    details: JSON.parse(row.body) as ObjectDetails,
  };
}

export function rowChecksum(key: string, version: string, etag: string, body: string): number {
  return crc32(JSON.stringify([key, version, etag, body]));
}

/** What a listing shows, so that it does not read the whole record. */
export interface ObjectSummary {
  readonly storageClass: string;
  readonly algorithm?: string;
  readonly type?: string;
}

export function summaryOf({ storageClass, checksum }: ObjectDetails): ObjectSummary {
  return checksum === undefined
    ? { storageClass }
    : { storageClass, algorithm: checksum.algorithm, type: checksum.type };
}

/** Most objects have the same few. */
export const readSummary = remembered((text) => JSON.parse(text) as ObjectSummary);

export function keyBytes(key: string): Uint8Array {
  return Buffer.from(key, 'utf8');
}
