/**
 * The booted runtimes that wait for functions, by kind. Each is taken once, for one function, and
 * never comes back. One at a time is made, after the start that emptied a place, and only with
 * CPU time that nobody else wants; how many, `core/pool-size.ts` says.
 *
 * An empty pool is no fault: whoever finds nothing starts a runtime as if there were no pool.
 */
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { canBootAhead, takesBooted } from '../../core/boots-ahead.ts';
import type { FunctionVersion } from '../../core/function-version.ts';
import { MEMORY_MS, poolTarget } from '../../core/pool-size.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { bootRuntime, type BootDeps, type BootedRuntime } from './booted-runtime.ts';
import { PoolKind } from './pool-kind.ts';

export interface PoolsDeps extends BootDeps {
  readonly runtimes: Pick<RuntimeCatalogue, 'install'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

export interface PoolSettings {
  /** Of each kind in use; 0 switches the pools off. */
  readonly usual: number;
  /** Of all kinds together. */
  readonly most: number;
}

export interface RuntimePools extends Closeable {
  /** One for this function, the caller's to assign and to destroy; undefined where none is ready. */
  take(version: FunctionVersion): BootedRuntime | undefined;
  /** There is a function that may be invoked: its runtime had better be ready. */
  expect(version: Pick<FunctionVersion, 'runtime'>): void;
  counts(): PoolCounts;
}

export type PoolCounts = Readonly<
  Record<string, { readonly ready: number; readonly booting: number }>
>;

/** A start that has just taken one is left alone until it has its answer, as a rule. */
const AFTER_TAKE_MS = 15;
const REVIEW_MS = 5_000;

export function startRuntimePools(deps: PoolsDeps, settings: PoolSettings): RuntimePools {
  const pools = new Pools(deps, settings);
  const review = setInterval(() => pools.review(), REVIEW_MS);
  return {
    take: (version) => pools.take(version),
    expect: (version) => pools.expect(version),
    counts: () => pools.counts(),
    ...closeable(async () => {
      clearInterval(review);
      await pools.destroyAll();
    }),
  };
}

class Pools {
  readonly #deps: PoolsDeps;
  readonly #settings: PoolSettings;
  readonly #kinds = new Map<string, PoolKind>();
  readonly #machine = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  #filling: Promise<void> | undefined;
  #wake: NodeJS.Timeout | undefined;
  #lastTakeMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  readonly #closing = new AbortController();

  constructor(deps: PoolsDeps, settings: PoolSettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  take(version: FunctionVersion): BootedRuntime | undefined {
    if (this.#isOff || !takesBooted(version, this.#machine)) return undefined;
    this.#lastTakeMs = this.#deps.clock.monotonicMs();
    const booted = this.#kind(version.runtime).take(this.#lastTakeMs);
    this.#fill();
    return booted;
  }

  expect({ runtime }: Pick<FunctionVersion, 'runtime'>): void {
    if (this.#isOff || !canBootAhead(runtime)) return;
    this.#kind(runtime).lastUseMs = this.#deps.clock.monotonicMs();
    this.#fill();
  }

  counts(): PoolCounts {
    return Object.fromEntries(
      [...this.#kinds].map(([name, { ready, booting }]) => [
        name,
        { ready: ready.length, booting },
      ]),
    );
  }

  /** What is more than is needed goes, and forgotten bursts are forgotten. */
  review(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const kind of this.#kinds.values()) {
      kind.forget(nowMs - MEMORY_MS);
      while (kind.ready.length > this.#targetOf(kind)) this.#drop(kind.ready.shift());
    }
    this.#fill();
  }

  async destroyAll(): Promise<void> {
    this.#closing.abort(new Error('the server is shutting down'));
    clearTimeout(this.#wake);
    await this.#filling;
    const all = [...this.#kinds.values()].flatMap(({ ready }) => ready.splice(0));
    await Promise.allSettled(all.map((each) => each.destroy('the server is shutting down')));
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  get #isOff(): boolean {
    return this.#isClosed || this.#settings.usual === 0 || !this.#deps.driver.mountsLate;
  }

  #kind(name: string): PoolKind {
    const existing = this.#kinds.get(name);
    if (existing !== undefined) return existing;
    const kind = new PoolKind(name, this.#deps.clock.monotonicMs());
    this.#kinds.set(name, kind);
    return kind;
  }

  #targetOf(kind: PoolKind): number {
    const total = [...this.#kinds.values()].reduce((sum, { size }) => sum + size, 0);
    const { usual, most } = this.#settings;
    const bounds = { usual, most: Math.max(0, most - total + kind.size) };
    return poolTarget(kind, bounds, this.#deps.clock.monotonicMs());
  }

  #fill(): void {
    if (this.#isClosed) return;
    this.#isAsked = true;
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
      // Somebody took one between the last look and now.
      if (this.#isAsked) this.#fill();
    });
  }

  async #fillAll(): Promise<void> {
    for (;;) {
      await this.#pause();
      this.#isAsked = false;
      const kind = this.#neediest();
      if (kind === undefined) return;
      await this.#bootOne(kind);
    }
  }

  /** The one with the smallest share of what it should have, among those that may boot now. */
  #neediest(): PoolKind | undefined {
    if (this.#isClosed) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const needy = [...this.#kinds.values()]
      .map((kind) => ({ kind, target: this.#targetOf(kind) }))
      .filter(({ kind, target }) => kind.size < target);
    const able = needy.filter(({ kind }) => kind.notBeforeMs <= nowMs);
    const [first] = able.toSorted((a, b) => a.kind.size / a.target - b.kind.size / b.target);
    if (first === undefined) this.#wakeAt(needy.map(({ kind }) => kind.notBeforeMs - nowMs));
    return first?.kind;
  }

  async #bootOne(kind: PoolKind): Promise<void> {
    const { runtimes, clock, ids, logger } = this.#deps;
    kind.booting += 1;
    try {
      const installation = await runtimes.install(kind.name);
      const booted = await bootRuntime(this.#deps, installation, {
        id: `pool-${ids.hex(8)}`,
        signal: this.#closing.signal,
      });
      kind.ready.push(booted);
      void booted.sandbox.exited.then(() => this.#onEnd(kind, booted));
    } catch (error) {
      if (this.#isClosed) return;
      kind.failed(clock.monotonicMs());
      logger.warn('pool.boot-failed', { runtime: kind.name, failures: kind.failures, error });
    } finally {
      kind.booting -= 1;
    }
  }

  /** Nobody ended it: it is replaced, later and later if that goes on. */
  #onEnd(kind: PoolKind, booted: BootedRuntime): void {
    if (!kind.remove(booted) || this.#isClosed) return;
    kind.failed(this.#deps.clock.monotonicMs());
    this.#deps.logger.warn('pool.runtime-died', { runtime: kind.name, failures: kind.failures });
    this.#drop(booted);
    this.#fill();
  }

  #drop(booted: BootedRuntime | undefined): void {
    booted?.destroy('it is not needed in the pool').catch((error: unknown) => {
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
    this.#wake = setTimeout(() => this.#fill(), Math.max(1, Math.ceil(Math.min(...delaysMs))));
  }
}
