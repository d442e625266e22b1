/**
 * The versions of all objects, in SQL. Changes of one key run one after another, each as one
 * transaction: of concurrent writers the last whole one wins, and what a condition was checked
 * against is what gets replaced.
 */
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { SqlValue, Statement, Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import type { Bucket } from './bucket.ts';
import {
  keyBytes,
  rowChecksum,
  summaryOf,
  VERSION_COLUMNS,
  versionOf,
  type ObjectDetails,
  type ObjectVersion,
  type VersionRow,
} from './object-version.ts';
import { ReadAhead, type Ahead } from './read-ahead.ts';

/** An object to be stored; its contents are held by the caller until this has been written. */
export interface NewObject {
  readonly modifiedMs: number;
  readonly size: number;
  readonly etag: string;
  readonly details: ObjectDetails;
}

/** What came of a change: the new version, and contents that may have lost their last reference. */
export interface Changed {
  readonly version: ObjectVersion | undefined;
  readonly dropped: readonly string[];
}

/** Decides under the lock of the key whether the change may be made; throws where it may not. */
export type Precondition = (current: ObjectVersion | undefined) => void;

/** The bucket has gone meanwhile. */
export class BucketGone extends Error {
  override get name(): string {
    return 'BucketGone';
  }
}

export interface ObjectRepositoryDeps {
  readonly store: Store;
  readonly newVersionId: () => string;
}

export interface ChangeOptions {
  readonly check?: Precondition;
  /** Written in the same transaction: events, the end of an upload. */
  readonly also?: (version: ObjectVersion) => readonly Statement[];
}

export interface PutOptions extends ChangeOptions {
  /** Of the same bucket and key. */
  readonly ahead?: Ahead<Heads>;
}

/** What a change of a key is made against. */
export interface Heads {
  readonly current: ObjectVersion | undefined;
  /** The one version that is replaced where the bucket keeps none. */
  readonly plain: ObjectVersion | undefined;
}

export class ObjectRepository {
  readonly #store: Store;
  readonly #newVersionId: () => string;
  readonly #lock = new KeyedLock();
  readonly #ahead = new ReadAhead<Heads>();

  constructor({ store, newVersionId }: ObjectRepositoryDeps) {
    this.#store = store;
    this.#newVersionId = newVersionId;
  }

  /** The newest version, which may be a delete marker. */
  async current(bucket: Bucket, key: string): Promise<ObjectVersion | undefined> {
    return (await this.#select('bucket = ? AND key = ? AND is_current = 1', bucket, key))[0];
  }

  async find(bucket: Bucket, key: string, version: string): Promise<ObjectVersion | undefined> {
    return (await this.#select('bucket = ? AND key = ? AND version = ?', bucket, key, version))[0];
  }

  /** For a `put` whose contents are still to come. */
  readAhead(bucket: Bucket, key: string): Ahead<Heads> {
    return this.#ahead.start(lockOf(bucket, key), () => this.#heads(bucket, key));
  }

  put(bucket: Bucket, key: string, made: NewObject, options: PutOptions = {}): Promise<Changed> {
    return this.#change(bucket, key, async () => {
      const { current, plain } = await (options.ahead?.take() ?? this.#heads(bucket, key));
      options.check?.(current?.isMarker === true ? undefined : current);
      const keepsVersions = bucket.versioning === 'Enabled';
      const version: ObjectVersion = {
        ...made,
        key,
        version: keepsVersions ? this.#newVersionId() : 'null',
        rank: rankAfter(current, made.modifiedMs),
        isCurrent: true,
        isMarker: false,
      };
      const replaced = keepsVersions ? undefined : plain;
      await this.#write([
        ...this.#makeRoom(bucket, current, replaced),
        insertion(bucket, version),
        ...references(made.details.segments, 1),
        ...(options.also?.(version) ?? []),
      ]);
      return { version, dropped: hashesOf(replaced) };
    });
  }

  /** Without a version: removes the object, or hides it under a delete marker. */
  delete(
    bucket: Bucket,
    key: string,
    nowMs: number,
    options: ChangeOptions = {},
  ): Promise<Changed> {
    return this.#change(bucket, key, async () => {
      const { current, plain } = await this.#heads(bucket, key);
      options.check?.(current?.isMarker === true ? undefined : current);
      if (bucket.versioning === undefined) {
        if (plain === undefined) return { version: undefined, dropped: [] };
        await this.#write([
          ...this.#makeRoom(bucket, undefined, plain),
          ...(options.also?.(plain) ?? []),
        ]);
        return { version: plain, dropped: hashesOf(plain) };
      }
      const keepsVersions = bucket.versioning === 'Enabled';
      const marker = markerOf(key, {
        version: keepsVersions ? this.#newVersionId() : 'null',
        rank: rankAfter(current, nowMs),
        modifiedMs: nowMs,
      });
      const replaced = keepsVersions ? undefined : plain;
      await this.#write([
        ...this.#makeRoom(bucket, current, replaced),
        insertion(bucket, marker),
        ...(options.also?.(marker) ?? []),
      ]);
      return { version: marker, dropped: hashesOf(replaced) };
    });
  }

  /** Removes one version for good; the one before it becomes current. */
  deleteVersion(
    bucket: Bucket,
    key: string,
    version: string,
    options: ChangeOptions = {},
  ): Promise<Changed> {
    return this.#change(bucket, key, async () => {
      const found = await this.find(bucket, key, version);
      options.check?.(found);
      if (found === undefined) return { version: undefined, dropped: [] };
      await this.#write([
        removal(bucket, found),
        ...references(found.details.segments, -1),
        ...(found.isCurrent ? [promotion(bucket, key)] : []),
        ...(options.also?.(found) ?? []),
      ]);
      return { version: found, dropped: hashesOf(found) };
    });
  }

  /** Changes what is kept of a version besides its bytes. Undefined where it has gone. */
  amend(
    bucket: Bucket,
    key: string,
    version: string | undefined,
    change: (details: ObjectDetails) => ObjectDetails,
    also: (version: ObjectVersion) => readonly Statement[] = () => [],
  ): Promise<ObjectVersion | undefined> {
    return this.#change(bucket, key, async () => {
      const found =
        version === undefined
          ? await this.current(bucket, key)
          : await this.find(bucket, key, version);
      if (found === undefined || found.isMarker) return undefined;
      const next = { ...found, details: change(found.details) };
      const body = JSON.stringify(next.details);
      await this.#write([
        {
          sql: `UPDATE s3_versions SET body = ?, summary = ?, checksum = ?
                WHERE bucket = ? AND key = ? AND rank = ?`,
          params: [
            body,
            JSON.stringify(summaryOf(next.details)),
            rowChecksum(key, found.version, found.etag, body),
            bucket.id,
            keyBytes(key),
            found.rank,
          ],
          expectChanges: 1,
        },
        ...also(next),
      ]);
      return next;
    });
  }

  #change<T>(bucket: Bucket, key: string, work: () => Promise<T>): Promise<T> {
    const name = lockOf(bucket, key);
    return this.#lock.run(name, () => work().finally(() => this.#ahead.spoil(name)));
  }

  async #heads(bucket: Bucket, key: string): Promise<Heads> {
    const found = await this.#select(
      "bucket = ? AND key = ? AND (is_current = 1 OR version = 'null')",
      bucket,
      key,
    );
    return {
      current: found.find((each) => each.isCurrent),
      plain: found.find((each) => each.version === 'null'),
    };
  }

  #makeRoom(
    bucket: Bucket,
    current: ObjectVersion | undefined,
    replaced: ObjectVersion | undefined,
  ): readonly Statement[] {
    const statements: Statement[] = [];
    if (replaced !== undefined) {
      statements.push(removal(bucket, replaced), ...references(replaced.details.segments, -1));
    }
    if (current !== undefined && current.rank !== replaced?.rank) {
      statements.push({
        sql: 'UPDATE s3_versions SET is_current = 0 WHERE bucket = ? AND key = ? AND rank = ?',
        params: [bucket.id, keyBytes(current.key), current.rank],
        expectChanges: 1,
      });
    }
    return statements;
  }

  async #select(
    where: string,
    bucket: Bucket,
    key: string,
    ...more: readonly SqlValue[]
  ): Promise<readonly ObjectVersion[]> {
    const sql = `SELECT ${VERSION_COLUMNS} FROM s3_versions WHERE ${where}`;
    const rows = await this.#store.read<VersionRow>(sql, [bucket.id, keyBytes(key), ...more]);
    return rows.map(versionOf);
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    try {
      await this.#store.write(statements);
    } catch (error) {
      if (!(error instanceof StoreFailure) || !error.isOrphan) throw error;
      throw new BucketGone('The bucket was deleted meanwhile.', { cause: error });
    }
  }
}

function lockOf(bucket: Bucket, key: string): string {
  return `${bucket.id}/${key}`;
}

/** Falls with time and within a key always, even where the clock has stepped back. */
function rankAfter(current: ObjectVersion | undefined, nowMs: number): number {
  const byClock = -Math.floor(nowMs * 1_000);
  return current === undefined ? byClock : Math.min(byClock, current.rank - 1);
}

function markerOf(
  key: string,
  made: Pick<ObjectVersion, 'version' | 'rank' | 'modifiedMs'>,
): ObjectVersion {
  return {
    ...made,
    key,
    isCurrent: true,
    isMarker: true,
    size: 0,
    etag: '',
    details: {
      headers: {},
      metadata: {},
      tags: [],
      storageClass: 'STANDARD',
      encryption: { algorithm: 'AES256' },
      segments: [],
      isMultipart: false,
    },
  };
}

function insertion(bucket: Bucket, made: ObjectVersion): Statement {
  const body = JSON.stringify(made.details);
  return {
    sql: `INSERT INTO s3_versions (bucket, key, rank, version, is_current, is_marker, modified_ms,
            size, etag, summary, body, checksum) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)`,
    params: [
      bucket.id,
      keyBytes(made.key),
      made.rank,
      made.version,
      made.isMarker ? 1 : 0,
      made.modifiedMs,
      made.size,
      made.etag,
      JSON.stringify(summaryOf(made.details)),
      body,
      rowChecksum(made.key, made.version, made.etag, body),
    ],
  };
}

function removal(bucket: Bucket, { key, rank }: ObjectVersion): Statement {
  return {
    sql: 'DELETE FROM s3_versions WHERE bucket = ? AND key = ? AND rank = ?',
    params: [bucket.id, keyBytes(key), rank],
    expectChanges: 1,
  };
}

function promotion(bucket: Bucket, key: string): Statement {
  return {
    sql: `UPDATE s3_versions SET is_current = 1 WHERE bucket = ?1 AND key = ?2 AND rank =
            (SELECT min(rank) FROM s3_versions WHERE bucket = ?1 AND key = ?2)`,
    params: [bucket.id, keyBytes(key)],
  };
}

/** One statement for each content, so that the counts stay right however often it is in there. */
export function references(
  segments: readonly { readonly sha256: string }[],
  change: 1 | -1,
): readonly Statement[] {
  return segments.map(({ sha256 }) => ({
    sql: `INSERT INTO s3_blobs (sha256, refs) VALUES (?, ?)
          ON CONFLICT DO UPDATE SET refs = refs + excluded.refs`,
    params: [sha256, change],
  }));
}

function hashesOf(version: ObjectVersion | undefined): readonly string[] {
  return version?.details.segments.map(({ sha256 }) => sha256) ?? [];
}
