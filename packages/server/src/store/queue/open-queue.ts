/** One queue of the embedded implementation: what is in memory of it, and who waits. */
import { Backlog, isPlain } from './backlog.ts';
import type { QueueCounts } from './durable-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import { QueueIndex, type Taken } from './queue-index.ts';
import { WaitingLine } from './waiting-line.ts';

export class OpenQueue {
  readonly index = new QueueIndex();
  readonly backlog = new Backlog();
  readonly waiting = new WaitingLine<Taken>();
  timer: NodeJS.Timeout | undefined;
  /** While the next stretch of the backlog is being read. */
  refilling: Promise<void> | undefined;
  readonly #mostVisible: number;

  /** So many visible entries are in the index; of those behind them only their numbers are kept. */
  constructor(mostVisible: number) {
    this.#mostVisible = mostVisible;
  }

  get isEmpty(): boolean {
    return this.index.size === 0 && this.backlog.count === 0;
  }

  /** A new entry. False: nothing but its number was kept. */
  admit(entry: QueueEntry): boolean {
    const isFull = this.backlog.count > 0 || this.index.visible >= this.#mostVisible;
    if (isFull && isPlain(entry)) {
      this.backlog.add(entry);
      return false;
    }
    this.index.add(entry);
    return true;
  }

  counts(): QueueCounts {
    const { visible, delayed, inFlight, oldestSentAtMs } = this.index.counts();
    const ages = [oldestSentAtMs, this.backlog.oldestSentAtMs].filter((each) => each !== undefined);
    return {
      visible: visible + this.backlog.count,
      delayed,
      inFlight,
      oldestSentAtMs: ages.length === 0 ? undefined : Math.min(...ages),
    };
  }
}
