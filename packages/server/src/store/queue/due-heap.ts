/**
 * Entries by the moment at which they become visible (a binary heap). An entry that was given
 * another moment, or was removed, is passed over when its old one comes.
 */
import type { QueueEntry } from './queue-entry.ts';

interface Due {
  readonly atMs: number;
  readonly entry: QueueEntry;
}

export class DueHeap {
  readonly #heap: Due[] = [];

  add(entry: QueueEntry): void {
    const due = { atMs: entry.dueMs, entry };
    let index = this.#heap.length;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = this.#heap[parent];
      if (above === undefined || above.atMs <= due.atMs) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = due;
  }

  /** When the next one is due. */
  nextMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.atMs;
  }

  /** Removes and gives the next one that is due by then. */
  take(nowMs: number): QueueEntry | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#dropFirst();
    return first.entry;
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      const { state, dueMs } = first.entry;
      if ((state === 'delayed' || state === 'in-flight') && dueMs === first.atMs) return;
      this.#dropFirst();
    }
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = index * 2 + 1;
      const right = left + 1;
      let child = left;
      if (this.#atMs(right) < this.#atMs(left)) child = right;
      const below = this.#heap[child];
      if (below === undefined || below.atMs >= last.atMs) break;
      this.#heap[index] = below;
      index = child;
    }
    this.#heap[index] = last;
  }

  #atMs(index: number): number {
    return this.#heap[index]?.atMs ?? Number.POSITIVE_INFINITY;
  }
}
