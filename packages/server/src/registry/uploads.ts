/**
 * Layers on their way in, piece by piece: each a file until it is whole. An upload does not survive
 * its server; clients begin it again.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Ids } from '../lib/ids.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { removeTree } from '../lib/remove-tree.ts';
import type { HeldBlob } from '../objects/blob-store.ts';
import { hexOf, type ImageRegistry } from './image-registry.ts';
import { repositoryArn, type RepositoryKey } from './repository.ts';

/** Nobody has such an upload, or not in this repository. */
export class UploadUnknown extends Error {
  override get name(): string {
    return 'UploadUnknown';
  }
}

/** The account has so many under way that nobody could mean them all. */
export class TooManyUploads extends Error {
  override get name(): string {
    return 'TooManyUploads';
  }
}

/** A piece does not begin where the one before has ended. */
export class UploadOutOfOrder extends Error {
  readonly sizeBytes: number;

  constructor(sizeBytes: number) {
    super(`The upload has ${sizeBytes} bytes.`);
    this.sizeBytes = sizeBytes;
  }

  override get name(): string {
    return 'UploadOutOfOrder';
  }
}

/** The bytes are not those that the digest names. */
export class DigestMismatch extends Error {
  override get name(): string {
    return 'DigestMismatch';
  }
}

interface Upload {
  readonly account: string;
  readonly repository: string;
  readonly file: string;
  sizeBytes: number;
  lastMs: number;
}

export interface UploadsDeps {
  readonly registry: ImageRegistry;
  /** This object's alone. */
  readonly folder: string;
  readonly ids: Ids;
  readonly nowMs: () => number;
}

/** An upload that nobody goes on with is forgotten: a day. */
const PATIENCE_MS = 86_400_000;
/** Of one account at once: each is a file and some memory. */
const MOST_UPLOADS = 250;

export async function openUploads(deps: UploadsDeps): Promise<Uploads> {
  await removeTree(path.dirname(deps.folder), deps.folder);
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  return new Uploads(deps);
}

export class Uploads {
  readonly #deps: UploadsDeps;
  readonly #all = new Map<string, Upload>();
  readonly #lock = new KeyedLock();

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
  }

  async begin(repository: RepositoryKey): Promise<string> {
    await this.#forgetOld();
    const { account } = repository;
    const count = this.#all
      .values()
      .reduce((sum, each) => sum + Number(each.account === account), 0);
    if (count >= MOST_UPLOADS) throw new TooManyUploads(`There are ${count} uploads under way.`);
    const id = this.#deps.ids.uuid();
    const file = path.join(this.#deps.folder, id);
    await (await open(file, 'wx', 0o600)).close();
    const lastMs = this.#deps.nowMs();
    const owner = { account, repository: repositoryArn(repository) };
    this.#all.set(id, { ...owner, file, sizeBytes: 0, lastMs });
    return id;
  }

  sizeBytes(repository: RepositoryKey, id: string): number {
    return this.#find(repository, id).sizeBytes;
  }

  /** Resolves with how much there is then. A piece that breaks off leaves what has come of it. */
  async append(
    repository: RepositoryKey,
    id: string,
    chunks: AsyncIterable<Uint8Array>,
    startByte?: number,
  ): Promise<number> {
    return await this.#lock.run(id, async () => {
      const upload = this.#find(repository, id);
      if (startByte !== undefined && startByte !== upload.sizeBytes) {
        throw new UploadOutOfOrder(upload.sizeBytes);
      }
      upload.lastMs = this.#deps.nowMs();
      await using file = await open(upload.file, 'r+');
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.byteLength;) {
          const rest = chunk.subarray(at);
          const { bytesWritten } = await file.write(rest, 0, rest.byteLength, upload.sizeBytes);
          at += bytesWritten;
          upload.sizeBytes += bytesWritten;
        }
      }
      return upload.sizeBytes;
    });
  }

  /** Makes it a layer of the repository, durably. */
  async complete(repository: RepositoryKey, id: string, digest: string): Promise<void> {
    await this.#lock.run(id, async () => {
      const { file } = this.#find(repository, id);
      await this.store(repository, createReadStream(file), digest);
      await this.#forget(id);
    });
  }

  /** The same for bytes that come at once. */
  async store(
    repository: RepositoryKey,
    chunks: AsyncIterable<Uint8Array>,
    digest: string,
  ): Promise<void> {
    const { blobs } = this.#deps.registry;
    const blob = await blobs.write(chunks, {
      digests: [],
      accept: ({ sha256 }) => {
        if (sha256 !== hexOf(digest)) throw new DigestMismatch(`The bytes have sha256:${sha256}.`);
      },
    });
    await this.#add(repository, digest, blob);
  }

  /** Takes a content that another repository has; false where there is none. */
  async mount(repository: RepositoryKey, digest: string): Promise<boolean> {
    const blob = await this.#deps.registry.blobs.hold(hexOf(digest));
    if (blob === undefined) return false;
    await this.#add(repository, digest, blob);
    return true;
  }

  async cancel(repository: RepositoryKey, id: string): Promise<void> {
    this.#find(repository, id);
    await this.#lock.run(id, () => this.#forget(id));
  }

  async #add(repository: RepositoryKey, digest: string, blob: HeldBlob): Promise<void> {
    const { account, region, name } = repository;
    try {
      await this.#deps.registry.addLayer({ account, region, name, digest, sizeBytes: blob.size });
      blob.release();
    } catch (error) {
      blob.discard();
      throw error;
    }
  }

  #find(repository: RepositoryKey, id: string): Upload {
    const upload = this.#all.get(id);
    if (upload?.repository === repositoryArn(repository)) return upload;
    throw new UploadUnknown(`There is no upload ${id}.`);
  }

  async #forget(id: string): Promise<void> {
    const upload = this.#all.get(id);
    this.#all.delete(id);
    if (upload !== undefined) await rm(upload.file, { force: true });
  }

  async #forgetOld(): Promise<void> {
    const oldestMs = this.#deps.nowMs() - PATIENCE_MS;
    for (const [id, { lastMs }] of this.#all) if (lastMs < oldestMs) await this.#forget(id);
  }
}
