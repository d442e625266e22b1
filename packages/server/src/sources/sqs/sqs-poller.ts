/**
 * The poller of an SQS queue: so many *takers* as batches may be under way at once, each of which
 * takes a batch, has the function invoked with it, removes what is done with, and begins again.
 *
 * AWS (with-sqs, services-sqs-errorhandling): messages of a batch that failed are left to their
 * visibility timeout and, in the end, to the queue's redrive policy; a batch that was throttled is
 * tried again with growing pauses until then. The order of a FIFO queue is the queue's own: while a
 * message of a group is in flight it hands out no other one of it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { Semaphore } from '../../lib/semaphore.ts';
import { batchOf, isFull, splitBySize } from '../batch-event.ts';
import { failedItems } from '../item-failures.ts';
import type {
  Batch,
  BatchOutcome,
  BatchTarget,
  Poller,
  PollerSettings,
  PollTrouble,
} from '../poller.ts';
import { BatchLimit } from './batch-limit.ts';
import type { QueuedMessage } from './message-record.ts';
import { MESSAGES_PER_REQUEST, QueueClient, type QueueClientDeps } from './queue-client.ts';

export interface SqsPollerDeps extends QueueClientDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** AWS: the longest that SQS lets a caller wait. */
const LONGEST_WAIT_SECONDS = 20;
/** Between looks for more messages in the last second of a window, which SQS cannot wait for. */
const LOOK_MS = 200;
/** A queue that answers at once instead of waiting is asked again after that. */
const EMPTY_PAUSE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

export function startSqsPoller(
  deps: SqsPollerDeps,
  queueArn: string,
  target: BatchTarget,
  settings: PollerSettings,
): Poller {
  const poller = new SqsPoller(deps, queueArn, target, settings);
  poller.fill();
  return {
    reconfigure: (next) => poller.reconfigure(next),
    get trouble() {
      return poller.trouble;
    },
    ...closeable(() => poller.end()),
  };
}

class SqsPoller {
  readonly #deps: SqsPollerDeps;
  readonly #target: BatchTarget;
  readonly #queue: QueueClient;
  readonly #limit = new BatchLimit();
  readonly #takers = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** A batch that may wait for its messages would share them with others that do. */
  readonly #collecting = new Semaphore(1);
  #settings: PollerSettings;
  /** Ends waits that were begun with earlier settings. */
  #outdated = new AbortController();
  /** Takers that hold no batch. */
  #waiting = 0;
  #trouble: PollTrouble | undefined;

  constructor(
    deps: SqsPollerDeps,
    queueArn: string,
    target: BatchTarget,
    settings: PollerSettings,
  ) {
    this.#deps = { ...deps, logger: deps.logger.with({ queue: queueArn }) };
    this.#target = target;
    this.#queue = new QueueClient(deps, queueArn, target);
    this.#settings = settings;
  }

  reconfigure(settings: PollerSettings): void {
    this.#settings = settings;
    this.#outdated.abort();
    this.#outdated = new AbortController();
    this.fill();
  }

  get trouble(): PollTrouble | undefined {
    return this.#trouble;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#takers);
  }

  /** As many takers as there may be. */
  fill(): void {
    while (!this.#stop.signal.aborted && this.#takers.size < this.#most) {
      const taker = this.#take()
        .catch(async (error: unknown) => {
          // A fault of ours in one mapping: its messages come again, and nothing else stops for it.
          this.#deps.logger.error('a batch could not be performed', { error });
          await this.#pause(FIRST_RETRY_MS);
        })
        .finally(() => {
          this.#takers.delete(taker);
          // Several that saw at once that they were too many may have ended all.
          this.fill();
        });
      this.#takers.add(taker);
    }
  }

  get #most(): number {
    return this.#limit.current(this.#settings.maximumConcurrency);
  }

  async #take(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#takers.size <= this.#most) {
      this.#waiting += 1;
      const taken = await this.#collect().finally(() => {
        this.#waiting -= 1;
      });
      for (const messages of splitBySize(taken.messages)) {
        await this.#perform(messages, taken.receivedAtMs);
      }
    }
  }

  async #collect(): Promise<Taken> {
    const release = this.#settings.windowMs === 0 ? undefined : await this.#collecting.acquire();
    const { batchSize, windowMs } = this.#settings;
    const messages: QueuedMessage[] = [];
    let receivedAtMs = 0;
    let bytes = 0;
    try {
      do {
        const leftMs = receivedAtMs + windowMs - this.#nowMs;
        const isFirst = messages.length === 0;
        const leftSeconds = isFirst ? LONGEST_WAIT_SECONDS : Math.floor(leftMs / 1_000);
        const waitSeconds = Math.max(0, Math.min(leftSeconds, LONGEST_WAIT_SECONDS));
        const some = await this.#receive(batchSize - messages.length, waitSeconds);
        if (isFirst) receivedAtMs = this.#nowMs;
        messages.push(...some);
        bytes += some.reduce((total, { text }) => total + Buffer.byteLength(text), 0);
        // A batch that is begun looks for more now and then.
        if (!isFirst && some.length === 0) await this.#pause(Math.min(LOOK_MS, leftMs));
      } while (
        messages.length > 0 &&
        messages.length < batchSize &&
        !isFull(bytes) &&
        this.#nowMs < receivedAtMs + windowMs &&
        !this.#stop.signal.aborted
      );
      return { messages, receivedAtMs };
    } finally {
      release?.();
    }
  }

  /** What the filter lets through; the rest is removed. */
  async #receive(wanted: number, waitSeconds: number): Promise<readonly QueuedMessage[]> {
    if (this.#stop.signal.aborted) return [];
    if (this.#target.role() === undefined) {
      await this.#note(new Error('There is no such function.'));
      return [];
    }
    const { accepts } = this.#settings.filter;
    const startedAtMs = this.#nowMs;
    const signal = AbortSignal.any([this.#stop.signal, this.#outdated.signal]);
    try {
      const most = Math.min(wanted, MESSAGES_PER_REQUEST);
      const waitMs = waitSeconds * 1_000;
      const received = await this.#queue.receive(most, waitSeconds, signal);
      this.#trouble = undefined;
      if (received.length === most) this.#noteBacklog();
      if (received.length === 0) {
        if (waitSeconds > 0) this.#limit.idle();
        const isEarly = this.#nowMs - startedAtMs < waitMs / 2;
        if (isEarly && !signal.aborted) await this.#pause(EMPTY_PAUSE_MS);
      }
      if (accepts === undefined) return received;
      const [kept, dropped] = divide(received, ({ filtered }) => accepts(filtered));
      await this.#remove(dropped);
      return kept;
    } catch (error) {
      if (!signal.aborted) await this.#note(error);
      return [];
    }
  }

  #noteBacklog(): void {
    // This one is about to have a batch.
    if (this.#waiting > 1) return;
    this.#limit.backlog(this.#nowMs);
    this.fill();
  }

  /** Tells once that the queue cannot be read, until it can be again. */
  async #note(error: unknown): Promise<void> {
    const { logger, clock } = this.#deps;
    if (this.#trouble === undefined) logger.warn('a queue could not be polled', { error });
    this.#trouble = {
      reason: error instanceof Error ? error.message : String(error),
      sinceMs: this.#trouble?.sinceMs ?? clock.nowMs(),
    };
    await this.#pause(FIRST_RETRY_MS);
  }

  async #perform(messages: readonly QueuedMessage[], receivedAtMs: number): Promise<void> {
    const isLooping = ({ traceHeader }: QueuedMessage): boolean =>
      traceHeader !== undefined && this.#target.isLooping(traceHeader);
    const [looping, batch] = divide(messages, isLooping);
    // They are left to the queue, which gives them to its dead-letter queue in the end.
    for (const { id } of looping) this.#deps.logger.warn('a message is in a loop', { id });
    if (batch.length === 0) return;
    const { reportsItemFailures } = this.#settings;
    const outcome = await this.#invoke(batchOf(batch), receivedAtMs);
    if (outcome.kind !== 'succeeded') return;
    const failed = reportsItemFailures
      ? failedItems(outcome.answer, new Set(batch.map(({ id }) => id)))
      : new Set<string>();
    if (failed.size > 0) this.#limit.failed();
    await this.#remove(batch.filter(({ id }) => !failed.has(id)));
    this.fill();
  }

  /** Until it ran, or the messages are about to be visible again. */
  async #invoke(batch: Batch, receivedAtMs: number): Promise<BatchOutcome> {
    let pauseMs = FIRST_RETRY_MS;
    for (;;) {
      const startedAtMs = this.#nowMs;
      const outcome = await this.#target.invoke(batch);
      if (outcome.kind === 'succeeded') this.#limit.succeeded(this.#nowMs - startedAtMs);
      if (outcome.kind === 'failed') this.#limit.failed();
      if (outcome.kind !== 'refused') return outcome;
      this.#limit.refused();
      const untilMs = receivedAtMs + (await this.#visibilityMs());
      const isOver = this.#nowMs + pauseMs >= untilMs;
      await this.#pause(isOver ? Math.max(untilMs - this.#nowMs, FIRST_RETRY_MS) : pauseMs);
      if (isOver || this.#stop.signal.aborted) return outcome;
      pauseMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS);
    }
  }

  async #visibilityMs(): Promise<number> {
    try {
      return await this.#queue.visibilityMs();
    } catch {
      // The queue or the right is gone: then nothing more is tried with them.
      return 0;
    }
  }

  async #remove(messages: readonly QueuedMessage[]): Promise<void> {
    if (messages.length === 0) return;
    try {
      const left = await this.#queue.remove(messages);
      if (left > 0) this.#deps.logger.warn('messages were not removed', { count: left });
    } catch (error) {
      // They come again, as those of a server that ended now would.
      this.#deps.logger.warn('messages could not be removed', { count: messages.length, error });
    }
  }

  /** Ends early when the poller does. */
  async #pause(forMs: number): Promise<void> {
    if (forMs <= 0 || this.#stop.signal.aborted) return;
    await pause(forMs, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  get #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}

interface Taken {
  readonly messages: readonly QueuedMessage[];
  /** When the first of them was received. */
  readonly receivedAtMs: number;
}

function divide<Each>(
  all: readonly Each[],
  isOne: (each: Each) => boolean,
): readonly [ones: Each[], others: Each[]] {
  const ones: Each[] = [];
  const others: Each[] = [];
  for (const each of all) (isOne(each) ? ones : others).push(each);
  return [ones, others];
}
