/**
 * Ranges of 65,536 user and group ids on the host, one for each sandbox: two sandboxes never share
 * a user, so that what the kernel counts or allows by user never joins them.
 *
 * 0x70000000 to 0x7fffffff lies between the ranges of system tools for containers and the ids that
 * programs take for negative. Servers beside each other share it block by block: a block belongs to
 * the helper that holds the lock of its file, and the lock ends with the helper.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { IDS_PER_SANDBOX } from '../oci/config.ts';
import { tryLock } from './syscalls.ts';

const FIRST = 0x70000000;
const COUNT = 4096;
const BLOCK = 64;

export class IdRanges {
  readonly #folder: string;
  readonly #free: number[] = [];
  readonly #lockFds: number[] = [];
  readonly #held = new Set<number>();

  /** All servers that can see each other name the same `folder`. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The first id of a range that is free. */
  take(): number {
    if (this.#free.length === 0) this.#takeBlock();
    const slot = this.#free.shift();
    if (slot === undefined) throw new Error(`All ${COUNT} ranges of user ids are in use.`);
    return FIRST + slot * IDS_PER_SANDBOX;
  }

  /** It is taken again last: something may still be named by its ids. */
  giveBack(first: number): void {
    this.#free.push((first - FIRST) / IDS_PER_SANDBOX);
  }

  /** Leaves its blocks to others. */
  close(): void {
    for (const fd of this.#lockFds.splice(0)) closeSync(fd);
  }

  #takeBlock(): void {
    for (let block = 0; block < COUNT / BLOCK; block++) {
      if (this.#held.has(block) || !this.#lock(block)) continue;
      this.#held.add(block);
      for (let slot = 0; slot < BLOCK; slot++) this.#free.push(block * BLOCK + slot);
      return;
    }
  }

  #lock(block: number): boolean {
    const fd = openSync(path.join(this.#folder, String(block)), 'a', 0o600);
    if (tryLock(fd)) this.#lockFds.push(fd);
    else closeSync(fd);
    return this.#lockFds.at(-1) === fd;
  }
}
