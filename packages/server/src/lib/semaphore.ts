/**
 * A bounded number of permits, handed out in the order in which they were asked for. What waits
 * beyond `maxWaiting` is refused at once, so that a queue is never longer than its owner allows.
 */
export class Semaphore {
  readonly #maxWaiting: number;
  readonly #waiting: ((release: () => void) => void)[] = [];
  #free: number;

  constructor(permits: number, maxWaiting = Number.POSITIVE_INFINITY) {
    this.#free = permits;
    this.#maxWaiting = maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the function that gives the permit back; undefined when the queue is full. */
  acquire(): Promise<() => void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(this.#permit());
    }
    if (this.#waiting.length >= this.#maxWaiting) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #permit(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next(this.#permit());
    };
  }
}
