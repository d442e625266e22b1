/** Time as a dependency, so that tests are exact and a wall-clock step never ends a deadline. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For what people read; may step. */
  nowMs(): number;
  /** Milliseconds with fractions that never step back. For durations and deadlines. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
