/**
 * Puts entries into the store. They are handed to the index by the caller, once they are durable.
 * There are tens of thousands in a second: one without a key is one row, and one promise.
 */
import type { Ids } from '../../lib/ids.ts';
import type { AppendedStatement, AppendedValue } from '../store.ts';
import { keyStatement, type Deduplication } from './deduplication.ts';
import type { NewEntry, SentEntry } from './durable-queue.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import { contentChecksum, insertedRow, insertStatement } from './queue-rows.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';

export interface Sent {
  readonly sent: readonly SentEntry[];
  /** Those that are no duplicates. */
  readonly added: readonly QueueEntry[];
  /** Resolves when they are durable, and those that they are duplicates of. */
  readonly written: Promise<void>;
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

  send(queue: string, entries: readonly NewEntry[]): Sent {
    if (entries.some(({ deduplication }) => deduplication !== undefined)) {
      return this.#sendKeyed(queue, entries);
    }
    const nowMs = this.#deps.clock.nowMs();
    const made = entries.map((entry) => this.#make(queue, entry, nowMs));
    const added = made.map(({ entry }) => entry);
    return { sent: added.map(asSent), added, written: this.#append([], made) };
  }

  #sendKeyed(queue: string, entries: readonly NewEntry[]): Sent {
    const nowMs = this.#deps.clock.nowMs();
    const batch: KeyedBatch = { queue, nowMs, fate: fateOfKeys(), keys: [], made: [], others: [] };
    const sent = entries.map((entry) => this.#prepare(batch, entry));
    const added = batch.made.map(({ entry }) => entry);
    return { sent, added, written: this.#writeKeyed(batch) };
  }

  #prepare(batch: KeyedBatch, entry: NewEntry): SentEntry {
    const { queue, nowMs, fate } = batch;
    const key = entry.deduplication?.key;
    const known = key === undefined ? undefined : this.#keys.find(queue, key, nowMs);
    if (known !== undefined) {
      if (known.writing !== undefined && known.writing !== fate.promise) {
        batch.others.push(known.writing);
      }
      return { id: known.id, sequence: known.sequence, isDuplicate: true };
    }
    const made = this.#make(queue, entry, nowMs);
    batch.made.push(made);
    const sent = asSent(made.entry);
    if (entry.deduplication !== undefined && key !== undefined) {
      const untilMs = nowMs + entry.deduplication.windowMs;
      this.#keys.set(queue, key, { ...sent, untilMs, writing: fate.promise });
      batch.keys.push({ key, sent, untilMs });
    }
    return sent;
  }

  async #writeKeyed({ queue, nowMs, fate, keys, made, others }: KeyedBatch): Promise<void> {
    const statements = keys.map(({ key, sent, untilMs }) =>
      keyStatement(queue, key, sent, untilMs),
    );
    try {
      await this.#append([...this.#keys.expire(queue, nowMs), ...statements], made);
      fate.resolve();
      await Promise.all(others);
    } catch (error) {
      fate.reject(error);
      for (const { key, sent } of keys) this.#keys.forget(queue, key, sent.sequence);
      throw error;
    }
  }

  #append(before: readonly AppendedStatement[], made: readonly Made[]): Promise<void> {
    if (made.length === 0) return Promise.resolve();
    return this.#deps.store.append([...before, insertStatement(made.map(({ row }) => row))]);
  }

  #make(queue: string, entry: NewEntry, nowMs: number): Made {
    const { attributes = '', body, delayMs = 0, lane = '', isOrdered = false } = entry;
    const content = { attributes, body };
    const added: QueueEntry = {
      sequence: this.#numbers.next(),
      queue,
      id: entry.id,
      lane,
      isOrdered,
      sentAtMs: nowMs,
      movedFrom: undefined,
      contentChecksum: contentChecksum(content),
      receiveCount: 0,
      firstReceivedAtMs: 0,
      receipt: '',
      state: delayMs > 0 ? 'delayed' : 'visible',
      dueMs: delayMs > 0 ? this.#deps.clock.monotonicMs() + delayMs : 0,
      content,
    };
    return { entry: added, row: insertedRow(added, nowMs + delayMs, content) };
  }
}

interface Made {
  readonly entry: QueueEntry;
  readonly row: readonly AppendedValue[];
}

interface KeyedBatch {
  readonly queue: string;
  readonly nowMs: number;
  /** The fate of the entries with keys, which their duplicates share. */
  readonly fate: PromiseWithResolvers<void>;
  /** Those that were not known. */
  readonly keys: { readonly key: string; readonly sent: SentEntry; readonly untilMs: number }[];
  readonly made: Made[];
  /** Writes of other callers whose entries ours are duplicates of. */
  readonly others: Promise<unknown>[];
}

function asSent({ id, sequence }: QueueEntry): SentEntry {
  return { id, sequence, isDuplicate: false };
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
