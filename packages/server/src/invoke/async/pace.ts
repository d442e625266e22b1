/**
 * How many events of a function are performed at once. More of them are worth their environments
 * only as long as each takes about as long as it did alone: a function that waits gets many, one
 * that keeps the machine busy few. Medians are compared, so that cold starts do not count. What does
 * not use its limit says nothing of a higher one: with that, a burst would start environments that
 * take longer than it does.
 */
export class Pace {
  #limit = FIRST_LIMIT;
  #best = Number.POSITIVE_INFINITY;
  #durationsMs: number[] = [];
  /** How many of these were performed while the limit was reached. */
  #full = 0;

  get limit(): number {
    return this.#limit;
  }

  /** `isFull`: as many as may be were performed just then. */
  tried(durationMs: number, isFull = true): void {
    this.#durationsMs.push(durationMs);
    if (isFull) this.#full += 1;
    if (this.#durationsMs.length < Math.max(LEAST_SAMPLES, this.#limit)) return;
    const median = this.#durationsMs.toSorted((a, b) => a - b)[this.#durationsMs.length >> 1] ?? 0;
    const isUsed = this.#full * 2 >= this.#durationsMs.length;
    [this.#durationsMs, this.#full] = [[], 0];
    // With the fewest at once it takes what it takes, also where it was faster before.
    const isAlone = this.#limit <= FIRST_LIMIT;
    this.#best = isAlone ? median : Math.min(this.#best, median);
    this.#best = Math.max(this.#best, LEAST_MS);
    if (median <= this.#best * GOOD) {
      if (isUsed) this.#limit = Math.ceil(this.#limit * GROWTH);
    } else if (median > this.#best * BAD) {
      this.#limit = Math.floor(this.#limit / GROWTH);
    }
    this.#limit = Math.min(MOST_AT_ONCE, Math.max(FIRST_LIMIT, this.#limit));
  }

  throttled(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }
}

const FIRST_LIMIT = 2;
const MOST_AT_ONCE = 100;
const LEAST_SAMPLES = 8;
const GROWTH = 1.25;
/** Times the best median: below it more are tried, above the other fewer. */
const GOOD = 1.5;
const BAD = 2.5;
/** Differences below this are of no meaning. */
const LEAST_MS = 1;
