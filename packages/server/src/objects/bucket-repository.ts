/**
 * The buckets, all in memory: every request is authorised by one. Names are unique among all
 * accounts, as on AWS. A change is durable before it is seen.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../lib/logger.ts';
import { StaleWrite, type Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import type { Bucket } from './bucket.ts';

export interface BucketRepository {
  find(name: string): Bucket | undefined;
  ofId(id: number): Bucket | undefined;
  list(account: string): readonly Bucket[];
  all(): readonly Bucket[];
  /** False where the name is taken. */
  insert(bucket: Omit<Bucket, 'id' | 'rowVersion'>): Promise<boolean>;
  /** Undefined where somebody else changed the bucket first. */
  update(bucket: Bucket, change: (bucket: Bucket) => Bucket): Promise<Bucket | undefined>;
  /** `has-content`: objects, versions or uploads are in it. */
  remove(bucket: Bucket): Promise<'removed' | 'has-content' | 'stale'>;
  readonly quarantinedRows: number;
}

interface BucketRow {
  readonly id: number;
  readonly name: string;
  readonly row_version: number;
  readonly body: string;
  readonly checksum: string;
}

export async function openBucketRepository(deps: {
  readonly store: Store;
  readonly logger: Logger;
  /** For each that there is, and for each change of one. */
  readonly onBucket?: () => void;
}): Promise<BucketRepository> {
  const repository = new SqlBuckets(deps.store, deps.onBucket);
  await repository.load(deps.logger);
  return repository;
}

class SqlBuckets implements BucketRepository {
  readonly #store: Store;
  readonly #onBucket: () => void;
  readonly #buckets = new Map<string, Bucket>();
  quarantinedRows = 0;

  constructor(store: Store, onBucket: () => void = () => {}) {
    this.#store = store;
    this.#onBucket = onBucket;
  }

  async load(logger: Logger): Promise<void> {
    const rows = await this.#store.read<BucketRow>('SELECT * FROM s3_buckets');
    for (const row of rows) {
      if (checksumOf(row.name, row.body) === row.checksum) this.#keep(bucketOf(row));
      else {
        this.quarantinedRows += 1;
        logger.error('bucket.row-damaged', { name: row.name });
      }
    }
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  ofId(id: number): Bucket | undefined {
    return this.all().find((each) => each.id === id);
  }

  list(account: string): readonly Bucket[] {
    return this.all()
      .filter((each) => each.account === account)
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  all(): readonly Bucket[] {
    return [...this.#buckets.values()];
  }

  async insert(bucket: Omit<Bucket, 'id' | 'rowVersion'>): Promise<boolean> {
    const body = bodyOf(bucket);
    try {
      await this.#store.write([
        {
          sql: 'INSERT INTO s3_buckets (name, row_version, body, checksum) VALUES (?, 1, ?, ?)',
          params: [bucket.name, body, checksumOf(bucket.name, body)],
        },
      ]);
    } catch (error) {
      if (error instanceof StoreFailure && error.isDuplicate) return false;
      throw error;
    }
    const [row] = await this.#store.read<BucketRow>('SELECT * FROM s3_buckets WHERE name = ?', [
      bucket.name,
    ]);
    if (row !== undefined) this.#keep(bucketOf(row));
    return true;
  }

  async update(bucket: Bucket, change: (bucket: Bucket) => Bucket): Promise<Bucket | undefined> {
    const next = { ...change(bucket), rowVersion: bucket.rowVersion + 1 };
    const body = bodyOf(next);
    const isWritten = await this.#write({
      sql: `UPDATE s3_buckets SET row_version = ?, body = ?, checksum = ?
            WHERE id = ? AND row_version = ?`,
      params: [next.rowVersion, body, checksumOf(next.name, body), bucket.id, bucket.rowVersion],
    });
    if (!isWritten) return undefined;
    this.#keep(next);
    return next;
  }

  async remove(bucket: Bucket): Promise<'removed' | 'has-content' | 'stale'> {
    try {
      const isWritten = await this.#write({
        sql: 'DELETE FROM s3_buckets WHERE id = ? AND row_version = ?',
        params: [bucket.id, bucket.rowVersion],
      });
      if (!isWritten) return 'stale';
    } catch (error) {
      if (error instanceof StoreFailure && error.isOrphan) return 'has-content';
      throw error;
    }
    this.#buckets.delete(bucket.name);
    return 'removed';
  }

  #keep(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
    this.#onBucket();
  }

  async #write(statement: {
    readonly sql: string;
    readonly params: readonly (string | number)[];
  }): Promise<boolean> {
    try {
      await this.#store.write([{ ...statement, expectChanges: 1 }]);
      return true;
    } catch (error) {
      if (error instanceof StaleWrite) return false;
      throw error;
    }
  }
}

function bucketOf(row: BucketRow): Bucket {
  const body = JSON.parse(row.body) as Omit<Bucket, 'id' | 'name' | 'rowVersion'>;
  return { ...body, id: row.id, name: row.name, rowVersion: row.row_version };
}

function bodyOf(bucket: Omit<Bucket, 'id' | 'rowVersion'>): string {
  const { id: _id, name: _name, rowVersion: _rowVersion, ...body } = bucket as Bucket;
  return JSON.stringify(body);
}

function checksumOf(name: string, body: string): string {
  return createHash('sha256').update(`${name}\n${body}`).digest('hex').slice(0, 16);
}
