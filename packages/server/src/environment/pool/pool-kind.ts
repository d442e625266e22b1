/** The booted runtimes of one kind, and what is known of the demand for them. */
import type { PoolDemand } from '../../core/pool-size.ts';
import type { BootedRuntime } from './booted-runtime.ts';

/** The first replacement of one that failed waits this long, each further one twice as long. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;

export class PoolKind implements PoolDemand {
  readonly name: string;
  readonly ready: BootedRuntime[] = [];
  booting = 0;
  lastUseMs: number;
  /** In a row: one that was of use ends the row. */
  failures = 0;
  notBeforeMs = Number.NEGATIVE_INFINITY;
  #takenAtMs: number[] = [];

  constructor(name: string, nowMs: number) {
    this.name = name;
    this.lastUseMs = nowMs;
  }

  get takenAtMs(): readonly number[] {
    return this.#takenAtMs;
  }

  get size(): number {
    return this.ready.length + this.booting;
  }

  /** The one that waits longest; counts as demand also where there is none. */
  take(nowMs: number): BootedRuntime | undefined {
    this.lastUseMs = nowMs;
    this.#takenAtMs.push(nowMs);
    for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift()) {
      if (!next.isReady) {
        // Its end is on its way, or it has spoken out of turn: of no use to anybody.
        next.destroy('it is not fit for use').catch(() => {});
        continue;
      }
      this.failures = 0;
      return next;
    }
    return undefined;
  }

  /** Whether it was here. */
  remove(booted: BootedRuntime): boolean {
    const at = this.ready.indexOf(booted);
    if (at !== -1) this.ready.splice(at, 1);
    return at !== -1;
  }

  failed(nowMs: number): void {
    this.notBeforeMs = nowMs + Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures);
    this.failures += 1;
  }

  forget(beforeMs: number): void {
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => atMs >= beforeMs);
  }
}
