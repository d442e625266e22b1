/**
 * Keeps all kinds as full as they should be. They are made a moment after the last start, one at a
 * time beside work that runs, and otherwise as fast as the machine can; how many there should be,
 * `core/pool-size.ts` says. All kinds share one bound of memory, which shrinks when the
 * machine's grows scarce.
 */
import type { ProcessExit } from '../../core/outcome.ts';
import { MEMORY_MS } from '../../core/pool-size.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { PoolKind } from './pool-kind.ts';
import type { PoolMember } from './pool-member.ts';

export interface RefillDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What pools may take now, of which they have so much. Asked once at every step. */
  readonly budgetMib: (pooledMib: number) => number;
  /** How many may be made at the same time now. Asked at every step. */
  readonly atOnce: () => number;
}

/** A start that has just taken one is left alone until it has its answer, as a rule. */
const AFTER_TAKE_MS = 15;

export class PoolRefill {
  readonly #deps: RefillDeps;
  readonly #kinds = new Set<PoolKind>();
  #filling: Promise<void> | undefined;
  #wake: NodeJS.Timeout | undefined;
  #lastTakeMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  readonly #closing = new AbortController();

  constructor(deps: RefillDeps) {
    this.#deps = deps;
  }

  add(kind: PoolKind): void {
    this.#kinds.add(kind);
  }

  /** A function starts now. */
  onTake(nowMs: number): void {
    this.#lastTakeMs = nowMs;
    this.fill();
  }

  /** What is more than is needed goes, and forgotten bursts are forgotten. */
  review(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    // What goes is free only in a moment: who looks again before then sees as little as before, and drops all.
    const targetOf = this.targets();
    for (const kind of this.#kinds) {
      kind.forget(nowMs - MEMORY_MS);
      while (kind.ready > 0 && kind.size > targetOf(kind)) {
        this.#drop(kind.removeOldest());
      }
    }
    this.fill();
  }

  fill(): void {
    if (this.#isClosed) return;
    this.#isAsked = true;
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
      // Somebody took one between the last look and now.
      if (this.#isAsked) this.fill();
    });
  }

  /** Ends what waits; nothing is made any more. */
  async close(): Promise<void> {
    const reason = 'the server is shutting down';
    this.#closing.abort(new Error(reason));
    clearTimeout(this.#wake);
    await this.#filling;
    const all = [...this.#kinds].flatMap((kind) => kind.removeAll());
    await Promise.allSettled(all.map((each) => each.destroy(reason)));
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** How many of each kind there should be beside the others, by the memory that the machine has at this call. */
  targets(): (kind: PoolKind) => number {
    // To ask the machine is slow: once for all kinds.
    const budgetMib = this.#deps.budgetMib(this.#pooledMib);
    const nowMs = this.#deps.clock.monotonicMs();
    return (kind) => kind.target(budgetMib - (this.#pooledMib - kind.memoryMib), nowMs);
  }

  get #pooledMib(): number {
    return [...this.#kinds].reduce((sum, { memoryMib }) => sum + memoryMib, 0);
  }

  async #fillAll(): Promise<void> {
    const making = new Set<Promise<void>>();
    for (;;) {
      await this.#pause();
      this.#isAsked = false;
      const kind = making.size < this.#deps.atOnce() ? this.#neediest() : undefined;
      if (kind !== undefined) {
        const one = this.#makeOne(kind).finally(() => making.delete(one));
        making.add(one);
      } else if (making.size > 0) {
        await Promise.race(making);
      } else {
        return;
      }
    }
  }

  /** The one with the smallest share of what it should have, among those that may be made now. */
  #neediest(): PoolKind | undefined {
    if (this.#isClosed) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const targetOf = this.targets();
    const needy = [...this.#kinds]
      .map((kind) => ({ kind, target: targetOf(kind) }))
      .filter(({ kind, target }) => kind.size < target);
    const able = needy.filter(({ kind }) => kind.notBeforeMs <= nowMs);
    const [first] = able.toSorted((a, b) => a.kind.size / a.target - b.kind.size / b.target);
    if (first === undefined) this.#wakeAt(needy.map(({ kind }) => kind.notBeforeMs - nowMs));
    return first?.kind;
  }

  async #makeOne(kind: PoolKind): Promise<void> {
    const { clock, logger } = this.#deps;
    const { name } = kind.options;
    kind.making += 1;
    try {
      const member = await kind.options.make(this.#closing.signal);
      kind.add(member);
      void member.sandbox.exited.then((exit) => this.#onEnd(kind, member, exit));
    } catch (error) {
      if (this.#isClosed) return;
      kind.failed(clock.monotonicMs());
      logger.warn('pool.not-made', { kind: name, failures: kind.failures, error });
    } finally {
      kind.making -= 1;
    }
  }

  /** Nobody ended it: it is replaced, later and later if that goes on. One that was lost at once. */
  #onEnd(kind: PoolKind, member: PoolMember, { isLost }: ProcessExit): void {
    if (!kind.remove(member) || this.#isClosed) return;
    if (isLost !== true) {
      kind.failed(this.#deps.clock.monotonicMs());
      this.#deps.logger.warn('pool.died', { kind: kind.options.name, failures: kind.failures });
    }
    this.#drop(member);
    this.fill();
  }

  #drop(member: PoolMember | undefined): void {
    member?.destroy('it is not needed in the pool').catch((error: unknown) => {
      this.#deps.logger.error('pool.not-destroyed', { error });
    });
  }

  async #pause(): Promise<void> {
    const waitMs = this.#lastTakeMs + AFTER_TAKE_MS - this.#deps.clock.monotonicMs();
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => setTimeout(resolve, waitMs));
  }

  #wakeAt(delaysMs: readonly number[]): void {
    clearTimeout(this.#wake);
    if (delaysMs.length === 0) return;
    this.#wake = setTimeout(() => this.fill(), Math.max(1, Math.ceil(Math.min(...delaysMs))));
  }
}
