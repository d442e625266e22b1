/**
 * Takes asynchronous events out of their queues and has them performed. Each function has a queue
 * and a pump of its own, so a backlog of one is not in the way of another. How many events of a
 * function are performed at once is `Pace`'s decision.
 *
 * An event is invisible for a minute and kept so while it is in the pump's hands: what a dead server
 * had in its hands is visible again to the next one. A few are taken out before their turn, and a place is
 * free as soon as the function has answered: no invocation waits for the disk to take note of others.
 */
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { DurableQueue, ReceivedEntry } from '../../store/queue/durable-queue.ts';
import { Pace } from './pace.ts';

export interface EventPumpDeps {
  readonly queue: DurableQueue;
  /** Nothing is taken out before: what an earlier server had in its hands is being given back. */
  readonly ready: Promise<void>;
  /**
   * Tries an event once, and removes or postpones it. `onTried` is called when the function has
   * answered or is not asked: what follows needs no place.
   */
  readonly perform: (
    place: string,
    entry: ReceivedEntry,
    onTried: (how: HowTried) => void,
  ) => Promise<void>;
  readonly logger: Logger;
}

/** `not tried`: its end is told, without the function. */
export type HowTried = 'tried' | 'throttled' | 'not tried';

export interface EventPumps extends Closeable {
  /** There may be events. */
  wake(place: string): void;
}

const VISIBILITY_MS = 60_000;
const HEARTBEAT_MS = 20_000;
/** So many events beyond those that are performed are in a pump's hands: before or after that. */
const AHEAD = 16;
/** How long an idle pump waits before it ends; the next event starts another. */
const IDLE_MS = 20_000;
/** Pause after a fault of the disk. */
const FAULT_PAUSE_MS = 1_000;
const CLOSE_GRACE_MS = 3_000;

export function createEventPumps(deps: EventPumpDeps): EventPumps {
  const pumps = new Map<string, Pump>();
  const stop = new AbortController();
  const wake = (place: string): void => {
    if (stop.signal.aborted || pumps.has(place)) return;
    const pump = new Pump(deps, place, stop.signal);
    pumps.set(place, pump);
    pump.ended = pump.run().finally(() => {
      pumps.delete(place);
      // What came between its last look and now.
      if (isWaiting(deps.queue, place)) wake(place);
    });
  };
  return {
    wake,
    ...closeable(async () => {
      stop.abort();
      const ends = [...pumps.values()].map((pump) => pump.ended);
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(() => grace.resolve(), CLOSE_GRACE_MS);
      // What is still running then is ended with its environment, and performed again later.
      await Promise.race([Promise.allSettled(ends), grace.promise]);
      clearTimeout(timer);
    }),
  };
}

function isWaiting(queue: DurableQueue, place: string): boolean {
  const { visible, delayed, inFlight } = queue.counts(place);
  return visible + delayed + inFlight > 0;
}

class Pump {
  ended: Promise<void> = Promise.resolve();
  readonly #deps: EventPumpDeps;
  readonly #place: string;
  readonly #stop: AbortSignal;
  readonly #pace = new Pace();
  /** Received and not begun yet. */
  readonly #ahead: ReceivedEntry[] = [];
  /** These, and those that the function has: kept invisible. */
  readonly #untried = new Set<ReceivedEntry>();
  /** Received, and neither removed nor postponed yet. */
  #inHands = 0;
  readonly #performing = new Set<Promise<void>>();
  /** Events that the function has right now. */
  #running = 0;
  #change = Promise.withResolvers<void>();

  constructor(deps: EventPumpDeps, place: string, stop: AbortSignal) {
    this.#deps = deps;
    this.#place = place;
    this.#stop = stop;
  }

  async run(): Promise<void> {
    await this.#deps.ready;
    const heartbeat = setInterval(() => this.#holdAll(), HEARTBEAT_MS);
    try {
      await this.#receiveUntilIdle();
      await Promise.allSettled(this.#performing);
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #receiveUntilIdle(): Promise<void> {
    while (!this.#stop.aborted) {
      const most = this.#pace.limit + AHEAD - this.#inHands;
      if (most <= 0 || this.#ahead.length > AHEAD / 2) {
        await this.#change.promise;
        continue;
      }
      const entries = await this.#receive(most);
      for (const entry of entries) this.#untried.add(entry);
      this.#ahead.push(...entries);
      this.#inHands += entries.length;
      this.#begin();
      const isIdle = entries.length === 0 && this.#inHands === 0;
      if (isIdle && !isWaiting(this.#deps.queue, this.#place)) return;
    }
  }

  async #receive(most: number): Promise<readonly ReceivedEntry[]> {
    try {
      return await this.#deps.queue.receive(this.#place, {
        most,
        visibilityMs: VISIBILITY_MS,
        waitMs: IDLE_MS,
        signal: this.#stop,
      });
    } catch (error) {
      if (this.#stop.aborted) return [];
      this.#deps.logger.error('events could not be received', { queue: this.#place, error });
      await new Promise((resolve) => setTimeout(resolve, FAULT_PAUSE_MS));
      return [];
    }
  }

  /** As many as the pace allows. What has not begun when the server ends is the next one's. */
  #begin(): void {
    while (this.#running < this.#pace.limit && !this.#stop.aborted) {
      const entry = this.#ahead.shift();
      if (entry === undefined) return;
      const performing = this.#perform(entry).finally(() => this.#performing.delete(performing));
      this.#performing.add(performing);
    }
  }

  async #perform(entry: ReceivedEntry): Promise<void> {
    const { queue, logger } = this.#deps;
    let isRunning = true;
    this.#running += 1;
    const leave = (): void => {
      if (isRunning) this.#running -= 1;
      isRunning = false;
      this.#begin();
      this.#tellChange();
    };
    try {
      // The queue may have been emptied since it was taken out: with its function, for one.
      if ((await queue.receiptState(this.#place, entry.receipt)) !== 'held') return;
      const startedAt = performance.now();
      await this.#deps.perform(this.#place, entry, (how) => {
        const isFull = this.#running >= this.#pace.limit;
        if (how === 'tried') this.#pace.tried(performance.now() - startedAt, isFull);
        else if (how === 'throttled') this.#pace.throttled();
        this.#untried.delete(entry);
        leave();
      });
    } catch (error) {
      // It is visible again after its time and tried again then.
      if (!this.#stop.aborted) {
        const { id } = entry;
        logger.error('an event could not be performed', { queue: this.#place, id, error });
      }
    } finally {
      this.#untried.delete(entry);
      this.#inHands -= 1;
      leave();
    }
  }

  #tellChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #holdAll(): void {
    const { queue, logger } = this.#deps;
    for (const { id, receipt } of this.#untried) {
      queue.hold(this.#place, receipt, VISIBILITY_MS).catch((error: unknown) => {
        logger.warn('an event could not be held', { queue: this.#place, id, error });
      });
    }
  }
}
