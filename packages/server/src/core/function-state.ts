/**
 * The life of a function as the API shows it. `step` is pure, total and refuses by default.
 *
 *                 updated       settled   failed         idled      woken
 *     pending     -             active    failed         -          -
 *     active      updating      -         -              inactive   -
 *     updating    -             active    update-failed  -          -
 *     update-failed updating    -         -              -          -
 *     failed      pending       -         -              -          -
 *     inactive    updating      -         -              -          restoring
 *     restoring   -             active    inactive       -          -
 *
 * pending: created; its code and runtime are being prepared; cannot be invoked or updated.
 * active: serves what was last stored. updating: still serves what it served before.
 * update-failed: an update could not be prepared; still serves what it served before.
 * failed: could not be prepared and never served; an update or deletion helps.
 * inactive: nobody invoked for so long that nothing is kept ready; the next invocation is refused
 * and makes it restoring, which is Pending again.
 */
export type FunctionState =
  | { readonly kind: 'pending' }
  | { readonly kind: 'active' }
  | { readonly kind: 'updating' }
  | { readonly kind: 'update-failed'; readonly failure: FunctionFailure }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure }
  | { readonly kind: 'inactive' }
  | { readonly kind: 'restoring' };

export interface FunctionFailure {
  /** One of the API's `StateReasonCode`s. */
  readonly code:
    | 'ImageAccessDenied'
    | 'ImageDeleted'
    | 'InternalError'
    | 'InvalidImage'
    | 'InvalidRuntime'
    | 'InvalidZipFileException';
  readonly reason: string;
}

export type FunctionEvent =
  | { readonly kind: 'updated' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'idled' }
  | { readonly kind: 'woken' }
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
    case 'idled':
      return state.kind === 'active' ? { kind: 'inactive' } : undefined;
    case 'woken':
      return state.kind === 'inactive' ? { kind: 'restoring' } : undefined;
    case 'failed': {
      const { failure } = event;
      if (state.kind === 'pending') return { kind: 'failed', failure };
      if (state.kind === 'restoring') return { kind: 'inactive' };
      return state.kind === 'updating' ? { kind: 'update-failed', failure } : undefined;
    }
  }
}

/** Nothing is under way: no work has to be taken up after a restart. */
export function isSettled(state: FunctionState): boolean {
  return state.kind !== 'updating' && !isPending(state);
}

/** It serves nobody until it has settled. */
export function isPending(state: FunctionState): boolean {
  return state.kind === 'pending' || state.kind === 'restoring';
}
