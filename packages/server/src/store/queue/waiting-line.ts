/** Callers that wait for an entry of one queue, in the order in which they came. */
export interface WaitingCaller<Batch> {
  /** Takes what there is for this caller; undefined: nothing. */
  readonly take: () => Batch | undefined;
  readonly resolve: (batch: Batch | undefined) => void;
}

export class WaitingLine<Batch> {
  readonly #callers = new Set<WaitingCaller<Batch>>();

  get isEmpty(): boolean {
    return this.#callers.size === 0;
  }

  /** Resolves with what was taken; undefined when the time is over or the caller has gone. */
  async wait(
    take: () => Batch | undefined,
    forMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Batch | undefined> {
    if (signal?.aborted === true) return undefined;
    const { promise, resolve } = Promise.withResolvers<Batch | undefined>();
    const caller = { take, resolve };
    const giveUp = (): void => {
      // A caller that gave up is passed over: what it would take nobody would have.
      this.#callers.delete(caller);
      resolve(undefined);
    };
    const timer = setTimeout(giveUp, forMs);
    signal?.addEventListener('abort', giveUp);
    this.#callers.add(caller);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Serves those who wait, as far as there is something. */
  serve(): void {
    for (const caller of this.#callers) {
      const batch = caller.take();
      if (batch === undefined) return;
      this.#callers.delete(caller);
      caller.resolve(batch);
    }
  }

  /** Nobody waits any longer. */
  dismiss(): void {
    for (const { resolve } of this.#callers) resolve(undefined);
    this.#callers.clear();
  }
}
