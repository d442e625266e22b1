/**
 * The entries of one lane that can be received now or, in an ordered lane, one after another. They
 * lie in the order of their sequence; what comes back after its time lies near the front again.
 */
import type { QueueEntry } from './queue-entry.ts';

/** The array is copied without its used front when that is longer than this and than the rest. */
const LONGEST_FRONT = 1_024;

export class Lane {
  readonly isOrdered: boolean;
  /** Received and neither removed nor visible again. */
  inFlight = 0;
  #entries: (QueueEntry | undefined)[] = [];
  #front = 0;

  constructor(isOrdered: boolean) {
    this.isOrdered = isOrdered;
  }

  get isEmpty(): boolean {
    return this.head() === undefined;
  }

  /** What is next; undefined in an empty lane. */
  head(): QueueEntry | undefined {
    while (this.#front < this.#entries.length) {
      const entry = this.#entries[this.#front];
      if (entry !== undefined && isWaiting(entry)) return entry;
      this.#dropFront();
    }
    return undefined;
  }

  /** Removes the head. */
  shift(): void {
    this.#dropFront();
  }

  add(entry: QueueEntry): void {
    const last = this.#entries.at(-1);
    if (last === undefined || last.sequence < entry.sequence) {
      this.#entries.push(entry);
      return;
    }
    const place = this.#placeOf(entry.sequence);
    if (this.#front === 0) {
      this.#entries.splice(place, 0, entry);
      return;
    }
    // The few that are before it move into the free front.
    this.#entries.copyWithin(this.#front - 1, this.#front, place);
    this.#front -= 1;
    this.#entries[place - 1] = entry;
  }

  #placeOf(sequence: number): number {
    let low = this.#front;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropFront(): void {
    this.#entries[this.#front] = undefined;
    this.#front += 1;
    if (this.#front < LONGEST_FRONT || this.#front * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#front);
    this.#front = 0;
  }
}

function isWaiting({ state }: QueueEntry): boolean {
  return state === 'visible' || state === 'delayed';
}
