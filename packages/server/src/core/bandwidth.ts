/**
 * AWS's bound on how fast a streamed answer goes out: a first part as fast as it comes, the rest
 * at a rate. Pure: the caller reads the clock and waits.
 */
export interface BandwidthLimit {
  readonly burstBytes: number;
  readonly bytesPerSecond: number;
}

export class Bandwidth {
  readonly #limit: BandwidthLimit;
  #left: number;
  #atMs: number;

  constructor(limit: BandwidthLimit, nowMs: number) {
    this.#limit = limit;
    this.#left = limit.burstBytes;
    this.#atMs = nowMs;
  }

  /** How long to wait before the next bytes, now that these have gone. */
  spend(bytes: number, nowMs: number): number {
    const { burstBytes, bytesPerSecond } = this.#limit;
    const earned = ((nowMs - this.#atMs) / 1000) * bytesPerSecond;
    this.#left = Math.min(burstBytes, this.#left + earned) - bytes;
    this.#atMs = nowMs;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / bytesPerSecond) * 1000);
  }
}
