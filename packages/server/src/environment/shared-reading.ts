/**
 * Many ask for a figure that is costly to read: one reading at a time, and everybody who asks
 * while it is under way shares the one after it. So each answer was read after it was asked for.
 */
export class SharedReading {
  readonly #read: () => Promise<number>;
  #current: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(read: () => Promise<number>) {
    this.#read = read;
  }

  get(): Promise<number> {
    if (this.#current === undefined) return this.#start();
    this.#next ??= this.#current.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  #startNext(): Promise<number> {
    this.#next = undefined;
    return this.#start();
  }

  #start(): Promise<number> {
    const reading = this.#read().finally(() => (this.#current = undefined));
    this.#current = reading;
    return reading;
  }
}
