/**
 * Entries of one queue that are known on disk alone: visible, in no lane, in nobody's hands, so that
 * nothing has to be known of them before their turn comes. A million of them are some megabytes of
 * text here; they go to the index in stretches, oldest first.
 */
import type { QueueEntry } from './queue-entry.ts';

export interface Stretch {
  /** Sequence numbers, as a JSON array. */
  readonly sequences: string;
  readonly count: number;
  readonly oldestSentAtMs: number;
}

/** Entries of one stretch, and of one step of reading them. */
export const STRETCH_ENTRIES = 1_000;

export class Backlog {
  #stretches: Stretch[] = [];
  #front = 0;
  /** The newest stretch, while it grows. */
  #open: number[] = [];
  #openOldestMs = Number.POSITIVE_INFINITY;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** When the oldest was sent; stretches are in that order, but for entries that were moved. */
  get oldestSentAtMs(): number | undefined {
    if (this.#count === 0) return undefined;
    return this.#stretches[this.#front]?.oldestSentAtMs ?? this.#openOldestMs;
  }

  add({ sequence, sentAtMs }: Pick<QueueEntry, 'sequence' | 'sentAtMs'>): void {
    this.#open.push(sequence);
    this.#openOldestMs = Math.min(this.#openOldestMs, sentAtMs);
    this.#count += 1;
    if (this.#open.length >= STRETCH_ENTRIES) this.#closeOpen();
  }

  /** Behind those that are there. */
  addStretch(stretch: Stretch): void {
    this.#closeOpen();
    this.#stretches.push(stretch);
    this.#count += stretch.count;
  }

  /** The oldest one. */
  first(): Stretch | undefined {
    if (this.#front === this.#stretches.length) this.#closeOpen();
    return this.#stretches[this.#front];
  }

  /** Removes the oldest one. */
  shift(): void {
    const stretch = this.first();
    if (stretch === undefined) return;
    this.#front += 1;
    this.#count -= stretch.count;
    if (this.#front * 2 <= this.#stretches.length) return;
    this.#stretches = this.#stretches.slice(this.#front);
    this.#front = 0;
  }

  /** Removes all of them. */
  takeAll(): readonly Stretch[] {
    this.#closeOpen();
    const all = this.#stretches.slice(this.#front);
    this.#stretches = [];
    this.#front = 0;
    this.#count = 0;
    return all;
  }

  #closeOpen(): void {
    if (this.#open.length === 0) return;
    this.#stretches.push({
      sequences: JSON.stringify(this.#open),
      count: this.#open.length,
      oldestSentAtMs: this.#openOldestMs,
    });
    this.#open = [];
    this.#openOldestMs = Number.POSITIVE_INFINITY;
  }
}

/** Whether nothing but its number needs to be known of it. */
export function isPlain(entry: QueueEntry): boolean {
  const { state, lane, isOrdered, receipt } = entry;
  return state === 'visible' && lane === '' && !isOrdered && receipt === '';
}
