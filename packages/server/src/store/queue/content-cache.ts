/**
 * Content of entries that were sent a short while ago: most are received at once, and then need
 * no read. Bounded; what does not fit is read from the store when it is received.
 */
import type { EntryContent, QueueEntry } from './queue-entry.ts';

/** All of it together, for all queues. */
const MOST_BYTES = 64 * 1_048_576;
/** What an entry takes besides its content. */
const OVERHEAD_BYTES = 200;

export class ContentCache {
  /** By sequence number: an entry that is moved has another one. */
  readonly #contents = new Map<number, EntryContent>();
  #bytes = 0;

  keep(entry: QueueEntry, content: EntryContent): void {
    const bytes = sizeOf(content);
    if (this.#bytes + bytes > MOST_BYTES) return;
    this.#bytes += bytes;
    this.#contents.set(entry.sequence, content);
  }

  find(entry: QueueEntry): EntryContent | undefined {
    return this.#contents.get(entry.sequence);
  }

  drop(entry: QueueEntry): void {
    const content = this.#contents.get(entry.sequence);
    if (content === undefined) return;
    this.#contents.delete(entry.sequence);
    this.#bytes -= sizeOf(content);
  }
}

function sizeOf({ body, attributes }: EntryContent): number {
  return body.byteLength + attributes.length * 2 + OVERHEAD_BYTES;
}
