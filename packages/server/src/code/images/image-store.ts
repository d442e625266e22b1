/**
 * Images as folders that sandboxes have for their root, made of the layers that images share.
 *
 *     <folder>/layers/<hex>/       the files of a layer, named by the SHA-256 of its archive
 *     <folder>/manifests/<hex>     what is in that folder, and what it means
 *     <folder>/roots/<hex>/        an image, named by its digest; made anew by each run of the server
 *     <folder>/incoming/           half-made things; emptied at every start
 *
 * The archives themselves are others' to keep (`ImageContents`). A layer is compared with its
 * manifest once per run of the server before it is first used, and made again from its archive when
 * it is not what was stored; so nothing here is synced to the disk. A root holds no bytes of its own.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from '../../core/function-version.ts';
import { parseImageConfig, type ImageConfig } from '../../core/image/image-config.ts';
import type { Descriptor, ImageManifest } from '../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../core/image/read-json.ts';
import { IMAGE_BYTES } from '../../core/limits.ts';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import type { ArchiveAnswer } from '../archive-job.ts';
import { createArchiveRunner, type ArchiveRunner } from '../archive-runner.ts';

/** An image as a sandbox uses it. */
export interface ImageRoot {
  /** Its whole file system, on the host; links in it are not to be followed there. */
  readonly folder: string;
  readonly config: ImageConfig;
}

export interface ImageStore extends Closeable {
  /** Rejects with `UnsupportedImage`, `ImageDamaged`, or what `contents` reject with. */
  root(digest: string): Promise<ImageRoot>;
  /** Removes roots and layers of images that `contents` do not list any more. */
  collect(): Promise<void>;
}

/** Where the parts of images are kept. */
export interface ImageContents {
  /** Undefined where the image is not kept. */
  manifest(digest: string): ImageManifest | undefined;
  /** All that are kept. */
  manifests(): Iterable<ImageManifest>;
  /** Reads a part by its digest; the caller closes it. */
  open(digest: string): Promise<FileHandle>;
}

export interface ImageStoreDeps {
  readonly folder: string;
  readonly contents: ImageContents;
  readonly architecture: Architecture;
  readonly logger: Logger;
  /** Less in tests. */
  readonly mostBytes?: number;
}

/** What is stored of an image is not what was stored: a fault of the disk. */
class ImageDamaged extends Error {
  override get name(): string {
    return 'ImageDamaged';
  }
}

/** 10 GB are read, inflated, hashed and written: a slow disk takes minutes for them. */
const BOUNDS = { deadlineMs: 1_200_000, heapMib: 1_024 };
const CONFIG_BYTES = 8 * 1_048_576;

export async function openImageStore(deps: ImageStoreDeps): Promise<ImageStore> {
  const store = new DiskImageStore(deps);
  await store.prepare();
  return {
    root: (digest) => store.root(digest),
    collect: () => store.collect(),
    ...closeable(() => store.end()),
  };
}

class DiskImageStore {
  readonly #deps: ImageStoreDeps;
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #runner: ArchiveRunner = createArchiveRunner(BOUNDS);
  readonly #lock = new KeyedLock();
  /** Layers unpacked or compared in this run, by the digest of their archive: their diff ids. */
  readonly #layers = new Map<string, string>();
  readonly #roots = new Map<string, ImageRoot>();
  readonly #underWay = new Set<Promise<unknown>>();
  #incoming = 0;

  constructor(deps: ImageStoreDeps) {
    this.#deps = deps;
    this.#folder = path.resolve(deps.folder);
    this.#mostBytes = deps.mostBytes ?? IMAGE_BYTES;
  }

  async prepare(): Promise<void> {
    for (const name of ['incoming', 'roots']) await removeTree(this.#folder, this.#at(name));
    for (const name of ['incoming', 'roots', 'layers', 'manifests']) {
      await mkdir(this.#at(name), { recursive: true, mode: 0o700 });
    }
  }

  async root(digest: string): Promise<ImageRoot> {
    const known = this.#roots.get(digest);
    if (known !== undefined) return known;
    return await this.#watched(this.#lock.run(digest, () => this.#make(digest)));
  }

  async collect(): Promise<void> {
    for (const hex of await readdir(this.#at('layers'))) {
      if (this.#isKept(hex)) continue;
      const removal = this.#lock.run(hex, async () => {
        // An image that has it may have come while its layers were looked at.
        if (!this.#isKept(hex)) await this.#discard(hex);
      });
      await this.#watched(removal);
    }
    for (const [digest, { folder }] of this.#roots) {
      if (this.#deps.contents.manifest(digest) !== undefined) continue;
      this.#roots.delete(digest);
      await this.#watched(removeTree(this.#folder, folder));
    }
  }

  #isKept(hex: string): boolean {
    const isOf = ({ layers }: ImageManifest): boolean =>
      layers.some(({ digest }) => hexOf(digest) === hex);
    return Iterator.from(this.#deps.contents.manifests()).some(isOf);
  }

  async end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#runner.close();
  }

  async #make(digest: string): Promise<ImageRoot> {
    const known = this.#roots.get(digest);
    if (known !== undefined) return known;
    const manifest = this.#deps.contents.manifest(digest);
    if (manifest === undefined) throw new ImageDamaged(`The image ${digest} is not kept.`);
    const config = parseImageConfig(await this.#read(manifest.config), this.#deps.architecture);
    if (config.diffIds.length !== manifest.layers.length) {
      throw new UnsupportedImage('Its configuration does not speak of its layers.');
    }
    // All are waited for, also where one fails: nothing is under way when this has ended.
    const layers = await Promise.allSettled(manifest.layers.map((each) => this.#layer(each)));
    for (const [index, layer] of layers.entries()) {
      if (layer.status === 'rejected') throw layer.reason;
      if (config.diffIds[index] === `sha256:${layer.value}`) continue;
      throw new UnsupportedImage(`Layer ${index} is not what its configuration says.`);
    }
    const root = { folder: this.#at('roots', hexOf(digest)), config };
    await this.#compose(manifest, root.folder);
    this.#roots.set(digest, root);
    return root;
  }

  /** Resolves with its diff id. */
  async #layer({ digest }: Descriptor): Promise<string> {
    const hex = hexOf(digest);
    return await this.#lock.run(hex, async () => {
      const known = this.#layers.get(hex);
      if (known !== undefined) return known;
      const [folder, manifest] = [this.#at('layers', hex), this.#at('manifests', hex)];
      const answer = await this.#runner.run({ kind: 'verify-layer', folder, manifest });
      const diffId = answer.kind === 'done' ? answer.diffId : await this.#unpack(hex, digest);
      if (diffId === undefined) throw new ImageDamaged('A layer has no hash.');
      this.#layers.set(hex, diffId);
      return diffId;
    });
  }

  async #unpack(hex: string, digest: string): Promise<string | undefined> {
    const work = this.#at('incoming', String((this.#incoming += 1)));
    const [target, manifest] = [path.join(work, 'layer'), path.join(work, 'manifest')];
    await mkdir(work);
    try {
      await using archive = await this.#deps.contents.open(digest);
      const answer = await this.#runner.run({
        kind: 'unpack-layer',
        descriptor: archive.fd,
        sha256: hex,
        target,
        manifest,
        mostBytes: this.#mostBytes,
      });
      const { diffId } = doneOf(answer, `Layer ${digest}`);
      await this.#discard(hex);
      await rename(manifest, this.#at('manifests', hex));
      await rename(target, this.#at('layers', hex));
      return diffId;
    } finally {
      await removeTree(this.#folder, work);
    }
  }

  async #compose({ layers }: ImageManifest, folder: string): Promise<void> {
    const target = this.#at('incoming', String((this.#incoming += 1)));
    try {
      const answer = await this.#runner.run({
        kind: 'compose',
        layers: layers.map(({ digest }) => ({
          folder: this.#at('layers', hexOf(digest)),
          manifest: this.#at('manifests', hexOf(digest)),
        })),
        target,
        mostBytes: this.#mostBytes,
      });
      doneOf(answer, 'The image');
      await rename(target, folder);
    } finally {
      await removeTree(this.#folder, target);
    }
  }

  async #read({ digest, sizeBytes }: Descriptor): Promise<Uint8Array> {
    if (sizeBytes > CONFIG_BYTES) throw new UnsupportedImage('Its configuration is too large.');
    await using file = await this.#deps.contents.open(digest);
    const bytes = await file.readFile();
    const hash = createHash('sha256').update(bytes).digest('hex');
    if (hash !== hexOf(digest)) throw new ImageDamaged('The configuration is damaged.');
    return bytes;
  }

  /** Out of sight at once, then gone. */
  async #discard(hex: string): Promise<void> {
    this.#layers.delete(hex);
    const doomed = this.#at('incoming', String((this.#incoming += 1)));
    try {
      await rename(this.#at('layers', hex), doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await rm(this.#at('manifests', hex), { force: true });
    await removeTree(this.#folder, doomed);
  }

  /** `end` waits for it. */
  async #watched<T>(running: Promise<T>): Promise<T> {
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  #at(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }
}

function doneOf(answer: ArchiveAnswer, what: string): ArchiveAnswer & { kind: 'done' } {
  switch (answer.kind) {
    case 'done':
      return answer;
    case 'rejected':
      throw new UnsupportedImage(
        answer.reason === 'unzipped-too-large'
          ? 'The image is larger than 10 GB when it is uncompressed.'
          : `${what} cannot be unpacked: ${answer.detail}.`,
      );
    case 'damaged':
    case 'failed':
      throw new ImageDamaged(`${what}: ${answer.detail}`);
  }
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
