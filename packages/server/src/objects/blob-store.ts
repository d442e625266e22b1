/**
 * The contents of objects: files named by the SHA-256 of what they hold. Equal contents are one.
 *
 *     <folder>/blobs/<ab>/<hex>    whole, and durable before a row refers to it
 *     <folder>/incoming/           half-written; emptied at every start
 *
 * A new content gets its name first, so that the disk syncs both together: until then no row knows
 * it, and a start removes what a crash left of it. One that is there already is never replaced by
 * bytes that are not durable.
 *
 * A file may go when nothing refers to it. Who is about to refer to one holds it: `write` answers
 * with a held blob, and until `release` it stays, whatever the counts in the database say. A
 * removal looks at the holders and at the count under the lock of that blob, and a PUT that has begun
 * to hold it waits for that lock before it names its file: it comes before a removal and stops it, or
 * after it and makes the file anew.
 */
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Closeable } from '../lib/lifetime.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { Logger } from '../lib/logger.ts';
import { together } from '../lib/together.ts';
import { removeTree } from '../lib/remove-tree.ts';
import { syncFolder } from '../lib/sync-folder.ts';
import type { DigestName, Digests } from './checksums.ts';
import { createContentClient, type ContentClient } from './content-client.ts';
import { feedContent } from './feed-content.ts';
import type { ContentThread } from './thread-end.ts';

export interface Blob {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly size: number;
}

export interface HeldBlob extends Blob {
  release(): void;
  /** Instead of `release`, by who has not come to refer to it: removed where nothing else does. */
  discard(): void;
}

export interface BlobStore extends Closeable {
  /** Something may be written soon. */
  prepare(): void;
  /**
   * Durable once resolved. The chunks are used up. `accept` sees the digests of the whole before
   * anything refers to it: where it throws, nothing is left.
   */
  write(chunks: AsyncIterable<Uint8Array>, checks?: BlobChecks): Promise<HeldBlob>;
  /** Keeps a blob that is there; undefined where it is not. */
  hold(sha256: string): Promise<HeldBlob | undefined>;
  /** Rejects with `BlobMissing`. */
  open(sha256: string): Promise<FileHandle>;
  /** Of bytes that are not to be kept, or are there already. The chunks are used up. */
  digest(chunks: AsyncIterable<Uint8Array>, names: readonly DigestName[]): Promise<Digests>;
  /** Removes each that nothing refers to any more. */
  collect(hashes: Iterable<string>): Promise<void>;
  /** Removes files that no row has ever known: what a server left that died in a PUT. */
  collectStrays(): Promise<void>;
}

export interface BlobChecks {
  /** Wanted beside the SHA-256. */
  readonly digests: readonly DigestName[];
  accept(blob: Blob, digests: Digests): void;
}

export class BlobMissing extends Error {
  override get name(): string {
    return 'BlobMissing';
  }
}

/** What the database knows of the references. */
export interface BlobReferences {
  /** Forgets a blob without references; false where it has some. */
  forget(sha256: string): Promise<boolean>;
  /** Those of the hashes that the database has a row for. */
  known(hashes: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface BlobStoreDeps {
  readonly folder: string;
  readonly references: BlobReferences;
  readonly logger: Logger;
  /** How the content thread is started; tests give disks that fail. */
  readonly startThread?: () => ContentThread;
}

export async function openBlobStore(deps: BlobStoreDeps): Promise<BlobStore> {
  const folder = path.resolve(deps.folder);
  await removeTree(folder, path.join(folder, 'incoming'));
  for (const name of ['incoming', ...shards]) {
    await mkdir(path.join(folder, name), { recursive: true, mode: 0o700 });
  }
  // A file is only as durable as the folders that lead to it.
  for (const each of [path.join(folder, 'blobs'), folder, path.dirname(folder)]) {
    await syncFolder(each);
  }
  return new DiskBlobStore({ ...deps, folder });
}

/** What a blob is named by. */
const NAME: DigestName = 'SHA256';

/** All there from the start: a new folder in the way of a PUT would cost it a sync more. */
const shards = Array.from({ length: 256 }, (_, index) =>
  path.join('blobs', index.toString(16).padStart(2, '0')),
);

class DiskBlobStore implements BlobStore {
  readonly #deps: BlobStoreDeps;
  readonly #lock = new KeyedLock();
  readonly #holders = new Map<string, number>();
  /** Blobs whose removal found a holder: looked at again when the last one lets go. */
  readonly #doomed = new Set<string>();
  readonly #contents: ContentClient;
  #incoming = 0;

  constructor(deps: BlobStoreDeps) {
    this.#deps = deps;
    this.#contents = createContentClient(deps.startThread);
  }

  prepare(): void {
    this.#contents.prepare();
  }

  async write(chunks: AsyncIterable<Uint8Array>, checks?: BlobChecks): Promise<HeldBlob> {
    const file = path.join(this.#deps.folder, 'incoming', String((this.#incoming += 1)));
    const names = new Set<DigestName>([NAME, ...(checks?.digests ?? [])]);
    const content = this.#contents.start([...names], file);
    let held: HeldBlob | undefined;
    try {
      const { sizeBytes, isShort, first, digests } = await feedContent(chunks, content);
      const sha256 = first.toString('hex');
      const blob = { sha256, size: sizeBytes };
      const accept = async (): Promise<void> => checks?.accept(blob, await digests);
      // Of a long body the others are made while its name is on its way to the disk.
      if (isShort) await accept();
      held = this.#keep(blob);
      await this.#removed(sha256);
      const keeping = content.keep(this.#at(sha256));
      if (isShort) await keeping;
      else await together(accept(), keeping);
      return held;
    } catch (error) {
      // It may have its name already; another writer of the same content keeps it.
      held?.discard();
      await content.cancel();
      throw error;
    }
  }

  async hold(sha256: string): Promise<HeldBlob | undefined> {
    const held = this.#keep({ sha256, size: 0 });
    try {
      const size = await this.#lock.run(sha256, async () => {
        await using handle = await this.open(sha256);
        return (await handle.stat()).size;
      });
      return { ...held, size };
    } catch (error) {
      held.release();
      if (error instanceof BlobMissing) return undefined;
      throw error;
    }
  }

  async open(sha256: string): Promise<FileHandle> {
    try {
      return await open(this.#at(sha256), 'r');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new BlobMissing(`The content ${sha256} is not there.`, { cause });
    }
  }

  async digest(chunks: AsyncIterable<Uint8Array>, names: readonly DigestName[]): Promise<Digests> {
    const { digests } = await feedContent(chunks, this.#contents.start(names));
    return await digests;
  }

  async collect(hashes: Iterable<string>): Promise<void> {
    for (const sha256 of new Set(hashes)) {
      await this.#lock.run(sha256, async () => {
        if (this.#holders.has(sha256)) {
          this.#doomed.add(sha256);
          return;
        }
        if (await this.#deps.references.forget(sha256)) await rm(this.#at(sha256), { force: true });
      });
    }
  }

  async collectStrays(): Promise<void> {
    for (const shard of await readdir(path.join(this.#deps.folder, 'blobs'))) {
      const names = await readdir(path.join(this.#deps.folder, 'blobs', shard));
      for (let at = 0; at < names.length; at += 500) {
        const some = names.slice(at, at + 500);
        const known = await this.#deps.references.known(some);
        await this.collect(some.filter((name) => !known.has(name)));
      }
    }
  }

  close(): Promise<void> {
    return this.#contents.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves when no removal is under way that began before the blob was held. */
  #removed(sha256: string): Promise<void> {
    return this.#lock.run(sha256, async () => {});
  }

  #keep(blob: Blob): HeldBlob {
    const { sha256 } = blob;
    this.#holders.set(sha256, (this.#holders.get(sha256) ?? 0) + 1);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#holders.get(sha256) ?? 1) - 1;
      if (left > 0) {
        this.#holders.set(sha256, left);
        return;
      }
      this.#holders.delete(sha256);
      if (this.#doomed.delete(sha256)) this.#collectSoon(sha256);
    };
    return {
      ...blob,
      release,
      discard: () => {
        if (isHeld) this.#doomed.add(sha256);
        release();
      },
    };
  }

  #collectSoon(sha256: string): void {
    this.collect([sha256]).catch((error: unknown) => {
      // The next start removes what is left.
      this.#deps.logger.error('blob.not-removed', { sha256, error });
    });
  }

  #at(sha256: string): string {
    return path.join(this.#deps.folder, 'blobs', sha256.slice(0, 2), sha256);
  }
}
