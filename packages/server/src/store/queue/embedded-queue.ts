/**
 * The port `DurableQueue` over a store and an index in memory. Each step on the index is
 * synchronous, so no entry is handed out twice at once; what a failed write had announced to the
 * index is taken back.
 */
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import { StaleWrite } from '../store.ts';
import { ContentCache } from './content-cache.ts';
import type { Deduplication } from './deduplication.ts';
import type {
  DurableQueue,
  NewEntry,
  QueueCounts,
  ReceiptState,
  ReceivedEntry,
  ReceiveOptions,
  SentEntry,
} from './durable-queue.ts';
import { HandOut } from './hand-out.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import { QueueIndex, type Taken } from './queue-index.ts';
import { contentChecksum, deleteStatement, moveStatement, updateStatement } from './queue-rows.ts';
import { newReceipt, Sending } from './sending.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';
import { WaitingLine } from './waiting-line.ts';
import { WriteRounds } from './write-rounds.ts';

export interface EmbeddedState {
  readonly numbers: SequenceNumbers;
  readonly keys: Deduplication;
  readonly quarantined: number;
}

/** Statements of one transaction where many entries go: others' writes come between. */
const STATEMENTS_AT_ONCE = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface OpenQueue {
  readonly index: QueueIndex;
  readonly waiting: WaitingLine<Taken>;
  timer: NodeJS.Timeout | undefined;
}

export class EmbeddedQueue implements DurableQueue {
  readonly #lifetime: Closeable;
  readonly #deps: DurableQueueDeps;
  readonly #keys: Deduplication;
  readonly #contents = new ContentCache();
  readonly #queues = new Map<string, OpenQueue>();
  readonly #rounds: WriteRounds;
  readonly #sending: Sending;
  readonly #handOut: HandOut;
  readonly #numbers: SequenceNumbers;
  #quarantined: number;
  #isClosed = false;

  constructor(deps: DurableQueueDeps, { numbers, keys, quarantined }: EmbeddedState) {
    this.#deps = deps;
    this.#keys = keys;
    this.#numbers = numbers;
    this.#quarantined = quarantined;
    this.#rounds = new WriteRounds(deps.store);
    this.#sending = new Sending(deps, keys, numbers, this.#rounds);
    this.#handOut = new HandOut(deps, this.#rounds, this.#contents, (entry) =>
      this.reportDamage(entry),
    );
    this.#lifetime = closeable(async () => {
      this.#isClosed = true;
      for (const { waiting, timer } of this.#queues.values()) {
        waiting.dismiss();
        clearTimeout(timer);
      }
    });
  }

  close(): Promise<void> {
    return this.#lifetime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get quarantined(): number {
    return this.#quarantined;
  }

  load(entry: QueueEntry): void {
    this.#open(entry.queue).index.add(entry);
  }

  reportDamage({ queue, id, sequence }: Pick<QueueEntry, 'queue' | 'id' | 'sequence'>): void {
    this.#quarantined += 1;
    this.#deps.logger.error('queue entry quarantined', { queue, id, sequence });
  }

  async send(queue: string, entries: readonly NewEntry[]): Promise<readonly SentEntry[]> {
    this.#refuseWhenClosed();
    const { sent, added } = await this.#sending.send(queue, entries);
    for (const { entry, content } of added) {
      this.#contents.keep(entry, content);
      this.#open(queue).index.add(entry);
    }
    this.#serve(queue);
    return sent;
  }

  async receive(queue: string, options: ReceiveOptions): Promise<readonly ReceivedEntry[]> {
    const untilMs = this.#deps.clock.monotonicMs() + (options.waitMs ?? 0);
    for (;;) {
      this.#refuseWhenClosed();
      const taken = this.#take(queue, options) ?? (await this.#wait(queue, options, untilMs));
      if (taken === undefined) return [];
      const received = await this.#finish(queue, options, taken);
      if (received.length > 0) return received;
    }
  }

  receiptState(queue: string, receipt: string): ReceiptState {
    const entry = this.#find(queue, receipt);
    if (entry === undefined) return 'gone';
    if (entry.receipt !== receipt) return 'replaced';
    return entry.state === 'in-flight' ? 'held' : 'visible';
  }

  async remove(queue: string, receipts: readonly string[]): Promise<readonly ReceiptState[]> {
    this.#refuseWhenClosed();
    const states: ReceiptState[] = [];
    const entries: QueueEntry[] = [];
    for (const receipt of receipts) {
      const state = this.receiptState(queue, receipt);
      states.push(state);
      const entry = this.#find(queue, receipt);
      if (entry === undefined || state === 'replaced') continue;
      entries.push(entry);
      // At once: nobody is to receive it while the deletion is on its way to the disk.
      this.#queues.get(queue)?.index.remove(entry);
    }
    await this.#delete(queue, entries);
    return states;
  }

  async hold(
    queue: string,
    receipt: string,
    forMs: number,
    attributes?: string,
  ): Promise<ReceiptState> {
    this.#refuseWhenClosed();
    const state = this.receiptState(queue, receipt);
    const entry = this.#find(queue, receipt);
    if (state !== 'held' || entry === undefined) return state;
    const { clock } = this.#deps;
    const dueMs = clock.monotonicMs() + forMs;
    const next = { ...entry, dueMs };
    if (attributes !== undefined) {
      const content = await this.#handOut.contentOf(entry);
      if (content === undefined) return 'gone';
      next.contentChecksum = contentChecksum({ ...content, attributes });
    }
    try {
      await this.#rounds.write([updateStatement(next, clock.nowMs() + forMs, attributes)]);
    } catch (error) {
      if (error instanceof StaleWrite) return 'gone';
      throw error;
    }
    // Read again where it is wanted: it was given other attributes.
    if (attributes !== undefined) this.#contents.drop(entry);
    entry.contentChecksum = next.contentChecksum;
    if (this.receiptState(queue, receipt) !== 'held') return 'held';
    const { index } = this.#open(queue);
    if (forMs > 0) index.keepUntil(entry, dueMs);
    else index.show(entry);
    this.#serve(queue);
    return 'held';
  }

  async move(queue: string, receipt: string, target: string, id: string): Promise<ReceiptState> {
    this.#refuseWhenClosed();
    const state = this.receiptState(queue, receipt);
    const entry = this.#find(queue, receipt);
    if (state !== 'held' || entry === undefined) return state;
    const { sequence, reservation } = this.#numbers.next();
    const nowMs = this.#deps.clock.nowMs();
    const moved: QueueEntry = {
      ...entry,
      sequence,
      id,
      queue: target,
      sentAtMs: nowMs,
      movedFrom: queue,
      receiveCount: 0,
      firstReceivedAtMs: 0,
      receipt: '',
      state: 'visible',
      dueMs: 0,
    };
    await this.#rounds.write([...reservation, moveStatement(entry, moved, nowMs)]);
    this.#queues.get(queue)?.index.remove(entry);
    this.#contents.drop(entry);
    this.load(moved);
    this.#serve(queue);
    this.#serve(target);
    return 'held';
  }

  counts(queue: string): QueueCounts {
    const open = this.#queues.get(queue);
    open?.index.advance(this.#deps.clock.monotonicMs());
    return (
      open?.index.counts() ?? { visible: 0, delayed: 0, inFlight: 0, oldestSentAtMs: undefined }
    );
  }

  names(): readonly string[] {
    return [...this.#queues].filter(([, { index }]) => index.size > 0).map(([name]) => name);
  }

  async reclaim(queue: string): Promise<void> {
    this.#refuseWhenClosed();
    const index = this.#queues.get(queue)?.index;
    const held = [...(index?.entries() ?? [])].filter(({ state }) => state === 'in-flight');
    const nowMs = this.#deps.clock.nowMs();
    for (let from = 0; from < held.length; from += STATEMENTS_AT_ONCE) {
      const entries = held.slice(from, from + STATEMENTS_AT_ONCE);
      const next = entries.map((entry) => ({ ...entry, receipt: newReceipt(entry.sequence) }));
      await this.#deps.store.write(next.map((entry) => updateStatement(entry, nowMs)));
      for (const [at, entry] of entries.entries()) {
        entry.receipt = next[at]?.receipt ?? '';
        index?.show(entry);
      }
    }
    this.#serve(queue);
  }

  async purge(queue: string): Promise<void> {
    this.#refuseWhenClosed();
    await this.#removeAll(queue, () => true);
  }

  async drop(queue: string): Promise<void> {
    await this.purge(queue);
    this.#keys.drop(queue);
    const sql = 'DELETE FROM queue_deduplication WHERE queue = ?';
    await this.#deps.store.write([{ sql, params: [queue] }]);
  }

  expire(queue: string, sentBeforeMs: number): Promise<number> {
    this.#refuseWhenClosed();
    return this.#removeAll(
      queue,
      ({ state, sentAtMs }) => state !== 'in-flight' && sentAtMs < sentBeforeMs,
    );
  }

  async #removeAll(queue: string, chosen: (entry: QueueEntry) => boolean): Promise<number> {
    const index = this.#queues.get(queue)?.index;
    const entries = [...(index?.entries() ?? [])].filter(chosen);
    for (const entry of entries) index?.remove(entry);
    for (let from = 0; from < entries.length; from += STATEMENTS_AT_ONCE) {
      await this.#delete(queue, entries.slice(from, from + STATEMENTS_AT_ONCE));
    }
    return entries.length;
  }

  /** The index has forgotten them already. */
  async #delete(queue: string, entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#rounds.write([deleteStatement(entries)]);
    } catch (error) {
      for (const entry of entries) {
        entry.state = 'visible';
        this.load(entry);
      }
      throw error;
    }
    for (const entry of entries) this.#contents.drop(entry);
    this.#serve(queue);
  }

  #take(queue: string, options: ReceiveOptions): Taken | undefined {
    const open = this.#queues.get(queue);
    if (open === undefined) return undefined;
    open.index.advance(this.#deps.clock.monotonicMs());
    const taken = open.index.take(options.most, (entry) => this.#handOut.isDue(entry, options));
    if (taken.accepted.length === 0 && taken.refused.length === 0) return undefined;
    for (const entry of taken.accepted) {
      open.index.keepUntil(entry, this.#deps.clock.monotonicMs() + options.visibilityMs);
    }
    return taken;
  }

  async #wait(queue: string, options: ReceiveOptions, untilMs: number): Promise<Taken | undefined> {
    const forMs = untilMs - this.#deps.clock.monotonicMs();
    if (forMs <= 0) return undefined;
    const open = this.#open(queue);
    const waiting = open.waiting.wait(() => this.#take(queue, options), forMs, options.signal);
    this.#arm(queue, open);
    const taken = await waiting;
    this.#forgetIfEmpty(queue);
    return taken;
  }

  async #finish(
    queue: string,
    options: ReceiveOptions,
    taken: Taken,
  ): Promise<readonly ReceivedEntry[]> {
    const { index } = this.#open(queue);
    try {
      const done = await this.#handOut.perform(taken, options, this.#numbers);
      for (const entry of done.gone) index.remove(entry);
      for (const entry of done.moved) this.load(entry);
      for (const name of new Set(done.moved.map((entry) => entry.queue))) this.#serve(name);
      return done.received;
    } catch (error) {
      for (const entry of [...taken.accepted, ...taken.refused]) {
        index.show(entry);
        // Read again, and found missing where something else has removed its row.
        this.#contents.drop(entry);
      }
      // An entry was removed at the same moment: the others are there for another try.
      if (error instanceof StaleWrite) return [];
      throw error;
    } finally {
      this.#serve(queue);
    }
  }

  /** Entries may be there for those who wait; and some will be, in time. */
  #serve(queue: string): void {
    const open = this.#queues.get(queue);
    if (open === undefined) return;
    open.waiting.serve();
    this.#arm(queue, open);
    this.#forgetIfEmpty(queue);
  }

  /** A timer only where somebody waits: else time passes when it is asked for. */
  #arm(queue: string, open: OpenQueue): void {
    clearTimeout(open.timer);
    open.timer = undefined;
    if (open.waiting.isEmpty || this.#isClosed) return;
    // Not made visible here, though it may be due by now: nobody would be served with it.
    const { nextDueMs } = open.index;
    if (nextDueMs === undefined) return;
    const leftMs = Math.ceil(nextDueMs - this.#deps.clock.monotonicMs());
    const forMs = Math.min(LONGEST_TIMER_MS, Math.max(1, leftMs));
    open.timer = setTimeout(() => this.#serve(queue), forMs);
  }

  #find(queue: string, receipt: string): QueueEntry | undefined {
    return this.#queues.get(queue)?.index.find(Number(receipt.split('-', 1)[0]));
  }

  #open(queue: string): OpenQueue {
    let open = this.#queues.get(queue);
    if (open === undefined) {
      open = { index: new QueueIndex(), waiting: new WaitingLine(), timer: undefined };
      this.#queues.set(queue, open);
    }
    return open;
  }

  #forgetIfEmpty(queue: string): void {
    const open = this.#queues.get(queue);
    if (open === undefined || open.index.size > 0 || !open.waiting.isEmpty) return;
    clearTimeout(open.timer);
    this.#queues.delete(queue);
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw new Error('The queue is closed.');
  }
}
