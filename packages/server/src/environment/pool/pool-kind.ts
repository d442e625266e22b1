/** What waits of one kind, how one more is made, and what is known of the demand for them. */
import { poolTarget, type PoolDemand } from '../../core/pool-size.ts';
import type { PoolMember } from './pool-member.ts';

export interface PoolKindOptions<Member> {
  /** `nodejs26.x`, `parked`. */
  readonly name: string;
  /** Kept ready while the kind is in use. */
  readonly usual: number;
  /** The memory of one, in MiB. */
  readonly costMib: number;
  /** Rejects also when `signal` is aborted; nothing is left then. */
  readonly make: (signal: AbortSignal) => Promise<Member>;
}

/** The first replacement of one that failed waits this long, each further one twice as long. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;

export class PoolKind<Member extends PoolMember = PoolMember> implements PoolDemand {
  readonly options: PoolKindOptions<Member>;
  readonly #ready: Member[] = [];
  making = 0;
  lastUseMs: number;
  /** Functions that got one, and those that found none. */
  taken = 0;
  missed = 0;
  /** In a row: one that was of use ends the row. */
  failures = 0;
  notBeforeMs = Number.NEGATIVE_INFINITY;
  #takenAtMs: number[] = [];

  constructor(options: PoolKindOptions<Member>, nowMs: number) {
    this.options = options;
    this.lastUseMs = nowMs;
  }

  get takenAtMs(): readonly number[] {
    return this.#takenAtMs;
  }

  get ready(): number {
    return this.#ready.length;
  }

  get size(): number {
    return this.#ready.length + this.making;
  }

  get memoryMib(): number {
    return this.size * this.options.costMib;
  }

  /** How many there should be, when all of them may take so much memory. */
  target(memoryMib: number, nowMs: number): number {
    const most = Math.max(0, Math.floor(memoryMib / this.options.costMib));
    return poolTarget(this, { usual: this.options.usual, most }, nowMs);
  }

  add(member: Member): void {
    this.#ready.push(member);
  }

  /** The one that waits longest; counts as demand also where there is none. */
  take(nowMs: number): Member | undefined {
    this.lastUseMs = nowMs;
    this.#takenAtMs.push(nowMs);
    const member = this.next();
    if (member === undefined) this.missed += 1;
    else this.taken += 1;
    return member;
  }

  /** The same, for the making of another kind: no function asks for it. */
  next(): Member | undefined {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      if (!next.isReady) {
        // Its end is on its way, or it has spoken out of turn: of no use to anybody.
        next.destroy('it is not fit for use').catch(() => {});
        continue;
      }
      this.failures = 0;
      return next;
    }
    return undefined;
  }

  removeAll(): readonly Member[] {
    return this.#ready.splice(0);
  }

  removeOldest(): Member | undefined {
    return this.#ready.shift();
  }

  /** Whether it was here. */
  remove(member: Member): boolean {
    const at = this.#ready.indexOf(member);
    if (at !== -1) this.#ready.splice(at, 1);
    return at !== -1;
  }

  failed(nowMs: number): void {
    this.notBeforeMs = nowMs + Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures);
    this.failures += 1;
  }

  forget(beforeMs: number): void {
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => atMs >= beforeMs);
  }
}
