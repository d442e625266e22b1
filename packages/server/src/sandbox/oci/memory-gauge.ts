/**
 * How much memory a sandbox has needed at most. Asked after every invocation, so it keeps its
 * files open and reads them synchronously, and `memory.stat`, which the kernel has to sum up (20
 * us), only where something has changed: opening and reading all through the thread pool takes 130.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { CgroupLayout } from './cgroup-layout.ts';
import { readKey, type CgroupName } from './cgroup.ts';

const MEMORY_V1 = {
  peakFile: 'memory.max_usage_in_bytes',
  usageFile: 'memory.usage_in_bytes',
  anonymous: 'total_rss',
  cache: ['total_inactive_file', 'total_active_file'],
} as const;

/** `memory.peak` is there since Linux 5.19; before, the figure is what is in use now. */
const MEMORY_V2 = {
  peakFile: 'memory.peak',
  usageFile: 'memory.current',
  anonymous: 'anon',
  cache: ['inactive_file', 'active_file'],
} as const;

/** The figure is shown in whole megabytes. */
const NOTICEABLE_BYTES = 524_288;
/** More than the kernel prints into `memory.stat`. */
const STAT_BYTES = 16_384;
const shared = Buffer.alloc(STAT_BYTES);

export class MemoryGauge {
  readonly #folder: string;
  readonly #files: typeof MEMORY_V1 | typeof MEMORY_V2;
  /** Undefined until first read; null where the kernel has no such file. */
  readonly #open = new Map<string, number | null>();
  #latest = 0;
  /** Of the last look at `memory.stat`. */
  #peakThen = -1;
  #usageThen = 0;
  #isClosed = false;

  constructor(layout: CgroupLayout, name: CgroupName) {
    const tree = layout.version === 1 ? layout.memory : layout.root;
    this.#files = layout.version === 1 ? MEMORY_V1 : MEMORY_V2;
    this.#folder = path.join(tree, name.owner, name.sandbox);
  }

  /**
   * Bytes. Page cache is left out, as far as the kernel tells: it is given back under pressure, and
   * which sandbox pays for a shared file is chance. Once the group is gone: what was read last.
   */
  read(): number {
    if (this.#isClosed) return this.#latest;
    const { peakFile, usageFile, anonymous, cache } = this.#files;
    const peak = Number(this.#text(peakFile));
    const usage = Number(this.#text(usageFile));
    // What is anonymous can only have grown if the whole has, or if cache gave way to it.
    const isSame = peak === this.#peakThen && Math.abs(usage - this.#usageThen) < NOTICEABLE_BYTES;
    if (isSame) return this.#latest;
    this.#peakThen = peak;
    this.#usageThen = usage;
    const stat = this.#text('memory.stat');
    const cached = cache.reduce((sum, key) => sum + readKey(stat, key), 0);
    this.#latest = Math.max(readKey(stat, anonymous), peak - cached, this.#latest);
    return this.#latest;
  }

  close(): void {
    this.#isClosed = true;
    for (const fd of this.#open.values()) if (fd !== null) closeSync(fd);
    this.#open.clear();
  }

  #text(file: string): string {
    const fd = this.#descriptor(file);
    if (fd === null) return '';
    try {
      return shared.toString('latin1', 0, readSync(fd, shared, 0, STAT_BYTES, 0));
    } catch {
      // The group was removed meanwhile.
      return '';
    }
  }

  #descriptor(file: string): number | null {
    const known = this.#open.get(file);
    if (known !== undefined) return known;
    let fd: number | null = null;
    try {
      fd = openSync(path.join(this.#folder, file), 'r');
    } catch {
      // An older kernel without this file, or the group is gone.
    }
    this.#open.set(file, fd);
    return fd;
  }
}
