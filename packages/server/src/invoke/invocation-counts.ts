/** What became of all invocations since the start: numbers in memory, nothing else. */
import type { ThrottleReason } from '../core/invocation.ts';
import type { Outcome } from '../core/outcome.ts';
import { Histogram, type HistogramCounts } from '../lib/histogram.ts';

/** `cold`: it waited for an init, or was the first of an environment that was started on demand. */
export type InvocationStart = 'cold' | 'warm';
type OutcomeKind = Outcome['kind'];

/** In seconds; a warm invocation takes less than the first, none may take more than the last. */
const DURATION_BOUNDS = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  900,
];

export interface InvocationStatistics {
  /** Those that are under way. */
  readonly running: number;
  readonly ended: readonly {
    readonly start: InvocationStart;
    readonly outcome: OutcomeKind;
    readonly count: number;
  }[];
  /** In seconds, from the admission to the answer. */
  readonly durations: Readonly<Record<InvocationStart, HistogramCounts>>;
  readonly throttles: ReadonlyMap<ThrottleReason, number>;
  readonly platformFaults: number;
}

export class InvocationCounts {
  platformFaults = 0;
  readonly #ended: Readonly<Record<InvocationStart, Record<OutcomeKind, number>>> = {
    cold: none(),
    warm: none(),
  };
  readonly #durations = {
    cold: new Histogram(DURATION_BOUNDS),
    warm: new Histogram(DURATION_BOUNDS),
  };
  readonly #throttles = new Map<ThrottleReason, number>();

  ended(start: InvocationStart, outcome: OutcomeKind, durationMs: number): void {
    this.#ended[start][outcome] += 1;
    this.#durations[start].add(durationMs / 1_000);
  }

  throttled(reason: ThrottleReason): void {
    this.#throttles.set(reason, (this.#throttles.get(reason) ?? 0) + 1);
  }

  /** As health shows them. */
  get totals(): {
    readonly invocations: number;
    readonly errors: number;
    readonly throttles: number;
    readonly platformFaults: number;
  } {
    const { cold, warm } = this.#ended;
    const invocations = sum([...Object.values(cold), ...Object.values(warm)]);
    return {
      invocations,
      errors: invocations - cold.succeeded - warm.succeeded,
      throttles: sum([...this.#throttles.values()]),
      platformFaults: this.platformFaults,
    };
  }

  get statistics(): Omit<InvocationStatistics, 'running'> {
    const { cold, warm } = this.#durations;
    return {
      ended: (['cold', 'warm'] as const).flatMap((start) =>
        Object.entries(this.#ended[start]).map(([outcome, count]) => ({
          start,
          outcome: outcome as OutcomeKind,
          count,
        })),
      ),
      durations: { cold: cold.counts, warm: warm.counts },
      throttles: this.#throttles,
      platformFaults: this.platformFaults,
    };
  }
}

function none(): Record<OutcomeKind, number> {
  return { succeeded: 0, 'function-error': 0, 'timed-out': 0, crashed: 0 };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
