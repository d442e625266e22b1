/** Counts values by how large they are, in bounded memory and a few nanoseconds each. */
export interface HistogramCounts {
  /** Upper bounds, each included, growing; what is beyond the last one is in `count` alone. */
  readonly bounds: readonly number[];
  /** How many values are at most the bound in the same place. */
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** Of each bound, the values that are above the one before it; at last those beyond all. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  get counts(): HistogramCounts {
    let count = 0;
    const sums = this.#counts.map((each) => (count += each));
    return { bounds: this.#bounds, atMost: sums.slice(0, -1), count, sum: this.#sum };
  }
}
