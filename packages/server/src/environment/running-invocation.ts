/**
 * One invocation while it runs: the first of answer, exit, deadline or the environment's end
 * decides it, and whatever comes later changes nothing. The deadline is kept by the monotonic
 * clock, so a step of the wall clock neither ends nor prolongs an invocation.
 */
import type { ProgramEnd } from '../core/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { RuntimeAnswer } from './runtime-api/runtime-session.ts';

export type InvocationEnd =
  | { readonly kind: 'answered'; readonly answer: RuntimeAnswer }
  | { readonly kind: 'exited'; readonly end: ProgramEnd }
  | { readonly kind: 'timed-out' };

/** How the time after the answer ended, until the runtime asks for its next event. */
export type SettleEnd =
  | { readonly kind: 'parked'; readonly atMs: number }
  | { readonly kind: 'exited'; readonly end: ProgramEnd }
  | { readonly kind: 'timed-out' };

export class RunningInvocation {
  readonly startedMs: number;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #end = Promise.withResolvers<InvocationEnd>();
  readonly #settled = Promise.withResolvers<SettleEnd>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.startedMs = clock.monotonicMs();
    this.#deadlineMs = this.startedMs + timeoutMs;
    // One of the two may have no listener any more when the environment is destroyed.
    this.#settled.promise.catch(() => {});
    this.#end.promise.catch(() => {});
    this.#arm();
  }

  /** Rejects with the reason when the environment was destroyed meanwhile. */
  get end(): Promise<InvocationEnd> {
    return this.#end.promise;
  }

  get settled(): Promise<SettleEnd> {
    return this.#settled.promise;
  }

  remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#clock.monotonicMs());
  }

  elapsedMs(): number {
    return this.#clock.monotonicMs() - this.startedMs;
  }

  answered(answer: RuntimeAnswer): void {
    this.#end.resolve({ kind: 'answered', answer });
  }

  parked(): void {
    this.#settled.resolve({ kind: 'parked', atMs: this.#clock.monotonicMs() });
  }

  exited(end: ProgramEnd): void {
    this.#end.resolve({ kind: 'exited', end });
    this.#settled.resolve({ kind: 'exited', end });
  }

  abandon(reason: Error): void {
    this.#end.reject(reason);
    this.#settled.reject(reason);
  }

  /** Ends the timer; the object is of no use afterwards. */
  dispose(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    // A timer may fire a moment early: the clock decides.
    this.#timer = setTimeout(() => {
      if (this.remainingMs() > 0) this.#arm();
      else this.#expire();
    }, Math.ceil(this.remainingMs()));
  }

  #expire(): void {
    this.#end.resolve({ kind: 'timed-out' });
    this.#settled.resolve({ kind: 'timed-out' });
  }
}
