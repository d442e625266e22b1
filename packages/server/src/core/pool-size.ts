/**
 * How many booted runtimes of one kind, or parked sandboxes, to keep ready: a few always, as many as
 * were needed at once lately, and hardly any of what nobody has used for long. Pure.
 */
export interface PoolDemand {
  /** Starts that asked for one (whether they got it or not), in milliseconds, oldest first. */
  readonly takenAtMs: readonly number[];
  /** When somebody last took one, or made a function that may. */
  readonly lastUseMs: number;
}

export interface PoolBounds {
  /** Kept ready while the runtime is in use; 0 switches the pool off. */
  readonly usual: number;
  /** By memory; of this kind. */
  readonly most: number;
}

export interface Memory {
  readonly totalMib: number;
  /** What programs could take now without harm to others. */
  readonly freeMib: number;
  /** What the pools have already, which is not free. */
  readonly pooledMib: number;
}

/** What all pools together may take at most, of the whole. */
const POOL_SHARE = 1 / 8;
/** What they leave free for functions that run, of the whole. */
const FREE_SHARE = 1 / 8;

/** Starts within this time come faster than the pool is refilled: they are one burst. */
export const BURST_MS = 1_000;
/** So are those that follow each other faster than replacements are made, ... */
const MAKING_MS = 60;
/** ... for so long: the starts of a large burst wait for each other. */
export const LONG_BURST_MS = 5_000;
/** So long a burst is remembered: who has sent one often sends another. */
export const MEMORY_MS = 60_000;
/** After so long without use one is kept, for whoever comes back. */
export const UNUSED_MS = 600_000;

export function poolTarget(demand: PoolDemand, bounds: PoolBounds, nowMs: number): number {
  if (bounds.usual === 0) return 0;
  const usual = nowMs - demand.lastUseMs > UNUSED_MS ? 1 : bounds.usual;
  const recent = demand.takenAtMs.filter((atMs) => nowMs - atMs <= MEMORY_MS);
  return Math.min(bounds.most, Math.max(usual, largestBurst(recent)));
}

/** The most starts within any BURST_MS, or in a row without a pause. */
function largestBurst(times: readonly number[]): number {
  let largest = 0;
  let first = 0;
  let firstOfRow = 0;
  for (const [index, atMs] of times.entries()) {
    if (atMs - (times[index - 1] ?? atMs) > MAKING_MS) firstOfRow = index;
    while (atMs - (times[first] ?? atMs) > BURST_MS) first += 1;
    while (atMs - (times[firstOfRow] ?? atMs) > LONG_BURST_MS) firstOfRow += 1;
    largest = Math.max(largest, index - Math.min(first, firstOfRow) + 1);
  }
  return largest;
}

/** How much all pools together may have: less than they have where others need the memory. */
export function poolMemoryMib({ totalMib, freeMib, pooledMib }: Memory): number {
  const spare = freeMib - totalMib * FREE_SHARE;
  return Math.max(0, Math.min(totalMib * POOL_SHARE, pooledMib + spare));
}
