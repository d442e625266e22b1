/**
 * Images as registries keep them: repositories with tags, manifests, and the contents that those name,
 * which are files named by their SHA-256 (the store of S3's objects, in a folder of its own). Records
 * are in memory too; what is read here awaits nothing but bytes.
 *
 * A content stays while a repository has it as a layer or a function runs an image with it. Whoever is
 * about to refer to one holds it until the record is durable.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ImageContents } from '../code/images/image-store.ts';
import {
  parseManifest,
  type Descriptor,
  type ImageManifest,
} from '../core/image/image-manifest.ts';
import { openRecordRows, type RecordRows } from '../functions/record-rows.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { openBlobStore, type BlobStore } from '../objects/blob-store.ts';
import type { Store } from '../store/store.ts';
import {
  repositoryArn,
  type KeptImage,
  type Repository,
  type RepositoryKey,
  type StoredImage,
  type StoredLayer,
} from './repository.ts';

export interface ImageRegistryDeps {
  readonly folder: string;
  readonly store: Store;
  readonly logger: Logger;
}

export async function openImageRegistry(deps: ImageRegistryDeps): Promise<ImageRegistry> {
  const rows = {
    repositories: await openRecordRows<Repository>(deps, 'image-repository'),
    images: await openRecordRows<StoredImage>(deps, 'image'),
    layers: await openRecordRows<StoredLayer>(deps, 'image-layer'),
    kept: await openRecordRows<KeptImage>(deps, 'kept-image'),
  };
  const registry: ImageRegistry = new ImageRegistry(
    rows,
    await openBlobStore({
      folder: deps.folder,
      logger: deps.logger,
      references: {
        forget: async (sha256) => !registry.refersTo(sha256),
        known: async (hashes) => new Set(hashes.filter((each) => registry.refersTo(each))),
      },
    }),
  );
  // What a row that cannot be read refers to is not known: then everything stays.
  if (registry.damagedRows === 0) {
    await registry.dropUnused();
    registry.blobs.collectStrays().catch((error: unknown) => {
      deps.logger.error('registry.cleaning-failed', { error });
    });
  }
  return registry;
}

interface Rows {
  readonly repositories: RecordRows<Repository>;
  readonly images: RecordRows<StoredImage>;
  readonly layers: RecordRows<StoredLayer>;
  readonly kept: RecordRows<KeptImage>;
}

/** A record was not what it had been when somebody decided to change it: the whole is to be asked for again. */
class RegistryConflict extends Error {
  override get name(): string {
    return 'RegistryConflict';
  }
}

export class ImageRegistry implements Closeable {
  readonly blobs: BlobStore;
  readonly #rows: Rows;
  readonly #lock = new KeyedLock();
  readonly #lifetime: Closeable;
  /** How many layers of repositories and images of functions name a content, by its hex. */
  readonly #references = new Map<string, number>();

  constructor(rows: Rows, blobs: BlobStore) {
    this.#rows = rows;
    this.blobs = blobs;
    this.#lifetime = closeable(() => blobs.close());
    for (const { digest } of rows.layers.values()) this.#count(digest, 1);
    for (const kept of rows.kept.values()) {
      for (const { digest } of partsOf(manifestOf(kept))) this.#count(digest, 1);
    }
  }

  get damagedRows(): number {
    return Object.values(this.#rows).reduce(
      (sum, rows: RecordRows<object>) => sum + rows.damagedRows,
      0,
    );
  }

  /** Layers of pushes that nobody has finished before the server ended. For the start only. */
  async dropUnused(): Promise<void> {
    const used = new Set(
      this.#rows.images
        .values()
        .flatMap((image) => partsOfStored(image).map(({ digest }) => partKey(image, digest))),
    );
    const all = this.#rows.layers.values().toArray();
    await this.#removeLayers(all.filter((each) => !used.has(partKey(each, each.digest))));
  }

  /** The indexes in its repository that name it. */
  indexesOf(image: StoredImage): readonly StoredImage[] {
    return this.images(image).filter((each) => {
      const manifest = parseManifest(bytesOfManifest(each), each.mediaType);
      if (manifest.kind === 'image') return false;
      return manifest.manifests.some(({ digest }) => digest === image.digest);
    });
  }

  /** By the name of the file. What a row that cannot be read refers to is not known: perhaps this. */
  refersTo(sha256: string): boolean {
    return this.damagedRows > 0 || this.#references.has(sha256);
  }

  repository(key: RepositoryKey): Repository | undefined {
    return this.#rows.repositories.get(repositoryArn(key));
  }

  repositories({ account, region }: Omit<RepositoryKey, 'name'>): readonly Repository[] {
    return this.#rows.repositories
      .values()
      .filter((each) => each.account === account && each.region === region)
      .toArray()
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** False where there is one of that name. */
  async create(repository: Repository): Promise<boolean> {
    const key = repositoryArn(repository);
    return await this.#rows.repositories.change([{ key, previous: undefined, next: repository }]);
  }

  /** The changed one; undefined where there is none. `change` may throw what is to be told. */
  async change(
    key: RepositoryKey,
    change: (repository: Repository) => Repository,
  ): Promise<Repository | undefined> {
    const arn = repositoryArn(key);
    return await this.#lock.run(arn, async () => {
      const previous = this.#rows.repositories.get(arn);
      if (previous === undefined) return undefined;
      const next = change(previous);
      expectChanged(await this.#rows.repositories.change([{ key: arn, previous, next }]));
      return next;
    });
  }

  /** With all that is in it. */
  async remove(key: RepositoryKey): Promise<void> {
    const arn = repositoryArn(key);
    await this.#lock.run(arn, async () => {
      const repository = this.#rows.repositories.get(arn);
      if (repository === undefined) return;
      await this.#removeImages(key, this.images(key));
      await this.#removeLayers(this.#layers(key));
      expectChanged(
        await this.#rows.repositories.change([{ key: arn, previous: repository, next: undefined }]),
      );
    });
  }

  image(key: RepositoryKey, digest: string): StoredImage | undefined {
    return this.#rows.images.get(partKey(key, digest));
  }

  /** The newest first. */
  images(key: RepositoryKey): readonly StoredImage[] {
    return this.#rows.images
      .values()
      .filter((each) => isIn(each, key))
      .toArray()
      .toSorted((a, b) => b.pushedMs - a.pushedMs);
  }

  /** What the manifests of an account take, which are in memory. */
  manifestBytes(account: string): number {
    return this.#rows.images
      .values()
      .filter((each) => each.account === account)
      .reduce((sum, each) => sum + each.manifest.length, 0);
  }

  layer(key: RepositoryKey, digest: string): StoredLayer | undefined {
    return this.#rows.layers.get(partKey(key, digest));
  }

  /** Stores it, and lets a tag name it. The repository exists. */
  async put(image: StoredImage, tag: string | undefined): Promise<void> {
    const arn = repositoryArn(image);
    const key = partKey(image, image.digest);
    await this.#lock.run(arn, async () => {
      const repository = this.#rows.repositories.get(arn);
      if (repository === undefined) throw new RegistryConflict('The repository has been deleted.');
      const previous = this.#rows.images.get(key);
      if (previous === undefined) {
        expectChanged(await this.#rows.images.change([{ key, previous, next: image }]));
      }
      if (tag === undefined || repository.tags[tag] === image.digest) return;
      const next = { ...repository, tags: { ...repository.tags, [tag]: image.digest } };
      expectChanged(
        await this.#rows.repositories.change([{ key: arn, previous: repository, next }]),
      );
    });
  }

  /** Takes a tag away; what it named stays. */
  async untag(key: RepositoryKey, tag: string): Promise<void> {
    await this.change(key, (repository) => {
      const left = Object.entries(repository.tags).filter(([name]) => name !== tag);
      return { ...repository, tags: Object.fromEntries(left) };
    });
  }

  /** With its tags, and the layers that nothing else in the repository has. */
  async removeImage(image: StoredImage): Promise<void> {
    await this.change(image, (repository) => {
      const left = Object.entries(repository.tags).filter(([, digest]) => digest !== image.digest);
      return { ...repository, tags: Object.fromEntries(left) };
    });
    await this.#lock.run(repositoryArn(image), () => this.#removeImages(image, [image]));
  }

  /** Makes a content one of the repository's layers. The caller holds it until this has resolved. */
  async addLayer(layer: StoredLayer): Promise<void> {
    const key = partKey(layer, layer.digest);
    if (this.#rows.layers.get(key) !== undefined) return;
    this.#count(layer.digest, 1);
    if (await this.#rows.layers.change([{ key, previous: undefined, next: layer }])) return;
    // Somebody else has added it meanwhile.
    this.#count(layer.digest, -1);
  }

  /** Rejects with `BlobMissing`. */
  open(digest: string): Promise<FileHandle> {
    return this.blobs.open(hexOf(digest));
  }

  /** Keeps an image whole, for functions. The caller holds its parts until this has resolved. */
  async keep(image: KeptImage): Promise<void> {
    await this.#lock.run(image.digest, async () => {
      if (this.#rows.kept.get(image.digest) !== undefined) return;
      for (const { digest } of partsOf(manifestOf(image))) this.#count(digest, 1);
      const change = { key: image.digest, previous: undefined, next: image };
      expectChanged(await this.#rows.kept.change([change]));
    });
  }

  async release(digest: string): Promise<void> {
    await this.#lock.run(digest, async () => {
      const kept = this.#rows.kept.get(digest);
      if (kept === undefined) return;
      expectChanged(
        await this.#rows.kept.change([{ key: digest, previous: kept, next: undefined }]),
      );
      const parts = partsOf(manifestOf(kept));
      for (const part of parts) this.#count(part.digest, -1);
      await this.blobs.collect(parts.map((part) => hexOf(part.digest)));
    });
  }

  /** What functions run, as the store of their roots needs it. */
  get kept(): ImageContents {
    return {
      manifest: (digest) => {
        const found = this.#rows.kept.get(digest);
        return found === undefined ? undefined : manifestOf(found);
      },
      manifests: () => this.#rows.kept.values().map(manifestOf),
      open: (digest) => this.open(digest),
    };
  }

  keptDigests(): readonly string[] {
    return this.#rows.kept
      .values()
      .map(({ digest }) => digest)
      .toArray();
  }

  close(): Promise<void> {
    return this.#lifetime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #layers(key: RepositoryKey): readonly StoredLayer[] {
    return this.#rows.layers
      .values()
      .filter((each) => isIn(each, key))
      .toArray();
  }

  async #removeImages(key: RepositoryKey, images: readonly StoredImage[]): Promise<void> {
    const changes = images.map((each) => ({
      key: partKey(key, each.digest),
      previous: this.#rows.images.get(partKey(key, each.digest)),
      next: undefined,
    }));
    expectChanged(await this.#rows.images.change(changes.filter(({ previous }) => previous)));
    const digestsOf = (all: readonly StoredImage[]): ReadonlySet<string> =>
      new Set(all.flatMap(partsOfStored).map(({ digest }) => digest));
    const [removed, left] = [digestsOf(images), digestsOf(this.images(key))];
    const unused = this.#layers(key).filter(
      ({ digest }) => removed.has(digest) && !left.has(digest),
    );
    await this.#removeLayers(unused);
  }

  async #removeLayers(layers: readonly StoredLayer[]): Promise<void> {
    expectChanged(
      await this.#rows.layers.change(
        layers.map((each) => ({
          key: partKey(each, each.digest),
          previous: each,
          next: undefined,
        })),
      ),
    );
    for (const { digest } of layers) this.#count(digest, -1);
    await this.blobs.collect(layers.map(({ digest }) => hexOf(digest)));
  }

  #count(digest: string, change: 1 | -1): void {
    const hex = hexOf(digest);
    const count = (this.#references.get(hex) ?? 0) + change;
    if (count > 0) this.#references.set(hex, count);
    else this.#references.delete(hex);
  }
}

export function bytesOfManifest({ manifest }: Pick<StoredImage, 'manifest'>): Buffer {
  return Buffer.from(manifest, 'base64');
}

/** The configuration and the layers; of an index nothing. */
function partsOfStored(image: StoredImage): readonly Descriptor[] {
  const manifest = parseManifest(bytesOfManifest(image), image.mediaType);
  return manifest.kind === 'image' ? partsOf(manifest) : [];
}

export function partsOf({ config, layers }: ImageManifest): readonly Descriptor[] {
  return [config, ...layers];
}

export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** Only images of one platform are kept. */
function manifestOf(kept: KeptImage): ImageManifest {
  return parseManifest(bytesOfManifest(kept), kept.mediaType) as ImageManifest;
}

function partKey(key: RepositoryKey, digest: string): string {
  return `${repositoryArn(key)}@${digest}`;
}

function isIn(part: RepositoryKey, { account, region, name }: RepositoryKey): boolean {
  return part.account === account && part.region === region && part.name === name;
}

function expectChanged(isChanged: boolean): void {
  if (!isChanged) throw new RegistryConflict('It was changed by somebody else.');
}
