/**
 * Hands taken entries out: their new state becomes durable first, so that an entry which ends
 * the server each time is counted each time. What is too old is removed on the way, and what was
 * handed out too often goes to its dead-letter queue, in the same transaction.
 */
import type { AppendedStatement } from '../store.ts';
import type { ContentCache } from './content-cache.ts';
import type { ReceivedEntry, ReceiveOptions } from './durable-queue.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { EntryContent, QueueEntry } from './queue-entry.ts';
import type { Taken } from './queue-index.ts';
import {
  contentChecksum,
  deleteStatement,
  moveStatement,
  quarantineStatements,
  updateStatement,
} from './queue-rows.ts';
import { newReceipt } from './sending.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';

export interface HandedOut {
  readonly received: readonly ReceivedEntry[];
  /** No longer in this queue. */
  readonly gone: readonly QueueEntry[];
  /** As they are now, in another. */
  readonly moved: readonly QueueEntry[];
}

export class HandOut {
  readonly #deps: DurableQueueDeps;
  readonly #contents: ContentCache;
  readonly #onDamage: (entry: QueueEntry) => void;

  constructor(
    deps: DurableQueueDeps,
    contents: ContentCache,
    onDamage: (entry: QueueEntry) => void,
  ) {
    this.#deps = deps;
    this.#contents = contents;
    this.#onDamage = onDamage;
  }

  /** Whether it is to be handed out, and not removed or moved. */
  isDue(entry: QueueEntry, options: ReceiveOptions): boolean {
    const { deadLetter } = options;
    const isGivenUp = deadLetter !== undefined && entry.receiveCount >= deadLetter.afterReceives;
    return !isGivenUp && !this.#isTooOld(entry, options);
  }

  /** On failure every entry is as it was before. */
  async perform(
    taken: Taken,
    options: ReceiveOptions,
    numbers: SequenceNumbers,
  ): Promise<HandedOut> {
    const contents = await this.#readContents(taken.accepted);
    // Who has an earlier receipt may have removed some meanwhile.
    const accepted = taken.accepted.filter(isThere);
    const refused = taken.refused.filter(isThere);
    for (const entry of contents.keys()) if (!isThere(entry)) contents.delete(entry);
    const nowMs = this.#deps.clock.nowMs();
    const statements: AppendedStatement[] = [];
    const damaged = accepted.filter((entry) => !contents.has(entry));
    for (const { sequence } of damaged) {
      statements.push(...quarantineStatements(sequence, 'The content does not match.'));
    }
    const before = [...accepted, ...refused].map((entry) => {
      const { receipt, receiveCount, firstReceivedAtMs } = entry;
      return { entry, earlier: { receipt, receiveCount, firstReceivedAtMs } };
    });
    for (const entry of contents.keys()) {
      entry.receipt = newReceipt(this.#deps.ids, entry.sequence);
      entry.receiveCount += 1;
      if (entry.firstReceivedAtMs === 0) entry.firstReceivedAtMs = nowMs;
      statements.push(updateStatement(entry, nowMs + options.visibilityMs));
    }
    const moved = this.#giveUp(refused, options, numbers, statements);
    // At once: nobody is to be told that he has removed what is on its way to another queue.
    for (const entry of refused) entry.receipt = '';
    try {
      await this.#deps.store.append(statements);
    } catch (error) {
      for (const { entry, earlier } of before) Object.assign(entry, earlier);
      throw error;
    }
    for (const entry of damaged) this.#onDamage(entry);
    for (const entry of [...damaged, ...refused]) this.#contents.drop(entry);
    const received = [...contents].map(([entry, content]) => receivedOf(entry, content));
    return { received, gone: [...damaged, ...refused], moved };
  }

  /** Undefined where it is not what was written. */
  async contentOf(entry: QueueEntry): Promise<EntryContent | undefined> {
    return (await this.#readContents([entry])).get(entry);
  }

  #giveUp(
    refused: readonly QueueEntry[],
    options: ReceiveOptions,
    numbers: SequenceNumbers,
    statements: AppendedStatement[],
  ): readonly QueueEntry[] {
    const moved: QueueEntry[] = [];
    for (const entry of refused) {
      if (options.deadLetter === undefined || this.#isTooOld(entry, options)) {
        statements.push(deleteStatement([entry]));
        continue;
      }
      // AWS: its name and the moment at which it was first sent stay as they are.
      const next: QueueEntry = {
        ...entry,
        sequence: numbers.next(),
        queue: options.deadLetter.queue,
        movedFrom: entry.queue,
        receipt: '',
        state: 'visible',
        dueMs: 0,
        content: undefined,
      };
      statements.push(moveStatement(entry, next, this.#deps.clock.nowMs()));
      moved.push(next);
    }
    return moved;
  }

  #isTooOld({ sentAtMs }: QueueEntry, { retentionMs }: ReceiveOptions): boolean {
    return retentionMs !== undefined && sentAtMs + retentionMs <= this.#deps.clock.nowMs();
  }

  /** Those that are what was written, in the given order. */
  async #readContents(entries: readonly QueueEntry[]): Promise<Map<QueueEntry, EntryContent>> {
    const unknown = entries.filter(({ content }) => content === undefined);
    const rows = unknown.length === 0 ? [] : await this.#read(unknown);
    const bySequence = new Map(rows.map((row) => [row.sequence, row]));
    const contents = new Map<QueueEntry, EntryContent>();
    for (const entry of entries) {
      const content = entry.content ?? bySequence.get(entry.sequence);
      if (content === undefined || contentChecksum(content) !== entry.contentChecksum) continue;
      contents.set(entry, content);
    }
    return contents;
  }

  #read(entries: readonly QueueEntry[]): Promise<readonly ContentRow[]> {
    const marks = entries.map(() => '?').join(', ');
    return this.#deps.store.read<ContentRow>(
      `SELECT sequence, attributes, body FROM queue_entries WHERE sequence IN (${marks})`,
      entries.map(({ sequence }) => sequence),
    );
  }
}

function isThere({ state }: QueueEntry): boolean {
  return state !== 'removed';
}

interface ContentRow extends EntryContent {
  readonly sequence: number;
}

function receivedOf(entry: QueueEntry, { body, attributes }: EntryContent): ReceivedEntry {
  const { id, sequence, receipt, lane, sentAtMs, firstReceivedAtMs, receiveCount, movedFrom } =
    entry;
  return {
    id,
    sequence,
    receipt,
    body,
    attributes,
    lane,
    sentAtMs,
    firstReceivedAtMs,
    receiveCount,
    movedFrom,
  };
}
