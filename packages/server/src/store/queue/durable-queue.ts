/**
 * The port of the durable queue: what SQS queues, asynchronous invocations and notifications wait
 * in. A queue is a name; it is there while it has entries. What was sent is handed out until it
 * is removed, at least once; what is handed out is invisible until its time is over.
 *
 * Nothing here assumes one process: an entry is known by its receipt alone, and every promise
 * resolves after what it says is durable.
 */
import type { Closeable } from '../../lib/lifetime.ts';

export interface NewEntry {
  /** The sender's own name of it; kept when it is moved. */
  readonly id: string;
  readonly body: Uint8Array;
  /** Kept beside the body and handed out with it; the queue does not read it. */
  readonly attributes?: string;
  /** Invisible for so long at first. */
  readonly delayMs?: number;
  /** The lanes of a queue take turns: one that is full does not delay another. */
  readonly lane?: string;
  /**
   * The entries of the lane are handed out in the order in which they were sent, and none of them
   * while an earlier one is delayed or has been handed out and is not removed.
   */
  readonly isOrdered?: boolean;
  /** A second entry with the key within the window is accepted and not kept. */
  readonly deduplication?: { readonly key: string; readonly windowMs: number };
}

export interface SentEntry {
  /** Of a duplicate: those of the entry that is there, or was. */
  readonly id: string;
  /** Grows with every entry; never given twice, also after a restart. */
  readonly sequence: number;
  readonly isDuplicate: boolean;
}

export interface ReceiveOptions {
  readonly most: number;
  readonly visibilityMs: number;
  /** Waits so long for a first entry; callers that wait are served in turn. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Entries that were sent longer ago are removed and not handed out. */
  readonly retentionMs?: number;
  /** An entry that was handed out so often goes to that queue instead. */
  readonly deadLetter?: { readonly queue: string; readonly afterReceives: number };
}

export interface ReceivedEntry {
  readonly id: string;
  readonly sequence: number;
  readonly receipt: string;
  readonly body: Uint8Array;
  readonly attributes: string;
  readonly lane: string;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  /** 1 at the first time. */
  readonly receiveCount: number;
  /** The queue that gave it up, where it was moved. */
  readonly movedFrom: string | undefined;
}

/**
 * `held`: the receipt is the entry's newest and its time is not over. `visible`: its time is over
 * and nobody has received it since. `replaced`: somebody has. `gone`: there is no such entry.
 */
export type ReceiptState = 'held' | 'visible' | 'replaced' | 'gone';

export interface QueueCounts {
  readonly visible: number;
  readonly delayed: number;
  readonly inFlight: number;
  /** When the oldest entry was sent that is not in flight. */
  readonly oldestSentAtMs: number | undefined;
}

export interface DurableQueue extends Closeable {
  /**
   * When what an earlier server left is known, or the queue is closed. Until then `send` accepts,
   * `counts` and `names` tell nothing yet, and everything else waits; where the disk does not let
   * it be known for now, everything else rejects.
   */
  readonly loaded: Promise<void>;
  /** All of them or none, in this order. */
  send(queue: string, entries: readonly NewEntry[]): Promise<readonly SentEntry[]>;
  /**
   * At once with what is visible, even if that is less than `most`; empty after `waitMs`. Bounded
   * by `most` alone: entries can be large.
   */
  receive(queue: string, options: ReceiveOptions): Promise<readonly ReceivedEntry[]>;
  receiptState(queue: string, receipt: string): Promise<ReceiptState>;
  /** Removes it where the receipt is `held` or `visible`; else nothing happens. */
  remove(queue: string, receipts: readonly string[]): Promise<readonly ReceiptState[]>;
  /** Where the receipt is `held`: invisible for so long from now, 0 makes it visible at once. */
  hold(queue: string, receipt: string, forMs: number): Promise<ReceiptState>;
  /**
   * Where the receipt is `held`: in nobody's hands any more, and delayed for so long, with these
   * attributes in the place of what was kept with it. The receipt is good no more.
   */
  postpone(
    queue: string,
    receipt: string,
    forMs: number,
    attributes: string,
  ): Promise<ReceiptState>;
  /**
   * Where the receipt is `held`: to the end of the other queue, as if it had been sent there now
   * and under this name.
   */
  move(queue: string, receipt: string, target: string, id: string): Promise<ReceiptState>;
  counts(queue: string): QueueCounts;
  /** Names of the queues that have entries. */
  names(): readonly string[];
  /**
   * What is in flight is visible now, and its receipts are good no more: for a consumer who knows
   * that all earlier ones have ended.
   */
  reclaim(queue: string): Promise<void>;
  /** Removes everything that has been sent; what is being deduplicated stays so. */
  purge(queue: string): Promise<void>;
  /** As `purge`, and forgets what was being deduplicated. */
  drop(queue: string): Promise<void>;
  /** Removes what was sent before that moment and is not in flight. */
  expire(queue: string, sentBeforeMs: number): Promise<number>;
  /**
   * Entries that were not what had been written: kept aside and reported when they are read, at the
   * latest when their turn comes; never handed out.
   */
  readonly quarantined: number;
}
