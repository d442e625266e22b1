/** Multipart uploads that have begun and not ended, with their parts. */
import type { SqlValue, Statement, Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import type { Bucket } from './bucket.ts';
import type { ChecksumAlgorithm, ChecksumType } from './checksums.ts';
import { BucketGone, references } from './object-repository.ts';
import { keyBytes, type ObjectDetails } from './object-version.ts';

export interface Upload {
  readonly id: string;
  readonly bucketId: number;
  readonly key: string;
  readonly initiatedMs: number;
  readonly details: Pick<
    ObjectDetails,
    'headers' | 'metadata' | 'tags' | 'storageClass' | 'encryption'
  >;
  readonly initiator: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType };
}

export interface UploadPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly sha256: string;
  /** Of the upload's algorithm, or of the one that the client named for the part. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

interface UploadRow {
  readonly id: string;
  readonly bucket: number;
  readonly key: Uint8Array;
  readonly initiated_ms: number;
  readonly body: string;
}

interface PartRow {
  readonly part: number;
  readonly size: number;
  readonly etag: string;
  readonly modified_ms: number;
  readonly sha256: string;
  readonly checksum: string;
}

export class UploadRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async create({ id, bucketId, key, initiatedMs, ...body }: Upload): Promise<void> {
    await this.#write([
      {
        sql: 'INSERT INTO s3_uploads (id, bucket, key, initiated_ms, body) VALUES (?, ?, ?, ?, ?)',
        params: [id, bucketId, keyBytes(key), initiatedMs, JSON.stringify(body)],
      },
    ]);
  }

  async find(bucket: Bucket, key: string, id: string): Promise<Upload | undefined> {
    const sql = 'SELECT * FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?';
    const [row] = await this.#store.read<UploadRow>(sql, [id, bucket.id, keyBytes(key)]);
    return row === undefined ? undefined : uploadOf(row);
  }

  /** In the order of keys, then of ids. */
  async list(bucket: Bucket): Promise<readonly Upload[]> {
    const sql = 'SELECT * FROM s3_uploads WHERE bucket = ? ORDER BY key, id';
    return (await this.#store.read<UploadRow>(sql, [bucket.id])).map(uploadOf);
  }

  async parts(upload: Upload): Promise<readonly UploadPart[]> {
    const sql = 'SELECT * FROM s3_upload_parts WHERE upload = ? ORDER BY part';
    return (await this.#store.read<PartRow>(sql, [upload.id])).map(partOf);
  }

  /** Resolves with the contents that the part has replaced; undefined: the upload has ended. */
  async putPart(upload: Upload, part: UploadPart): Promise<readonly string[] | undefined> {
    const [before] = await this.#store.read<PartRow>(
      'SELECT * FROM s3_upload_parts WHERE upload = ? AND part = ?',
      [upload.id, part.number],
    );
    try {
      await this.#write([
        ...(before === undefined ? [] : removePart(upload, before)),
        {
          sql: `INSERT INTO s3_upload_parts (upload, part, size, etag, modified_ms, sha256, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?)`,
          params: [
            upload.id,
            part.number,
            part.size,
            part.etag,
            part.modifiedMs,
            part.sha256,
            JSON.stringify(part.checksum ?? null),
          ],
        },
        ...references([part], 1),
      ]);
    } catch (error) {
      if (error instanceof BucketGone) return undefined;
      throw error;
    }
    return before === undefined ? [] : [before.sha256];
  }

  /** What ends an upload, for the transaction that makes an object of it or nothing. */
  endStatements(upload: Upload, parts: readonly UploadPart[]): readonly Statement[] {
    return [
      // A part that another request has replaced meanwhile is not what this one has seen.
      ...parts.map(({ number, sha256 }) => ({
        sql: 'DELETE FROM s3_upload_parts WHERE upload = ? AND part = ? AND sha256 = ?',
        params: [upload.id, number, sha256],
        expectChanges: 1,
      })),
      ...references(parts, -1),
      {
        sql: 'DELETE FROM s3_uploads WHERE id = ?',
        params: [upload.id],
        expectChanges: 1,
      },
    ];
  }

  async abort(upload: Upload): Promise<readonly string[]> {
    const parts = await this.parts(upload);
    await this.#write(this.endStatements(upload, parts));
    return parts.map(({ sha256 }) => sha256);
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    try {
      await this.#store.write(statements);
    } catch (error) {
      if (!(error instanceof StoreFailure) || !error.isOrphan) throw error;
      throw new BucketGone('What the row belongs to was deleted meanwhile.', { cause: error });
    }
  }
}

function removePart(upload: Upload, part: PartRow): readonly Statement[] {
  const params: readonly SqlValue[] = [upload.id, part.part, part.sha256];
  return [
    {
      sql: 'DELETE FROM s3_upload_parts WHERE upload = ? AND part = ? AND sha256 = ?',
      params,
      expectChanges: 1,
    },
    ...references([part], -1),
  ];
}

function uploadOf(row: UploadRow): Upload {
  const body = JSON.parse(row.body) as Omit<Upload, 'id' | 'bucketId' | 'key' | 'initiatedMs'>;
  return {
    ...body,
    id: row.id,
    bucketId: row.bucket,
    key: Buffer.from(row.key).toString('utf8'),
    initiatedMs: row.initiated_ms,
  };
}

function partOf(row: PartRow): UploadPart {
  const checksum = JSON.parse(row.checksum) as NonNullable<UploadPart['checksum']> | null;
  return {
    number: row.part,
    size: row.size,
    etag: row.etag,
    modifiedMs: row.modified_ms,
    sha256: row.sha256,
    ...(checksum === null ? {} : { checksum }),
  };
}
