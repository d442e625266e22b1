/**
 * When things happened in one invocation, as `platform.runtimeDone` and `platform.report` tell it.
 * Durations are those of the monotonic clock; starts are told by the wall clock.
 */
import type { Clock } from '../../lib/clock.ts';
import { roundedMs, type Span } from './platform-event.ts';

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export class InvocationSpans {
  readonly #clock: Clock;
  readonly #delivered: Moment;
  #answering: Moment | undefined;
  #answered: Moment | undefined;
  #runtimeDone: Moment | undefined;
  #producedBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#delivered = this.#now();
  }

  /** The runtime begins to send its answer. */
  answering(): void {
    this.#answering ??= this.#now();
  }

  /** All of it is here. */
  answered(producedBytes: number): void {
    const now = this.#now();
    this.#answering ??= now;
    this.#answered = now;
    this.#producedBytes = producedBytes;
  }

  /** The runtime asks for its next event. */
  parked(): void {
    this.#runtimeDone ??= this.#now();
  }

  /** Those of `platform.runtimeDone`; a runtime that has not parked by now never will. */
  metrics(): { readonly durationMs: number; readonly producedBytes: number } {
    const done = (this.#runtimeDone ??= this.#now());
    const durationMs = roundedMs(done.monotonicMs - this.#delivered.monotonicMs);
    return { durationMs, producedBytes: this.#producedBytes };
  }

  /** AWS: none without an answer. */
  ofRuntime(): readonly Span[] {
    const [answering, answered, done] = [this.#answering, this.#answered, this.#runtimeDone];
    if (answering === undefined || answered === undefined || done === undefined) return [];
    return [
      span('responseLatency', this.#delivered, answering),
      span('responseDuration', answering, answered),
      span('runtimeOverhead', answered, done),
    ];
  }

  /** What extensions needed beyond the runtime; it ends now. */
  ofExtensions(): readonly Span[] {
    const from = this.#runtimeDone;
    return from === undefined ? [] : [span('extensionOverhead', from, this.#now())];
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.nowMs() };
  }
}

function span(name: Span['name'], from: Moment, to: Moment): Span {
  return {
    name,
    start: new Date(from.wallMs).toISOString(),
    durationMs: roundedMs(to.monotonicMs - from.monotonicMs),
  };
}
