/**
 * How many invocations run at once. A slot is taken before anything else is done and given back
 * when the caller has its answer; taking one is a single synchronous step, so no race exceeds
 * a limit. A function with reserved concurrency has that many slots for all its versions together
 * and takes none of the others'; all other functions of an account share what is not reserved.
 * An invocation on a provisioned environment needs no slot of those: the environment is its slot,
 * and only what the function has reserved, where it has, bounds it too.
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
  /** Of these, on provisioned environments: by function, and by version. */
  readonly #byProvisioned = new Counter();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Gives the function that frees the slot; throws `Throttled` when there is none left. What is
   * provisioned of the function is kept for those who invoke a provisioned version.
   */
  take(owner: SlotOwner, share: ConcurrencyShare = unreserved, provisioned = 0): () => void {
    const account = `${owner.account}/${owner.region}`;
    const name = `${account}/${owner.name}`;
    const isReserved = share.kind === 'reserved';
    if (isReserved) {
      const onDemand = this.#byFunction.of(name) - this.#byProvisioned.of(name);
      if (this.#byFunction.of(name) >= share.limit || onDemand >= share.limit - provisioned) {
        throw new Throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
      }
    } else if (this.#byAccount.of(account) >= this.#limit - share.reservedByOthers) {
      throw new Throttled('ConcurrentInvocationLimitExceeded');
    }
    const slots: (readonly [Counter, string])[] = [[this.#byFunction, name]];
    if (!isReserved) slots.push([this.#byAccount, account]);
    return taken(...slots);
  }

  /** A slot of the version's own environments; undefined when all of them are in use. */
  takeProvisioned(
    owner: SlotOwner & { readonly version: string },
    share: ConcurrencyShare,
    provisioned: number,
  ): (() => void) | undefined {
    const name = `${owner.account}/${owner.region}/${owner.name}`;
    const version = `${name}/${owner.version}`;
    if (this.#byProvisioned.of(version) >= provisioned) return undefined;
    if (share.kind === 'reserved' && this.#byFunction.of(name) >= share.limit) return undefined;
    return taken(
      [this.#byFunction, name],
      [this.#byProvisioned, name],
      [this.#byProvisioned, version],
    );
  }

  /** By functions of the account that have nothing reserved. */
  used(account: string, region: string): number {
    return this.#byAccount.of(`${account}/${region}`);
  }
}

export const unreserved: ConcurrencyShare = { kind: 'unreserved', reservedByOthers: 0 };

/** Takes one of each; what it gives back gives them back, once. */
function taken(...slots: readonly (readonly [Counter, string])[]): () => void {
  for (const [counter, name] of slots) counter.add(name, 1);
  let isTaken = true;
  return () => {
    if (!isTaken) return;
    isTaken = false;
    for (const [counter, name] of slots) counter.add(name, -1);
  };
}

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
