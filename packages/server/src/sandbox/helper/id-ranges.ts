/**
 * Ranges of 65,536 user and group ids on the host, one for each sandbox: two sandboxes never share
 * a user, so that what the kernel counts or allows by user never joins them.
 *
 * 0x70000000 to 0x7fffffff lies between the ranges of system tools for containers and the ids that
 * programs take for negative.
 */
import { IDS_PER_SANDBOX } from '../oci/config.ts';

const FIRST = 0x70000000;
const COUNT = 4096;

export class IdRanges {
  readonly #used = new Set<number>();
  #next: number;

  /** Servers beside each other begin at different places, by `seed`. */
  constructor(seed: number) {
    this.#next = (seed * 97) % COUNT;
  }

  /** The first id of a range that is free. */
  take(): number {
    for (let tried = 0; tried < COUNT; tried++) {
      const slot = this.#next;
      this.#next = (slot + 1) % COUNT;
      if (this.#used.has(slot)) continue;
      this.#used.add(slot);
      return FIRST + slot * IDS_PER_SANDBOX;
    }
    throw new Error(`All ${COUNT} ranges of user ids are in use.`);
  }

  giveBack(first: number): void {
    this.#used.delete((first - FIRST) / IDS_PER_SANDBOX);
  }
}
