/** Puts entries into the store. They are handed to the index by the caller, once they are durable. */
import type { Ids } from '../../lib/ids.ts';
import type { Statement } from '../store.ts';
import { keyStatement, type Deduplication } from './deduplication.ts';
import type { NewEntry, SentEntry } from './durable-queue.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { EntryContent, QueueEntry } from './queue-entry.ts';
import { contentChecksum, insertStatement } from './queue-rows.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';
import type { WriteRounds } from './write-rounds.ts';

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
  readonly #rounds: WriteRounds;

  constructor(
    deps: DurableQueueDeps,
    keys: Deduplication,
    numbers: SequenceNumbers,
    rounds: WriteRounds,
  ) {
    this.#deps = deps;
    this.#keys = keys;
    this.#numbers = numbers;
    this.#rounds = rounds;
  }

  async send(queue: string, entries: readonly NewEntry[]): Promise<Sent> {
    const nowMs = this.#deps.clock.nowMs();
    const { promise: writing, resolve, reject } = Promise.withResolvers<void>();
    // Where nobody waits for it as a duplicate's fate, its failure is told to the caller alone.
    writing.catch(() => {});
    const batch: Batch = {
      queue,
      nowMs,
      writing,
      added: [],
      statements: [],
      hasKeys: false,
      others: [],
    };
    const sent = entries.map((entry) => this.#prepare(batch, entry));
    try {
      await this.#write(batch);
      resolve();
      await Promise.all(batch.others);
    } catch (error) {
      reject(error);
      for (const [index, { deduplication }] of entries.entries()) {
        const sequence = sent[index]?.sequence ?? 0;
        if (deduplication !== undefined) this.#keys.forget(queue, deduplication.key, sequence);
      }
      throw error;
    }
    return { sent, added: batch.added };
  }

  #write({ queue, nowMs, statements, hasKeys }: Batch): Promise<unknown> | undefined {
    if (statements.length === 0) return undefined;
    if (!hasKeys) return this.#rounds.write(statements, []);
    // A key that has ended may be set again in the same write: these need their order.
    return this.#deps.store.write([...this.#keys.expire(queue, nowMs), ...statements]);
  }

  #prepare(batch: Batch, entry: NewEntry): SentEntry {
    const { queue, nowMs, writing } = batch;
    const key = entry.deduplication?.key;
    const known = key === undefined ? undefined : this.#keys.find(queue, key, nowMs);
    if (known !== undefined) {
      if (known.writing !== undefined && known.writing !== writing) {
        batch.others.push(known.writing);
      }
      return { id: known.id, sequence: known.sequence, isDuplicate: true };
    }
    const { sequence, reservation } = this.#numbers.next();
    const sent = { id: entry.id, sequence, isDuplicate: false };
    batch.statements.push(...reservation);
    if (entry.deduplication !== undefined && key !== undefined) {
      const untilMs = nowMs + entry.deduplication.windowMs;
      this.#keys.set(queue, key, { id: entry.id, sequence, untilMs, writing });
      batch.hasKeys = true;
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
  readonly writing: Promise<void>;
  readonly added: Added[];
  readonly statements: Statement[];
  hasKeys: boolean;
  /** Writes of other callers whose entries ours are duplicates of. */
  readonly others: Promise<unknown>[];
}

/** What makes a receipt of an entry differ from its earlier ones. */
export function newReceipt(ids: Ids, sequence: number): string {
  return `${sequence}-${ids.hex(RECEIPT_BYTES)}`;
}

const RECEIPT_BYTES = 9;
