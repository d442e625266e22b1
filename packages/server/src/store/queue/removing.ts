/**
 * Takes entries out of a queue at once, for everybody who asks, and then off the disk. Those that the
 * disk would not let go are there again.
 */
import type { Stretch } from './backlog.ts';
import type { ContentCache } from './content-cache.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { OpenQueue } from './open-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import { deleteSequencesStatement, deleteStatement } from './queue-rows.ts';
import type { Refill } from './refill.ts';

/** Entries of one transaction where many go: others' writes come between. */
export const ENTRIES_AT_ONCE = 500;

export interface Queues {
  readonly find: (queue: string) => OpenQueue | undefined;
  /** Made where it is not there. */
  readonly open: (queue: string) => OpenQueue;
  /** For those who wait: something has changed. */
  readonly serve: (queue: string) => void;
}

export class Removing {
  readonly #deps: DurableQueueDeps;
  readonly #contents: ContentCache;
  readonly #refill: Refill;
  readonly #queues: Queues;

  constructor(deps: DurableQueueDeps, contents: ContentCache, refill: Refill, queues: Queues) {
    this.#deps = deps;
    this.#contents = contents;
    this.#refill = refill;
    this.#queues = queues;
  }

  /** Those that the index has forgotten already. */
  async remove(queue: string, entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#deps.store.append([deleteStatement(entries)]);
    } catch (error) {
      for (const entry of entries) {
        entry.state = 'visible';
        this.#queues.open(queue).index.add(entry);
      }
      throw error;
    }
    for (const entry of entries) this.#contents.drop(entry);
    this.#queues.serve(queue);
  }

  async purge(queue: string): Promise<void> {
    while (this.#queues.find(queue)?.refilling) await this.#queues.find(queue)?.refilling;
    const stretches = [...(this.#queues.find(queue)?.backlog.takeAll() ?? [])];
    try {
      await this.#removeAll(queue, () => true);
      await this.#removeStretches(queue, stretches);
    } finally {
      for (const left of stretches) this.#queues.open(queue).backlog.addStretch(left);
    }
  }

  async expire(queue: string, sentBeforeMs: number): Promise<number> {
    const isDue = ({ state, sentAtMs }: QueueEntry): boolean =>
      state !== 'in-flight' && sentAtMs < sentBeforeMs;
    let removed = await this.#removeAll(queue, isDue);
    for (;;) {
      const open = this.#queues.find(queue);
      if ((open?.backlog.oldestSentAtMs ?? sentBeforeMs) >= sentBeforeMs) return removed;
      // A stretch after the other, so that memory has no more of them than when they are received.
      await this.#refill.perform(queue, open, (open?.index.visible ?? 0) + 1);
      removed += await this.#removeAll(queue, isDue);
    }
  }

  async #removeAll(queue: string, chosen: (entry: QueueEntry) => boolean): Promise<number> {
    const index = this.#queues.find(queue)?.index;
    const entries = [...(index?.entries() ?? [])].filter(chosen);
    for (const entry of entries) index?.remove(entry);
    for (let from = 0; from < entries.length; from += ENTRIES_AT_ONCE) {
      await this.remove(queue, entries.slice(from, from + ENTRIES_AT_ONCE));
    }
    return entries.length;
  }

  /** Those that are gone are taken from the list. */
  async #removeStretches(queue: string, stretches: Stretch[]): Promise<void> {
    for (let first = stretches[0]; first !== undefined; first = stretches[0]) {
      await this.#deps.store.append([deleteSequencesStatement(queue, first.sequences)]);
      stretches.shift();
    }
  }
}
