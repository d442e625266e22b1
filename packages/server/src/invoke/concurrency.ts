/**
 * How many invocations run at once. A slot is taken before anything else is done and given back
 * when the caller has its answer; taking one is a single synchronous step, so no race exceeds
 * a limit. A function with reserved concurrency has that many slots for all its versions together
 * and takes none of the others'; all other functions of an account share what is not reserved.
 */
import type { ConcurrencyShare } from '../core/invocation.ts';
import { Throttled } from '../core/invocation.ts';

export interface SlotOwner {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export class Concurrency {
  readonly #limit: number;
  readonly #byAccount = new Counter();
  /** Also of functions without reserved concurrency: they may get some while they run. */
  readonly #byFunction = new Counter();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives the function that frees the slot; throws `Throttled` when there is none left. */
  take(owner: SlotOwner, share: ConcurrencyShare = unreserved): () => void {
    const account = `${owner.account}/${owner.region}`;
    const name = `${account}/${owner.name}`;
    const isReserved = share.kind === 'reserved';
    if (isReserved) {
      if (this.#byFunction.of(name) >= share.limit) {
        throw new Throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
      }
    } else if (this.#byAccount.of(account) >= this.#limit - share.reservedByOthers) {
      throw new Throttled('ConcurrentInvocationLimitExceeded');
    }
    this.#byFunction.add(name, 1);
    if (!isReserved) this.#byAccount.add(account, 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#byFunction.add(name, -1);
      if (!isReserved) this.#byAccount.add(account, -1);
    };
  }

  /** By functions of the account that have nothing reserved. */
  used(account: string, region: string): number {
    return this.#byAccount.of(`${account}/${region}`);
  }
}

export const unreserved: ConcurrencyShare = { kind: 'unreserved', reservedByOthers: 0 };

/** Counts by name; a name that is back at nothing takes no memory. */
class Counter {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, change: number): void {
    const count = this.of(name) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
