/**
 * How many invocations run at once. A slot is taken before anything else is done and given back
 * when the caller has its answer; taking one is a single synchronous step, so no race exceeds
 * the limit. Reserved concurrency will be further limits of this kind.
 */
import { Throttled } from '../core/invocation.ts';

export class Concurrency {
  readonly #limit: number;
  readonly #usedByAccount = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives the function that frees the slot; throws `Throttled` when the account has none left. */
  take(account: string, region: string): () => void {
    const key = `${account}/${region}`;
    const used = this.#usedByAccount.get(key) ?? 0;
    if (used >= this.#limit) throw new Throttled('ConcurrentInvocationLimitExceeded');
    this.#usedByAccount.set(key, used + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#usedByAccount.get(key) ?? 1) - 1;
      if (left === 0) this.#usedByAccount.delete(key);
      else this.#usedByAccount.set(key, left);
    };
  }

  used(account: string, region: string): number {
    return this.#usedByAccount.get(`${account}/${region}`) ?? 0;
  }
}
