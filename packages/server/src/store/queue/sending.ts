/** Puts entries into the store. They are handed to the index by the caller, once they are durable. */
import type { Ids } from '../../lib/ids.ts';
import type { AppendedStatement } from '../store.ts';
import { keyStatement, type Deduplication } from './deduplication.ts';
import type { NewEntry, SentEntry } from './durable-queue.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { EntryContent, QueueEntry } from './queue-entry.ts';
import { contentChecksum, insertStatement } from './queue-rows.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';

export interface Added {
  readonly entry: QueueEntry;
  readonly content: EntryContent;
}

export interface Sent {
  readonly sent: readonly SentEntry[];
  readonly added: readonly Added[];
}

export class Sending {
  readonly #deps: DurableQueueDeps;
  readonly #keys: Deduplication;
  readonly #numbers: SequenceNumbers;

  constructor(deps: DurableQueueDeps, keys: Deduplication, numbers: SequenceNumbers) {
    this.#deps = deps;
    this.#keys = keys;
    this.#numbers = numbers;
  }

  async send(queue: string, entries: readonly NewEntry[]): Promise<Sent> {
    const nowMs = this.#deps.clock.nowMs();
    const batch: Batch = { queue, nowMs, keyed: undefined, added: [], statements: [], others: [] };
    const sent = entries.map((entry) => this.#prepare(batch, entry));
    try {
      await this.#write(batch);
      batch.keyed?.resolve();
      if (batch.others.length > 0) await Promise.all(batch.others);
    } catch (error) {
      batch.keyed?.reject(error);
      for (const [index, { deduplication }] of entries.entries()) {
        const sequence = sent[index]?.sequence ?? 0;
        if (deduplication !== undefined) this.#keys.forget(queue, deduplication.key, sequence);
      }
      throw error;
    }
    return { sent, added: batch.added };
  }

  #write({ queue, nowMs, statements, keyed }: Batch): Promise<void> | undefined {
    if (statements.length === 0) return undefined;
    if (keyed === undefined) return this.#deps.store.append(statements);
    return this.#deps.store.append([...this.#keys.expire(queue, nowMs), ...statements]);
  }

  #prepare(batch: Batch, entry: NewEntry): SentEntry {
    const { queue, nowMs } = batch;
    const key = entry.deduplication?.key;
    const known = key === undefined ? undefined : this.#keys.find(queue, key, nowMs);
    if (known !== undefined) {
      if (known.writing !== undefined && known.writing !== batch.keyed?.promise) {
        batch.others.push(known.writing);
      }
      return { id: known.id, sequence: known.sequence, isDuplicate: true };
    }
    const sequence = this.#numbers.next();
    const sent = { id: entry.id, sequence, isDuplicate: false };
    if (entry.deduplication !== undefined && key !== undefined) {
      const untilMs = nowMs + entry.deduplication.windowMs;
      const { promise: writing } = (batch.keyed ??= fateOfKeys());
      this.#keys.set(queue, key, { id: entry.id, sequence, untilMs, writing });
      batch.statements.push(keyStatement(queue, key, sent, untilMs));
    }
    this.#insert(batch, entry, sequence);
    return sent;
  }

  #insert(batch: Batch, entry: NewEntry, sequence: number): void {
    const { attributes = '', body, delayMs = 0, lane = '', isOrdered = false } = entry;
    const content = { attributes, body };
    const added: QueueEntry = {
      sequence,
      queue: batch.queue,
      id: entry.id,
      lane,
      isOrdered,
      sentAtMs: batch.nowMs,
      movedFrom: undefined,
      contentChecksum: contentChecksum(content),
      receiveCount: 0,
      firstReceivedAtMs: 0,
      receipt: '',
      state: delayMs > 0 ? 'delayed' : 'visible',
      dueMs: this.#deps.clock.monotonicMs() + delayMs,
    };
    batch.added.push({ entry: added, content });
    batch.statements.push(insertStatement(added, batch.nowMs + delayMs, content));
  }
}

interface Batch {
  readonly queue: string;
  readonly nowMs: number;
  /** The fate of the entries with keys, which their duplicates share. */
  keyed: PromiseWithResolvers<void> | undefined;
  readonly added: Added[];
  readonly statements: AppendedStatement[];
  /** Writes of other callers whose entries ours are duplicates of. */
  readonly others: Promise<unknown>[];
}

function fateOfKeys(): PromiseWithResolvers<void> {
  const fate = Promise.withResolvers<void>();
  // Where nobody waits for it as a duplicate's fate, its failure is told to the caller alone.
  fate.promise.catch(() => {});
  return fate;
}

/** What makes a receipt of an entry differ from its earlier ones. */
export function newReceipt(ids: Ids, sequence: number): string {
  return `${sequence}-${ids.hex(RECEIPT_BYTES)}`;
}

const RECEIPT_BYTES = 9;
