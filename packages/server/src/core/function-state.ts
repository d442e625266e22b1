/**
 * The life of a function as the API shows it. `step` is pure, total and refuses by default.
 *
 *                 updated       settled   failed
 *     pending     -             active    failed
 *     active      updating      -         -
 *     updating    -             active    update-failed
 *     update-failed updating    -         -
 *     failed      pending       -         -
 *
 * pending: created; its code and runtime are being prepared; cannot be invoked or updated.
 * active: serves what was last stored. updating: still serves what it served before.
 * update-failed: an update could not be prepared; still serves what it served before.
 * failed: could not be prepared and never served; an update or deletion helps.
 */
export type FunctionState =
  | { readonly kind: 'pending' }
  | { readonly kind: 'active' }
  | { readonly kind: 'updating' }
  | { readonly kind: 'update-failed'; readonly failure: FunctionFailure }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure };

export interface FunctionFailure {
  /** One of the API's `StateReasonCode`s. */
  readonly code: 'InternalError' | 'InvalidRuntime' | 'InvalidZipFileException';
  readonly reason: string;
}

export type FunctionEvent =
  | { readonly kind: 'updated' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure };

/** Undefined when the event is refused in this state. */
export function stepFunction(
  state: FunctionState,
  event: FunctionEvent,
): FunctionState | undefined {
  switch (event.kind) {
    case 'updated':
      if (state.kind === 'failed') return { kind: 'pending' };
      return isSettled(state) ? { kind: 'updating' } : undefined;
    case 'settled':
      return isSettled(state) ? undefined : { kind: 'active' };
    case 'failed': {
      const { failure } = event;
      if (state.kind === 'pending') return { kind: 'failed', failure };
      return state.kind === 'updating' ? { kind: 'update-failed', failure } : undefined;
    }
  }
}

/** Nothing is under way: no work has to be taken up after a restart. */
export function isSettled(state: FunctionState): boolean {
  return state.kind !== 'pending' && state.kind !== 'updating';
}
