/**
 * The object store: contents as files, everything else in SQL, and nothing in one without the
 * other. A PUT is written aside, synced and named, then recorded; whoever reads sees it from then
 * on, and what it replaced loses its contents where nothing else has them.
 */
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import {
  openBlobStore,
  type BlobReferences,
  type BlobStore,
  type BlobStoreDeps,
} from './blob-store.ts';
import { openBucketRepository, type BucketRepository } from './bucket-repository.ts';
import { objectMigrations } from './migrations.ts';
import { ObjectRepository } from './object-repository.ts';
import { UploadRepository } from './upload-repository.ts';

export interface ObjectStore extends Closeable {
  readonly buckets: BucketRepository;
  readonly objects: ObjectRepository;
  readonly uploads: UploadRepository;
  readonly blobs: BlobStore;
  readonly store: Store;
  /** Contents have lost a reference: those without any are removed, in the background. */
  drop(hashes: readonly string[]): void;
}

export interface ObjectStoreDeps {
  readonly folder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly startThread?: BlobStoreDeps['startThread'];
}

export async function openObjectStore(deps: ObjectStoreDeps): Promise<ObjectStore> {
  const { store, ids, logger } = deps;
  await store.migrate('objects', objectMigrations);
  const blobs = await openBlobStore({
    folder: path.resolve(deps.folder),
    references: referencesIn(store),
    logger,
    ...(deps.startThread === undefined ? {} : { startThread: deps.startThread }),
  });
  const underWay = new Set<Promise<void>>();
  const inBackground = (what: string, work: Promise<void>): void => {
    const tracked = work
      .catch((error: unknown) => {
        // What is left is found by the next start.
        logger.error(what, { error });
      })
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };
  inBackground('objects.cleaning-failed', cleanUp(store, blobs));
  return {
    // Who has a bucket writes objects: the first one need not wait for a thread to start.
    buckets: await openBucketRepository({ store, logger, onBucket: () => blobs.prepare() }),
    objects: new ObjectRepository({ store, newVersionId: () => newVersionId(ids) }),
    uploads: new UploadRepository(store),
    blobs,
    store,
    drop: (hashes) => {
      if (hashes.length > 0) inBackground('objects.drop-failed', blobs.collect(hashes));
    },
    ...closeable(async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await blobs.close();
    }),
  };
}

/** What a server left that died between two steps. */
async function cleanUp(store: Store, blobs: BlobStore): Promise<void> {
  const unused = await store.read<{ sha256: string }>(
    'SELECT sha256 FROM s3_blobs WHERE refs <= 0',
  );
  await blobs.collect(unused.map(({ sha256 }) => sha256));
  await blobs.collectStrays();
}

function referencesIn(store: Store): BlobReferences {
  return {
    async forget(sha256) {
      await store.write([
        { sql: 'DELETE FROM s3_blobs WHERE sha256 = ? AND refs <= 0', params: [sha256] },
      ]);
      const left = await store.read('SELECT 1 FROM s3_blobs WHERE sha256 = ?', [sha256]);
      return left.length === 0;
    },
    async known(hashes) {
      const marks = hashes.map(() => '?').join(', ');
      const rows = await store.read<{ sha256: string }>(
        `SELECT sha256 FROM s3_blobs WHERE sha256 IN (${marks})`,
        hashes,
      );
      return new Set(rows.map(({ sha256 }) => sha256));
    },
  };
}

/** As AWS's: thirty-two characters that say nothing. */
function newVersionId(ids: Ids): string {
  return Buffer.from(ids.hex(24), 'hex').toString('base64url').replaceAll('-', '.');
}
