/**
 * How many batches of a mapping may be under way at once. AWS (with-sqs, "Scaling"): five at first,
 * up to 300 more a minute while messages wait, fewer again when they do not, fewer too while the
 * function is throttled. Here more than five only as long as each takes about as long as it did
 * alone (`Pace`): the machine is not larger for it.
 */
import { Pace } from '../../invoke/async/pace.ts';

const FIRST_LIMIT = 5;
/** AWS: 300 a minute. */
const RAISE_MS = 200;

export class BatchLimit {
  readonly #pace = new Pace();
  #allowed = FIRST_LIMIT;
  #raisedAtMs = Number.NEGATIVE_INFINITY;

  current(maximum = Number.POSITIVE_INFINITY): number {
    return Math.min(this.#allowed, Math.max(FIRST_LIMIT, this.#pace.limit), maximum);
  }

  /** There were as many messages as were asked for, and everybody is busy. */
  backlog(nowMs: number): void {
    if (nowMs - this.#raisedAtMs < RAISE_MS || this.#allowed > this.current()) return;
    this.#raisedAtMs = nowMs;
    this.#allowed += 1;
  }

  /** Somebody waited and nothing came. */
  idle(): void {
    if (this.#allowed > FIRST_LIMIT) this.#allowed -= 1;
  }

  succeeded(durationMs: number): void {
    this.#pace.tried(durationMs);
    if (this.#allowed < FIRST_LIMIT) this.#allowed += 1;
  }

  failed(): void {
    this.idle();
  }

  refused(): void {
    this.#pace.throttled();
    this.#allowed = Math.max(1, Math.floor(this.current() / 2));
  }
}
