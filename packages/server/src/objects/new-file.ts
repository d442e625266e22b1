/**
 * One content on its way to its name. It is written aside; the disk is told to begin every few
 * megabytes, so that the last sync waits for little, and that one begins with the last bytes. The
 * name is made while it runs, so that the disk syncs both together.
 */
import path from 'node:path';
import type { ContentDisk } from './content-disk.ts';
import { together } from '../lib/together.ts';
import type { FolderSyncs } from './folder-syncs.ts';

const FLUSH_BYTES = 8 * 1_048_576;

export interface NewFileDeps {
  readonly disk: ContentDisk;
  readonly folders: FolderSyncs;
}

export class NewFile {
  readonly #deps: NewFileDeps;
  readonly #file: string;
  readonly #descriptor: number;
  #sinceFlush = 0;
  #syncing: Promise<void> = Promise.resolve();
  /** The flush before the one that runs. */
  #earlier: Promise<void> = this.#syncing;
  #isNamed = false;
  #isClosed = false;

  /** Throws where it cannot be made, or is there. */
  constructor(file: string, deps: NewFileDeps) {
    this.#deps = deps;
    this.#file = file;
    this.#descriptor = deps.disk.create(file);
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#deps.disk.write(this.#descriptor, chunks);
    for (const { byteLength } of chunks) this.#sinceFlush += byteLength;
    if (this.#sinceFlush < FLUSH_BYTES) return;
    this.#sinceFlush = 0;
    this.#earlier = this.#syncing;
    this.#sync();
  }

  /** Resolves when the disk is at most one flush behind. */
  room(): Promise<void> {
    return this.#earlier;
  }

  /** Nothing more is written. */
  finish(): void {
    this.#sync();
  }

  /** After `finish`. What is there already under the name is replaced by durable bytes only. */
  async keep(place: string): Promise<void> {
    const { disk, folders } = this.#deps;
    if (disk.exists(place)) await this.#syncing;
    disk.rename(this.#file, place);
    this.#isNamed = true;
    await together(this.#syncing, folders.sync(path.dirname(place)));
    this.#close();
  }

  /** Instead of `keep`, or after it has failed. A name that it has already is the caller's. */
  async drop(): Promise<void> {
    // A descriptor that is closed under a sync could be another file's by then.
    await Promise.allSettled([this.#syncing]);
    this.#close();
    if (!this.#isNamed) this.#deps.disk.remove(this.#file);
  }

  /** Once: its number may be another file's afterwards. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deps.disk.close(this.#descriptor);
  }

  #sync(): void {
    this.#syncing = this.#syncing.then(() => this.#deps.disk.sync(this.#descriptor));
    // Whoever keeps the file is told.
    this.#syncing.catch(() => {});
  }
}
