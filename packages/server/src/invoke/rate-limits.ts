/**
 * How fast functions may grow and be called, as on AWS ("Lambda scaling behavior", "Lambda
 * quotas"): every function gets at most 1,000 more environments in 10 seconds, and ten requests
 * a second for each unit of concurrency: a function with reserved concurrency for its own, all
 * others of an account together for what is not reserved.
 */
import type { ConcurrencyShare, ThrottleReason } from '../core/invocation.ts';
import { Throttled } from '../core/invocation.ts';
import { REQUESTS_PER_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_SECONDS } from '../core/limits.ts';
import { isFull, takeToken, type TokenBucket, type TokenRate } from '../core/token-bucket.ts';
import type { Clock } from '../lib/clock.ts';
import type { SlotOwner } from './concurrency.ts';

const SCALING: TokenRate = {
  size: SCALING_ENVIRONMENTS,
  perSecond: SCALING_ENVIRONMENTS / SCALING_SECONDS,
};

export class RateLimits {
  readonly #clock: Clock;
  readonly #accountConcurrency: number;
  readonly #starts = new Buckets();
  readonly #requests = new Buckets();

  constructor(clock: Clock, accountConcurrency: number) {
    this.#clock = clock;
    this.#accountConcurrency = accountConcurrency;
  }

  /** One more environment of this function; the reason why there must be none now. */
  takeStart({ account, region, name }: SlotOwner): ThrottleReason | undefined {
    const isTaken = this.#starts.take(
      `${account}/${region}/${name}`,
      SCALING,
      this.#clock.monotonicMs(),
    );
    // The API names no reason of its own for it; of those that it names this one is the rate's.
    return isTaken ? undefined : 'FunctionInvocationRateLimitExceeded';
  }

  /** One request to what is provisioned of a version; one too many is for on-demand ones. */
  takeProvisioned(
    { account, region, name, version }: SlotOwner & { readonly version: string },
    provisioned: number,
  ): boolean {
    const perSecond = provisioned * REQUESTS_PER_CONCURRENCY;
    const key = `${account}/${region}/${name}/${version}`;
    return this.#requests.take(key, { size: perSecond, perSecond }, this.#clock.monotonicMs());
  }

  /** Throws `Throttled` for one request too many. */
  takeRequest({ account, region, name }: SlotOwner, share: ConcurrencyShare): void {
    const isReserved = share.kind === 'reserved';
    const concurrency = isReserved
      ? share.limit
      : this.#accountConcurrency - share.reservedByOthers;
    const perSecond = concurrency * REQUESTS_PER_CONCURRENCY;
    const key = isReserved ? `${account}/${region}/${name}` : `${account}/${region}`;
    const rate = { size: perSecond, perSecond };
    if (this.#requests.take(key, rate, this.#clock.monotonicMs())) return;
    throw new Throttled(
      isReserved
        ? 'ReservedFunctionInvocationRateLimitExceeded'
        : 'FunctionInvocationRateLimitExceeded',
    );
  }

  /** Forgets what is at rest. */
  sweep(): void {
    this.#starts.sweep(this.#clock.monotonicMs());
    this.#requests.sweep(this.#clock.monotonicMs());
  }
}

class Buckets {
  readonly #buckets = new Map<string, { readonly bucket: TokenBucket; readonly rate: TokenRate }>();

  take(key: string, rate: TokenRate, nowMs: number): boolean {
    const bucket = takeToken(this.#buckets.get(key)?.bucket, rate, nowMs);
    if (bucket === undefined) return false;
    this.#buckets.set(key, { bucket, rate });
    return true;
  }

  sweep(nowMs: number): void {
    for (const [key, { bucket, rate }] of this.#buckets) {
      if (isFull(bucket, rate, nowMs)) this.#buckets.delete(key);
    }
  }
}
