/** Brings the backlog of a queue into its index, a stretch after the other, as it is needed. */
import type { Stretch } from './backlog.ts';
import { readStretch } from './load-entries.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { OpenQueue } from './open-queue.ts';
import type { EntryRow } from './queue-rows.ts';

export class Refill {
  readonly #deps: DurableQueueDeps;
  readonly #onDamage: (row: EntryRow) => void;

  constructor(deps: DurableQueueDeps, onDamage: (row: EntryRow) => void) {
    this.#deps = deps;
    this.#onDamage = onDamage;
  }

  /** Until so many are visible in the index, or none is behind them. */
  async perform(queue: string, open: OpenQueue | undefined, least: number): Promise<void> {
    for (;;) {
      const stretch = open?.backlog.first();
      if (open === undefined || stretch === undefined || open.index.visible >= least) return;
      // Callers of the same queue wait for the same stretch.
      open.refilling ??= this.#readNext(queue, open, stretch);
      await open.refilling;
    }
  }

  async #readNext(queue: string, open: OpenQueue, stretch: Stretch): Promise<void> {
    try {
      const entries = await readStretch(this.#deps, queue, stretch, this.#onDamage);
      // In one step, so that they are counted once at any time.
      open.backlog.shift();
      for (const entry of entries) open.index.add(entry);
    } finally {
      open.refilling = undefined;
    }
  }
}
