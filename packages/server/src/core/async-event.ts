/**
 * What becomes of an asynchronous event, as AWS documents it (lambda-async): a function's error is
 * tried again twice, after one minute and then two; what could not be run is tried again with
 * growing pauses until the event is too old.
 */
export interface AsyncProgress {
  /** How often the function ran and failed. */
  readonly functionErrors: number;
  /** How often in a row it could not be run: throttled, or by a fault of the platform. */
  readonly refusals: number;
  readonly invocations: number;
}

export interface AsyncRules {
  readonly maxRetries: number;
  readonly maxAgeMs: number;
  /** Reserved concurrency 0: nothing of the function may run. */
  readonly isBlocked: boolean;
  /** The pause after the first error of the function; after the second it is twice as long. */
  readonly firstRetryMs: number;
}

export type FailureCondition =
  | 'RetriesExhausted'
  | 'EventAgeExceeded'
  /** From memory: what AWS tells of a function that may not run at all. */
  | 'ZeroReservedConcurrency'
  /** Ours: AWS does not document how destinations are told of a stopped loop. */
  | 'RecursiveLoop';

export type AsyncStep =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly progress: AsyncProgress }
  | { readonly kind: 'fail'; readonly condition: FailureCondition };

export const DEFAULT_MAX_RETRIES = 2;
/** Six hours. */
export const DEFAULT_MAX_AGE_SECONDS = 21_600;
export const NO_PROGRESS: AsyncProgress = { functionErrors: 0, refusals: 0, invocations: 0 };

const FIRST_PAUSE_MS = 1_000;
/** No event waits longer than this for its next try. */
export const LONGEST_PAUSE_MS = 300_000;

/** How long it waits that was refused so many times before: twice as long each time. */
export function pauseAfter(refusals: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** refusals);
}

/** Why it must not be tried now; undefined where it may. */
export function obstacleOf(ageMs: number, rules: AsyncRules): FailureCondition | undefined {
  if (ageMs > rules.maxAgeMs) return 'EventAgeExceeded';
  return rules.isBlocked ? 'ZeroReservedConcurrency' : undefined;
}

/** `ageMs`: of the event, now. A pause ends with its age: whoever is to be told of its end is told then. */
export function stepAfter(
  outcome: 'succeeded' | 'function-error' | 'refused',
  before: AsyncProgress,
  rules: AsyncRules,
  ageMs: number,
): AsyncStep {
  const mostMs = Math.max(0, rules.maxAgeMs - ageMs) + 1;
  switch (outcome) {
    case 'succeeded':
      return { kind: 'done' };
    case 'function-error': {
      const functionErrors = before.functionErrors + 1;
      if (functionErrors > rules.maxRetries) return { kind: 'fail', condition: 'RetriesExhausted' };
      const progress = { functionErrors, refusals: 0, invocations: before.invocations + 1 };
      return {
        kind: 'retry',
        afterMs: Math.min(mostMs, rules.firstRetryMs * functionErrors),
        progress,
      };
    }
    case 'refused': {
      const progress = { ...before, refusals: before.refusals + 1 };
      return { kind: 'retry', afterMs: Math.min(mostMs, pauseAfter(before.refusals)), progress };
    }
  }
}
