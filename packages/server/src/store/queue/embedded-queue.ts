/**
 * The port `DurableQueue` over a store and an index in memory. Each step on the index is
 * synchronous, so no entry is handed out twice at once; what a failed write had announced to the
 * index is taken back.
 */
import { closeable, type Closeable } from '../../lib/lifetime.ts';
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
import { loadQueues } from './load-queues.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import { OpenQueue } from './open-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { Taken } from './queue-index.ts';
import { contentChecksum, moveStatement, updateStatement } from './queue-rows.ts';
import { Refill } from './refill.ts';
import { ENTRIES_AT_ONCE, Removing } from './removing.ts';
import { newReceipt, Sending } from './sending.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';

export interface EmbeddedState {
  readonly numbers: SequenceNumbers;
  readonly keys: Deduplication;
  readonly quarantined: number;
}

/** Some 6 MB of a queue. */
const MOST_VISIBLE = 20_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type DamagedEntry = Pick<QueueEntry, 'queue' | 'id' | 'sequence'>;

export class EmbeddedQueue implements DurableQueue {
  readonly #lifetime: Closeable;
  readonly #deps: DurableQueueDeps;
  readonly #ending = new AbortController();
  readonly #keys: Deduplication;
  readonly #contents = new ContentCache();
  readonly #queues = new Map<string, OpenQueue>();
  readonly #sending: Sending;
  readonly #handOut: HandOut;
  readonly #refill: Refill;
  readonly #removing: Removing;
  readonly #numbers: SequenceNumbers;
  /** Taken, with the receipt of somebody whose time is over. */
  readonly #changingHands = new Set<QueueEntry>();
  #loading: Promise<void> = Promise.resolve();
  /** Sent while earlier ones were not known yet. */
  #early: QueueEntry[] | undefined = [];
  #quarantined: number;
  /** Why the earlier ones are not known yet, where that could not be read. */
  #trouble: unknown;

  constructor(deps: DurableQueueDeps, { numbers, keys, quarantined }: EmbeddedState) {
    this.#deps = deps;
    this.#keys = keys;
    this.#numbers = numbers;
    this.#quarantined = quarantined;
    this.#sending = new Sending(deps, keys, numbers);
    this.#handOut = new HandOut(deps, this.#contents, (entry) => this.#reportDamage(entry));
    this.#refill = new Refill(deps, (row) => this.#reportDamage(row));
    this.#removing = new Removing(deps, this.#contents, this.#refill, {
      find: (queue) => this.#queues.get(queue),
      open: (queue) => this.#open(queue),
      serve: (queue) => this.#serve(queue),
    });
    this.#lifetime = closeable(async () => {
      this.#ending.abort();
      for (const { waiting, timer } of this.#queues.values()) {
        waiting.dismiss();
        clearTimeout(timer);
      }
      await this.#loading;
    });
  }

  /** Called once. */
  startLoading(): void {
    this.#loading = this.#load();
  }

  get loaded(): Promise<void> {
    return this.#loading;
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

  #reportDamage({ queue, id, sequence }: DamagedEntry): void {
    this.#quarantined += 1;
    this.#deps.logger.error('queue entry quarantined', { queue, id, sequence });
  }

  async send(queue: string, entries: readonly NewEntry[]): Promise<readonly SentEntry[]> {
    this.#refuseWhenClosed();
    const { sent, added, written } = this.#sending.send(queue, entries);
    await written;
    if (this.#early === undefined) this.#admit(queue, added);
    else this.#early.push(...added);
    return sent;
  }

  async receive(queue: string, options: ReceiveOptions): Promise<readonly ReceivedEntry[]> {
    const untilMs = this.#deps.clock.monotonicMs() + (options.waitMs ?? 0);
    for (;;) {
      await this.#ready();
      await this.#refill.perform(queue, this.#queues.get(queue), options.most);
      const taken = this.#take(queue, options) ?? (await this.#wait(queue, options, untilMs));
      if (taken === undefined) return [];
      const received = await this.#finish(queue, options, taken);
      if (received.length > 0) return received;
    }
  }

  async receiptState(queue: string, receipt: string): Promise<ReceiptState> {
    await this.#ready();
    return this.#stateOf(queue, receipt);
  }

  #stateOf(queue: string, receipt: string): ReceiptState {
    const held = this.#held(queue, receipt);
    return typeof held === 'string' ? held : 'held';
  }

  /** The entry, where the receipt is `held`. */
  #held(queue: string, receipt: string): QueueEntry | Exclude<ReceiptState, 'held'> {
    const entry = this.#find(queue, receipt);
    if (entry === undefined) return 'gone';
    if (entry.receipt !== receipt) return 'replaced';
    const isHeld = entry.state === 'in-flight' && !this.#changingHands.has(entry);
    return isHeld ? entry : 'visible';
  }

  async remove(queue: string, receipts: readonly string[]): Promise<readonly ReceiptState[]> {
    await this.#ready();
    const states: ReceiptState[] = [];
    const entries: QueueEntry[] = [];
    for (const receipt of receipts) {
      const state = this.#stateOf(queue, receipt);
      states.push(state);
      const entry = this.#find(queue, receipt);
      if (entry === undefined || state === 'replaced') continue;
      entries.push(entry);
      // At once: nobody is to receive it while the deletion is on its way to the disk.
      this.#queues.get(queue)?.index.remove(entry);
    }
    await this.#removing.remove(queue, entries);
    return states;
  }

  async hold(queue: string, receipt: string, forMs: number): Promise<ReceiptState> {
    await this.#ready();
    const entry = this.#held(queue, receipt);
    if (typeof entry === 'string') return entry;
    const { clock, store } = this.#deps;
    const dueMs = clock.monotonicMs() + forMs;
    await store.append([updateStatement(entry, clock.nowMs() + forMs)]);
    if (this.#stateOf(queue, receipt) !== 'held') return 'held';
    const { index } = this.#open(queue);
    if (forMs > 0) index.keepUntil(entry, dueMs);
    else index.show(entry);
    this.#serve(queue);
    return 'held';
  }

  async postpone(
    queue: string,
    receipt: string,
    forMs: number,
    attributes: string,
  ): Promise<ReceiptState> {
    await this.#ready();
    const found = this.#held(queue, receipt);
    if (typeof found === 'string') return found;
    const content = await this.#handOut.contentOf(found);
    const entry = this.#held(queue, receipt);
    if (typeof entry === 'string') return entry;
    if (content === undefined) return 'gone';
    const { clock } = this.#deps;
    const { index } = this.#open(queue);
    const heldUntilMs = entry.dueMs;
    const dueMs = clock.monotonicMs() + forMs;
    const next = {
      ...entry,
      receipt: '',
      contentChecksum: contentChecksum({ ...content, attributes }),
    };
    // At once: nobody is to hold or to receive what is on its way to the disk with other attributes.
    entry.receipt = '';
    index.keepUntil(entry, Number.POSITIVE_INFINITY);
    try {
      await this.#deps.store.append([updateStatement(next, clock.nowMs() + forMs, attributes)]);
    } catch (error) {
      entry.receipt = receipt;
      if (entry.state === 'in-flight') index.keepUntil(entry, heldUntilMs);
      throw error;
    }
    entry.contentChecksum = next.contentChecksum;
    this.#contents.drop(entry);
    // It may have been purged meanwhile.
    if (entry.state === 'in-flight') index.delay(entry, dueMs);
    this.#serve(queue);
    return 'held';
  }

  async move(queue: string, receipt: string, target: string, id: string): Promise<ReceiptState> {
    await this.#ready();
    const entry = this.#held(queue, receipt);
    if (typeof entry === 'string') return entry;
    const nowMs = this.#deps.clock.nowMs();
    const moved: QueueEntry = {
      ...entry,
      sequence: this.#numbers.next(),
      id,
      queue: target,
      sentAtMs: nowMs,
      movedFrom: queue,
      receiveCount: 0,
      firstReceivedAtMs: 0,
      receipt: '',
      state: 'visible',
      dueMs: 0,
      content: undefined,
    };
    // At once: nobody is to receive, remove or move it while it is on its way.
    this.#open(queue).index.remove(entry);
    try {
      await this.#deps.store.append([moveStatement(entry, moved, nowMs)]);
    } catch (error) {
      entry.state = 'in-flight';
      this.#open(queue).index.add(entry);
      throw error;
    }
    this.#contents.drop(entry);
    this.#open(target).admit(moved);
    this.#serve(queue);
    this.#serve(target);
    return 'held';
  }

  counts(queue: string): QueueCounts {
    const open = this.#queues.get(queue);
    open?.index.advance(this.#deps.clock.monotonicMs());
    return open?.counts() ?? { visible: 0, delayed: 0, inFlight: 0, oldestSentAtMs: undefined };
  }

  names(): readonly string[] {
    return [...this.#queues].filter(([, open]) => !open.isEmpty).map(([name]) => name);
  }

  async reclaim(queue: string): Promise<void> {
    await this.#ready();
    const index = this.#queues.get(queue)?.index;
    const held = [...(index?.entries() ?? [])].filter(({ state }) => state === 'in-flight');
    const nowMs = this.#deps.clock.nowMs();
    for (let from = 0; from < held.length; from += ENTRIES_AT_ONCE) {
      const entries = held.slice(from, from + ENTRIES_AT_ONCE);
      const next = entries.map((entry) => ({
        ...entry,
        receipt: newReceipt(this.#deps.ids, entry.sequence),
      }));
      await this.#deps.store.append(next.map((entry) => updateStatement(entry, nowMs)));
      for (const [at, entry] of entries.entries()) {
        entry.receipt = next[at]?.receipt ?? '';
        index?.show(entry);
      }
    }
    this.#serve(queue);
  }

  async purge(queue: string): Promise<void> {
    await this.#ready();
    await this.#removing.purge(queue);
  }

  async drop(queue: string): Promise<void> {
    await this.purge(queue);
    this.#keys.drop(queue);
    const sql = 'DELETE FROM queue_deduplication WHERE queue = ?';
    await this.#deps.store.append([{ sql, params: [queue] }]);
  }

  async expire(queue: string, sentBeforeMs: number): Promise<number> {
    await this.#ready();
    return await this.#removing.expire(queue, sentBeforeMs);
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
    for (const entry of [...taken.accepted, ...taken.refused]) {
      if (entry.receipt !== '') this.#changingHands.add(entry);
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
      for (const entry of done.moved) this.#open(entry.queue).admit(entry);
      for (const name of new Set(done.moved.map((entry) => entry.queue))) this.#serve(name);
      return done.received;
    } catch (error) {
      for (const entry of [...taken.accepted, ...taken.refused]) {
        index.show(entry);
        // Read again, and found missing where something else has removed its row.
        this.#contents.drop(entry);
      }
      throw error;
    } finally {
      for (const entry of [...taken.accepted, ...taken.refused]) this.#changingHands.delete(entry);
      this.#serve(queue);
    }
  }

  #admit(queue: string, added: readonly QueueEntry[]): void {
    const open = this.#open(queue);
    for (const entry of added) if (open.admit(entry)) this.#contents.keep(entry);
    this.#serve(queue);
  }

  async #load(): Promise<void> {
    await loadQueues(this.#deps, this.#numbers.lastOfEarlier, {
      open: (queue) => this.#open(queue),
      onDamage: (row) => this.#reportDamage(row),
      onTrouble: (error) => {
        if (this.#trouble === undefined) {
          this.#deps.logger.error('what waits could not be read', { error });
        }
        this.#trouble = error;
      },
      ending: this.#ending.signal,
    });
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const entry of early) this.#admit(entry.queue, [entry]);
  }

  /** Entries may be there for those who wait; and some will be, in time. */
  #serve(queue: string): void {
    const open = this.#queues.get(queue);
    if (open === undefined) return;
    open.waiting.serve();
    if (!open.waiting.isEmpty && open.backlog.count > 0) void this.#serveFromBacklog(queue, open);
    this.#arm(queue, open);
    this.#forgetIfEmpty(queue);
  }

  async #serveFromBacklog(queue: string, open: OpenQueue): Promise<void> {
    try {
      await this.#refill.perform(queue, open, open.index.visible + 1);
      open.waiting.serve();
    } catch (error) {
      // Those who wait find it out by themselves when their time is over.
      this.#deps.logger.error('what waits could not be read', { queue, error });
    }
  }

  /** A timer only where somebody waits: else time passes when it is asked for. */
  #arm(queue: string, open: OpenQueue): void {
    clearTimeout(open.timer);
    open.timer = undefined;
    if (open.waiting.isEmpty || this.#ending.signal.aborted) return;
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
      open = new OpenQueue(this.#deps.mostVisible ?? MOST_VISIBLE);
      this.#queues.set(queue, open);
    }
    return open;
  }

  #forgetIfEmpty(queue: string): void {
    const open = this.#queues.get(queue);
    if (open === undefined || !open.isEmpty || !open.waiting.isEmpty) return;
    clearTimeout(open.timer);
    this.#queues.delete(queue);
  }

  async #ready(): Promise<void> {
    this.#refuseWhenClosed();
    if (this.#early === undefined) return;
    // It is tried again; callers that come later need not wait for that.
    if (this.#trouble !== undefined) throw this.#trouble;
    await this.#loading;
    this.#refuseWhenClosed();
  }

  #refuseWhenClosed(): void {
    if (this.#ending.signal.aborted) throw new Error('The queue is closed.');
  }
}
