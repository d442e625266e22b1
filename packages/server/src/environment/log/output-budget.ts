/**
 * How much output one environment may write: a bucket that refills with time. What is beyond it
 * is counted and never looked at, so a flood costs the server one subtraction a chunk. Pure but
 * for the time that is passed in.
 */

/** As much at once as the largest burst that people log on purpose (a dumped payload). */
const BURST_BYTES = 8 * 1_048_576;
/** Lasting rate; CloudWatch takes 5 MB a second from one stream at most. */
const BYTES_PER_MS = 5_000;

export class OutputBudget {
  #leftBytes = BURST_BYTES;
  #refilledAtMs: number;
  #droppedBytes = 0;
  #droppedChunks = 0;

  constructor(nowMs: number) {
    this.#refilledAtMs = nowMs;
  }

  /** Whether this chunk may be logged. */
  spend(sizeBytes: number, nowMs: number): boolean {
    const refill = (nowMs - this.#refilledAtMs) * BYTES_PER_MS;
    this.#leftBytes = Math.min(BURST_BYTES, this.#leftBytes + refill);
    this.#refilledAtMs = nowMs;
    if (sizeBytes > this.#leftBytes) {
      this.#droppedBytes += sizeBytes;
      this.#droppedChunks += 1;
      return false;
    }
    this.#leftBytes -= sizeBytes;
    return true;
  }

  /** How much was refused since this was last asked; undefined where nothing was. */
  takeDropped(): { readonly bytes: number; readonly chunks: number } | undefined {
    const dropped = { bytes: this.#droppedBytes, chunks: this.#droppedChunks };
    this.#droppedBytes = 0;
    this.#droppedChunks = 0;
    return dropped.chunks === 0 ? undefined : dropped;
  }
}
