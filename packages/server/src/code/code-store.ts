/**
 * Function code on disk: the uploaded zip and, unpacked from it, a read-only volume, both named
 * by the SHA-256 of the zip. Equal uploads are one.
 *
 *     <folder>/zips/<hex>.zip         durable before `put` resolves; what volumes are remade from
 *     <folder>/manifests/<hex>        what the volume must contain
 *     <folder>/volumes/<hex>/         the unpacked code, mounted read-only at /var/task
 *     <folder>/layers/<hex>/          volumes of several layers laid over each other
 *     <folder>/incoming/              half-made things; emptied at every start
 *
 * A volume is compared with its manifest once per run of the server before it is first used, and
 * made again from the zip when it is not what was stored. Volumes are therefore not synced to
 * disk file by file; zips are.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { webcrypto } from 'node:crypto';
import type { CodeReference } from '../core/function-version.ts';
import { adjustableLimits, awsLimits, type Limits } from '../core/adjustable-limits.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { removeTree } from '../lib/remove-tree.ts';
import { syncFolder } from '../lib/sync-folder.ts';
import type { ArchiveAnswer } from './archive-job.ts';
import { createArchiveRunner, type ArchiveRunner } from './archive-runner.ts';
import { CodeRejected } from './code-rejected.ts';
import { LayerVolumes } from './layer-volumes.ts';

export interface CodeStore extends Closeable {
  /** Durable once resolved. Rejects with `CodeRejected` when the archive is not acceptable. */
  put(zip: Uint8Array): Promise<CodeReference>;
  /** `put`, then `use`: until that has settled the code is not removed, whoever refers to it. */
  withCode<T>(
    zip: Uint8Array,
    use: (code: CodeReference) => Promise<T>,
    options?: PutOptions,
  ): Promise<T>;
  /** The volume's folder. Rejects with `CodeDamaged` when not even the zip is intact. */
  volume(code: CodeReference): Promise<string>;
  /**
   * The folder for /opt: the volumes laid over each other in this order; undefined for none. A
   * link in it may lead anywhere, so nobody follows one on the host.
   */
  layerVolume(layers: readonly CodeReference[]): Promise<string | undefined>;
  /** What its files take when unpacked. */
  unzippedBytes(code: CodeReference): Promise<number>;
  zip(code: CodeReference): Promise<Uint8Array>;
  /**
   * The code has lost a reference. After a while (running environments may still read it) it is
   * removed, unless it is held or `isReferenced` again by then.
   */
  remove(code: CodeReference, isReferenced?: () => boolean): Promise<void>;
  /** Removes everything that is not referenced: what a dead server left. For the start only. */
  retainOnly(isReferenced: (sha256: string) => boolean): Promise<void>;
}

export interface PutOptions {
  /** The limit of what a request may bring does not apply, only that of what it unpacks to. */
  readonly isZippedSizeFree?: boolean;
}

export interface CodeStoreDependencies {
  readonly folder: string;
  readonly logger: Logger;
  /** How long removed code stays for environments that still run it. */
  readonly removalDelayMs?: number;
  /** AWS's where it is not said. */
  readonly limits?: Limits;
}

/** What is stored is not what was put: a fault of the disk. */
export class CodeDamaged extends Error {
  override get name(): string {
    return 'CodeDamaged';
  }
}

export async function openCodeStore(deps: CodeStoreDependencies): Promise<CodeStore> {
  const store = new DiskCodeStore(deps);
  await store.prepare();
  return store;
}

/** After the longest invocation: for the end of its environment. */
const REMOVAL_MARGIN_MS = 60_000;

class DiskCodeStore implements CodeStore {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #removalDelayMs: number;
  readonly #limits: Limits;
  readonly #runner: ArchiveRunner = createArchiveRunner();
  readonly #layers: LayerVolumes;
  readonly #lock = new KeyedLock();
  /** Volumes extracted or compared in this run, and the bytes of their files. */
  readonly #verified = new Map<string, number>();
  readonly #holders = new Map<string, number>();
  readonly #removals = new Map<string, NodeJS.Timeout>();
  readonly #underWay = new Set<Promise<unknown>>();
  #incoming = 0;
  #ending: Promise<void> | undefined;

  constructor({ folder, logger, removalDelayMs, limits = awsLimits }: CodeStoreDependencies) {
    this.#folder = path.resolve(folder);
    this.#logger = logger;
    this.#limits = limits;
    this.#removalDelayMs = removalDelayMs ?? limits.timeoutSeconds * 1_000 + REMOVAL_MARGIN_MS;
    this.#layers = new LayerVolumes(this.#at('layers'), this.#runner);
  }

  async prepare(): Promise<void> {
    await removeTree(this.#folder, this.#at('incoming'));
    for (const name of ['incoming', 'zips', 'manifests', 'volumes']) {
      await mkdir(this.#at(name), { recursive: true });
    }
    await this.#layers.prepare();
    // A zip is only as durable as the folders that lead to it.
    await syncFolder(this.#folder);
    await syncFolder(path.dirname(this.#folder));
  }

  async put(zip: Uint8Array): Promise<CodeReference> {
    return await this.withCode(zip, async (code) => code);
  }

  async withCode<T>(
    zip: Uint8Array,
    use: (code: CodeReference) => Promise<T>,
    { isZippedSizeFree = false }: PutOptions = {},
  ): Promise<T> {
    if (zip.byteLength > this.#limits.zippedCodeBytes && !isZippedSizeFree) {
      throw new CodeRejected('zipped-too-large', `${zip.byteLength} bytes`, this.#limits);
    }
    if (zip.byteLength === 0) throw new CodeRejected('empty', 'no bytes');
    // A copy that nobody else can change while it is hashed and written.
    const bytes = new Uint8Array(zip);
    const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));
    const hex = hash.toString('hex');
    this.#hold(hex);
    try {
      await this.#locked(hex, () => this.#store(hex, bytes));
      return await use({ sha256: hash.toString('base64'), sizeBytes: bytes.byteLength });
    } finally {
      this.#release(hex);
    }
  }

  async volume(code: CodeReference): Promise<string> {
    const hex = hexOf(code);
    const folder = this.#at('volumes', hex);
    if (this.#verified.has(hex)) return folder;
    await this.#locked(hex, async () => {
      if (this.#verified.has(hex)) return;
      const manifest = this.#manifest(hex);
      const answer = await this.#runner.run({ kind: 'verify', folder, manifest });
      if (answer.kind === 'done') {
        this.#verified.set(hex, answer.unzippedBytes);
        return;
      }
      this.#logger.warn('code volume is made again', { hex, detail: answer });
      // What was accepted stays, whatever the limit is now.
      const { most } = adjustableLimits.unzippedCodeBytes;
      this.#verified.set(hex, await this.#extract(hex, this.#zip(hex), most));
    });
    return folder;
  }

  async layerVolume(layers: readonly CodeReference[]): Promise<string | undefined> {
    const folders = await Promise.all(
      layers.map(async (code) => ({ hex: hexOf(code), folder: await this.volume(code) })),
    );
    if (folders.length < 2) return folders[0]?.folder;
    return await this.#watched(this.#layers.merged(folders));
  }

  async unzippedBytes(code: CodeReference): Promise<number> {
    await this.volume(code);
    return this.#verified.get(hexOf(code)) ?? 0;
  }

  async zip(code: CodeReference): Promise<Uint8Array> {
    const bytes = await readFile(this.#zip(hexOf(code)));
    const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));
    if (hash.toString('base64') !== code.sha256) throw new CodeDamaged('The zip is damaged.');
    return bytes;
  }

  async remove(code: CodeReference, isReferenced: () => boolean = () => false): Promise<void> {
    const hex = hexOf(code);
    clearTimeout(this.#removals.get(hex));
    this.#removals.delete(hex);
    if (this.#removalDelayMs === 0) return await this.#erase(hex, isReferenced);
    const timer = setTimeout(() => {
      this.#removals.delete(hex);
      this.#erase(hex, isReferenced).catch((error: unknown) => {
        // The next start removes what is left.
        this.#logger.error('code was not removed', { hex, error });
      });
    }, this.#removalDelayMs);
    this.#removals.set(hex, timer.unref());
  }

  async retainOnly(isReferenced: (sha256: string) => boolean): Promise<void> {
    const names = await Promise.all(
      ['zips', 'manifests', 'volumes'].map((room) => readdir(this.#at(room))),
    );
    const isUsed = (hex: string): boolean =>
      isReferenced(Buffer.from(hex, 'hex').toString('base64'));
    for (const hex of new Set(names.flat().map((name) => path.parse(name).name))) {
      if (!isUsed(hex)) await this.#erase(hex, () => isUsed(hex));
    }
  }

  close(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    for (const timer of this.#removals.values()) clearTimeout(timer);
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#runner.close();
  }

  async #store(hex: string, bytes: Uint8Array): Promise<void> {
    if (this.#verified.has(hex)) return;
    const incoming = this.#at('incoming', `${(this.#incoming += 1)}.zip`);
    try {
      await writeFile(incoming, bytes, { flush: true });
      const unzippedBytes = await this.#extract(hex, incoming, this.#limits.unzippedCodeBytes);
      await rename(incoming, this.#zip(hex));
      await syncFolder(this.#at('zips'));
      this.#verified.set(hex, unzippedBytes);
    } catch (error) {
      await rm(incoming, { force: true });
      throw error;
    }
  }

  /** Resolves with the sum of the sizes of its files. */
  async #extract(hex: string, zip: string, mostBytes: number): Promise<number> {
    const work = this.#at('incoming', `${(this.#incoming += 1)}`);
    const target = path.join(work, 'volume');
    const manifest = path.join(work, 'manifest');
    await mkdir(work);
    try {
      const job = { kind: 'extract', zip, sha256: hex, target, manifest, mostBytes } as const;
      const unzippedBytes = bytesUnlessFailed(await this.#runner.run(job), this.#limits);
      await this.#discard(hex);
      await rename(manifest, this.#manifest(hex));
      await rename(target, this.#at('volumes', hex));
      return unzippedBytes;
    } finally {
      await removeTree(this.#folder, work);
    }
  }

  /** Out of sight at once, then gone. */
  async #discard(hex: string): Promise<void> {
    const doomed = this.#at('incoming', `${(this.#incoming += 1)}`);
    try {
      await rename(this.#at('volumes', hex), doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await rm(this.#manifest(hex), { force: true });
    await removeTree(this.#folder, doomed);
  }

  async #erase(hex: string, isReferenced: () => boolean): Promise<void> {
    await this.#locked(hex, async () => {
      if (this.#holders.has(hex) || isReferenced()) return;
      this.#verified.delete(hex);
      await this.#layers.forget(hex);
      await this.#discard(hex);
      await rm(this.#zip(hex), { force: true });
    });
  }

  async #locked(hex: string, work: () => Promise<void>): Promise<void> {
    await this.#watched(this.#lock.run(hex, work));
  }

  /** `close` waits for it. */
  async #watched<T>(running: Promise<T>): Promise<T> {
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  #hold(hex: string): void {
    this.#holders.set(hex, (this.#holders.get(hex) ?? 0) + 1);
  }

  #release(hex: string): void {
    const left = (this.#holders.get(hex) ?? 1) - 1;
    if (left === 0) this.#holders.delete(hex);
    else this.#holders.set(hex, left);
  }

  #at(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }

  #zip(hex: string): string {
    return this.#at('zips', `${hex}.zip`);
  }

  #manifest(hex: string): string {
    return this.#at('manifests', hex);
  }
}

function bytesUnlessFailed(answer: ArchiveAnswer, limits: Limits): number {
  if (answer.kind === 'done') return answer.unzippedBytes;
  if (answer.kind === 'rejected') throw new CodeRejected(answer.reason, answer.detail, limits);
  throw new CodeDamaged(answer.detail);
}

function hexOf(code: CodeReference): string {
  return Buffer.from(code.sha256, 'base64').toString('hex');
}
