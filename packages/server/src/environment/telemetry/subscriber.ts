/**
 * One extension's subscription while it is served: collects events into a batch, sends one batch
 * at a time, and tries again when nobody takes it. However slow or hostile the receiver is, it
 * costs two batches of memory at most: what does not fit is dropped, counted and told.
 *
 * There is no time limit on an answer: a receiver may be frozen between two invocations for as
 * long as nobody calls the function.
 */
import type { LogsDroppedRecord } from '../log/platform-event.ts';
import type { Buffering } from './subscription.ts';

/** Where batches go. `send` rejects when the batch was not taken; after `close` always. */
export interface Delivery {
  send(events: readonly string[]): Promise<void>;
  close(): void;
}

interface Batch {
  readonly events: readonly string[];
  /** What was lost while it was filled. */
  readonly droppedRecords: number;
  readonly droppedBytes: number;
}

export interface SubscriberOptions {
  readonly buffering: Buffering;
  readonly delivery: Delivery;
  /** The event that tells of a loss; undefined where this subscriber takes no such events. */
  readonly lossEvent: (record: LogsDroppedRecord) => string | undefined;
}

/** AWS: the words of its guide. */
export const LOSS_REASON =
  'Some logs were dropped because the downstream consumer is slower than the logs production rate';
/**
 * The platform's own events may still go into a batch that the function's output has filled: an
 * extension that waits for platform.runtimeDone would wait for ever.
 */
const RESERVE_BYTES = 65_536;
/** Between two attempts; AWS says that there is a backoff, not how long. */
const BACKOFF_MS = [10, 50, 100, 200, 400, 800, 1_600, 2_000, 2_000] as const;

export class Subscriber {
  readonly #options: SubscriberOptions;
  #batch: string[] = [];
  #batchBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The batch has waited for its time. */
  #isDue = false;
  #droppedRecords = 0;
  #droppedBytes = 0;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  #endPause: (() => void) | undefined;

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  push(event: string, isPlatform: boolean): void {
    if (this.#isClosed) return;
    const sizeBytes = Buffer.byteLength(event);
    if (!this.#hasRoom(sizeBytes, isPlatform)) {
      this.#droppedRecords += 1;
      this.#droppedBytes += sizeBytes;
      return;
    }
    this.#batch.push(event);
    this.#batchBytes += sizeBytes;
    if (this.#isFull) this.#send();
    else this.#timer ??= setTimeout(() => this.#onTime(), this.#options.buffering.timeoutMs);
  }

  /** Sends what there is; resolves when it was taken or given up. */
  async flush(): Promise<void> {
    this.#isDue = true;
    this.#send();
    await this.#sending;
  }

  /** Whatever was not delivered is lost. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#endPause?.();
    this.#options.delivery.close();
    this.#batch = [];
    this.#batchBytes = 0;
  }

  /** A batch that can be sent takes any event; one that has to wait takes what fits. */
  #hasRoom(sizeBytes: number, isPlatform: boolean): boolean {
    if (this.#sending === undefined || this.#batch.length === 0) return true;
    const { maxBytes, maxItems } = this.#options.buffering;
    const reserveBytes = isPlatform ? RESERVE_BYTES : 0;
    return (
      this.#batchBytes + sizeBytes <= maxBytes + reserveBytes &&
      (isPlatform || this.#batch.length < maxItems)
    );
  }

  get #isFull(): boolean {
    const { maxBytes, maxItems } = this.#options.buffering;
    return this.#batchBytes >= maxBytes || this.#batch.length >= maxItems;
  }

  #onTime(): void {
    this.#isDue = true;
    this.#send();
  }

  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#isFull && this.#batch.length > 0) this.#send();
    });
  }

  async #sendAll(): Promise<void> {
    // A batch during which something was lost is at its end as well: nothing more fits.
    while (this.#batch.length > 0 && (this.#isDue || this.#isFull || this.#droppedRecords > 0)) {
      await this.#deliver(this.#take());
      if (this.#isClosed) return;
    }
    this.#isDue = false;
  }

  #take(): Batch {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    const batch = {
      events: this.#batch,
      droppedRecords: this.#droppedRecords,
      droppedBytes: this.#droppedBytes,
    };
    this.#batch = [];
    this.#batchBytes = 0;
    this.#droppedRecords = 0;
    this.#droppedBytes = 0;
    return batch;
  }

  async #deliver({ events, droppedRecords, droppedBytes }: Batch): Promise<void> {
    const loss =
      droppedRecords === 0
        ? undefined
        : this.#options.lossEvent({ droppedBytes, droppedRecords, reason: LOSS_REASON });
    const all = loss === undefined ? events : [...events, loss];
    for (const backoffMs of [...BACKOFF_MS, undefined]) {
      try {
        await this.#options.delivery.send(all);
        return;
      } catch {
        // Nobody listens, or whoever listens refused: the same, a little later.
        if (this.#isClosed) return;
        if (backoffMs !== undefined) await this.#pause(backoffMs);
        if (this.#isClosed) return;
      }
    }
    // Told with the next event: until then there is probably still nobody to tell.
    this.#droppedRecords += droppedRecords + events.length;
    this.#droppedBytes += droppedBytes;
    for (const event of events) this.#droppedBytes += Buffer.byteLength(event);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#endPause = resolve;
    await promise;
    clearTimeout(timer);
    this.#endPause = undefined;
  }
}
