/**
 * The most memory that a sandbox needed, asked after every invocation. The kernel's own peak is
 * one number in a file that is kept open; the long table that says how much of it was page cache
 * is read only when it has moved, or when so much of it was cache that the rest may have grown
 * into its place unnoticed. Through Node's file API these two reads cost a warm invocation
 * more than its HTTP did.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { memoryFiles, readKey, type CgroupName } from './cgroup.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

/** What the figure may be too small by. */
const UNNOTICED_BYTES = 4 * 1_048_576;

export class MemoryPeak {
  readonly #files: ReturnType<typeof memoryFiles>;
  readonly #buffer = Buffer.alloc(32);
  #fd: number | undefined;
  #isClosed = false;
  #kernelPeak: number | undefined;
  #bytes = 0;

  constructor(layout: CgroupLayout, name: CgroupName) {
    this.#files = memoryFiles(layout, name);
  }

  /**
   * Page cache is left out, as far as the kernel tells: it is given back under pressure, and which
   * sandbox pays for a shared file is chance. 0 where nothing is known; it never falls.
   */
  async bytes(): Promise<number> {
    const peak = this.#readPeak();
    const hasMoved = peak === undefined || peak !== this.#kernelPeak;
    if (!hasMoved && peak - this.#bytes < UNNOTICED_BYTES) return this.#bytes;
    const { stat: file, anonymous, cache } = this.#files;
    const stat = await readFile(file, 'latin1').catch(() => '');
    if (stat === '') return this.#bytes;
    this.#kernelPeak = peak;
    const cached = cache.reduce((sum, key) => sum + readKey(stat, key), 0);
    this.#bytes = Math.max(this.#bytes, readKey(stat, anonymous), (peak ?? 0) - cached);
    return this.#bytes;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /**
   * None where the kernel keeps none, or the group is gone. Synchronous: no disk is behind these
   * files, and the kernel formats one number.
   */
  #readPeak(): number | undefined {
    if (this.#isClosed) return undefined;
    try {
      this.#fd ??= openSync(this.#files.peak, 'r');
      const length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0);
      return Number(this.#buffer.toString('latin1', 0, length));
    } catch {
      return undefined;
    }
  }
}
