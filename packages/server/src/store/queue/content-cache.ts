/**
 * How much content is kept in memory of entries that were sent a short while ago: most are received
 * at once, and then need no read. Bounded; what does not fit is read from the store when it is received.
 */
import type { EntryContent, QueueEntry } from './queue-entry.ts';

/** All of it together, for all queues. */
const MOST_BYTES = 64 * 1_048_576;
/** What an entry takes besides its content. */
const OVERHEAD_BYTES = 200;

export class ContentCache {
  #bytes = 0;

  /** The content that it was made with stays with it, where there is room. */
  keep(entry: QueueEntry): void {
    if (entry.content === undefined) return;
    const bytes = sizeOf(entry.content);
    if (this.#bytes + bytes > MOST_BYTES) entry.content = undefined;
    else this.#bytes += bytes;
  }

  /** Of one that was kept, or that has none. */
  drop(entry: QueueEntry): void {
    if (entry.content === undefined) return;
    this.#bytes -= sizeOf(entry.content);
    entry.content = undefined;
  }
}

function sizeOf({ body, attributes }: EntryContent): number {
  return body.byteLength + attributes.length * 2 + OVERHEAD_BYTES;
}
