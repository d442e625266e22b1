/**
 * Items on their way from one who makes them to one who takes them, without a buffer between the
 * two: whoever puts waits until it was taken. The taker may leave at any time; then what is put
 * is dropped, and nobody waits for nothing.
 */
export class Handover<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #offers: { readonly item: Item; readonly taken: () => void }[] = [];
  #taker: PromiseWithResolvers<IteratorResult<Item, undefined>> | undefined;
  #isEnded = false;
  #failure: unknown;

  /** Resolves when the item was taken, or will never be. One at a time. */
  put(item: Item): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = undefined;
      taker.resolve({ done: false, value: item });
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#offers.push({ item, taken: resolve });
    return promise;
  }

  /** Nothing more comes; what was put is still there to be taken. With a failure: that comes last. */
  end(failure?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = failure;
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker !== undefined) this.#last().then(taker.resolve, taker.reject);
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const offer = this.#offers.shift();
    if (offer !== undefined) {
      offer.taken();
      return Promise.resolve({ done: false, value: offer.item });
    }
    if (this.#isEnded) return this.#last();
    this.#taker ??= Promise.withResolvers();
    return this.#taker.promise;
  }

  /** The taker leaves. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.#failure = undefined;
    this.end();
    for (const { taken } of this.#offers.splice(0)) taken();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #last(): Promise<IteratorResult<Item, undefined>> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : Promise.reject(failure);
  }
}
