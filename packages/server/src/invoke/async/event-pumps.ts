/**
 * Takes asynchronous events out of their queues and has them performed. Each function has a queue
 * and a pump of its own, so a backlog of one is not in the way of another. How many events of a
 * function are performed at once is `Pace`'s decision.
 *
 * An event is invisible for a minute and kept so while it is performed: what a dead server had in
 * its hands is visible again to the next one.
 */
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { DurableQueue, ReceivedEntry } from '../../store/queue/durable-queue.ts';
import { Pace } from './pace.ts';

export interface EventPumpDeps {
  readonly queue: DurableQueue;
  /** Nothing is taken out before: what an earlier server had in its hands is being given back. */
  readonly ready: Promise<void>;
  /** Tries an event once, and removes or postpones it. */
  readonly perform: (place: string, entry: ReceivedEntry) => Promise<'tried' | 'throttled'>;
  readonly logger: Logger;
}

export interface EventPumps extends Closeable {
  /** There may be events. */
  wake(place: string): void;
}

const VISIBILITY_MS = 60_000;
const HEARTBEAT_MS = 20_000;
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
  readonly #running = new Set<Promise<void>>();
  readonly #pace = new Pace();

  constructor(deps: EventPumpDeps, place: string, stop: AbortSignal) {
    this.#deps = deps;
    this.#place = place;
    this.#stop = stop;
  }

  async run(): Promise<void> {
    await this.#deps.ready;
    while (!this.#stop.aborted) {
      if (this.#running.size >= this.#pace.limit) {
        await Promise.race(this.#running);
        continue;
      }
      const entries = await this.#receive();
      for (const entry of entries) {
        const running = this.#perform(entry).finally(() => this.#running.delete(running));
        this.#running.add(running);
      }
      const isIdle = entries.length === 0 && this.#running.size === 0;
      if (isIdle && !isWaiting(this.#deps.queue, this.#place)) return;
    }
    await Promise.allSettled(this.#running);
  }

  async #receive(): Promise<readonly ReceivedEntry[]> {
    try {
      return await this.#deps.queue.receive(this.#place, {
        most: this.#pace.limit - this.#running.size,
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

  async #perform(entry: ReceivedEntry): Promise<void> {
    const { queue, logger } = this.#deps;
    const heartbeat = setInterval(() => {
      queue.hold(this.#place, entry.receipt, VISIBILITY_MS).catch((error: unknown) => {
        logger.warn('an event could not be held', { queue: this.#place, id: entry.id, error });
      });
    }, HEARTBEAT_MS);
    const startedAt = performance.now();
    try {
      const result = await this.#deps.perform(this.#place, entry);
      if (result === 'tried') this.#pace.tried(performance.now() - startedAt);
      else this.#pace.throttled();
    } catch (error) {
      // It is visible again after its time and tried again then.
      if (!this.#stop.aborted) {
        logger.error('an event could not be performed', {
          queue: this.#place,
          id: entry.id,
          error,
        });
      }
    } finally {
      clearInterval(heartbeat);
    }
  }
}
