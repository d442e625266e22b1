/** How the init of a runtime ended, and what a failed one means for an invocation. Pure. */
import type { Outcome, ProgramEnd } from '../core/outcome.ts';
import { exitErrorType, reportedType } from './exit-text.ts';
import { platformErrorPayload } from './platform-error-payload.ts';
import type { ErrorReport } from './runtime-api/runtime-session.ts';

export type InitEnd = InitSucceeded | InitFailed;

interface InitSucceeded {
  readonly kind: 'ready';
  readonly durationMs: number;
}

export interface InitFailed {
  readonly kind: 'failed';
  readonly durationMs: number;
  readonly failure: InitFailure;
}

export type InitFailure =
  | { readonly kind: 'reported'; readonly report: ErrorReport }
  | { readonly kind: 'exited'; readonly end: ProgramEnd }
  /** The runtime's program, or an extension's, cannot be executed. */
  | {
      readonly kind: 'invalid-entry-point';
      readonly message: string;
      readonly errorType?:
        | 'Extension.LaunchError'
        | 'Runtime.InvalidEntrypoint'
        | 'Runtime.InvalidWorkingDir';
    }
  | { readonly kind: 'timed-out' };

const INVALID_ENTRY_POINT = 'Runtime.InvalidEntrypoint';

/** What INIT_REPORT and REPORT say of it. */
export function failureStatus(
  failure: InitFailure,
): { readonly status: 'timeout' } | { readonly status: 'error'; readonly errorType: string } {
  switch (failure.kind) {
    case 'timed-out':
      return { status: 'timeout' };
    case 'exited':
      return { status: 'error', errorType: exitErrorType(failure.end) };
    case 'invalid-entry-point':
      return { status: 'error', errorType: failure.errorType ?? INVALID_ENTRY_POINT };
    case 'reported':
      return { status: 'error', errorType: reportedType(failure.report.errorType) };
  }
}

/** What the invocation answers whose own attempt at init failed. */
export function failureOutcome(
  failure: InitFailure,
  requestId: string,
  timeoutMs: number,
): Outcome {
  switch (failure.kind) {
    case 'timed-out':
      return { kind: 'timed-out', afterMs: timeoutMs };
    case 'exited':
      return { kind: 'crashed', ...failure.end };
    case 'invalid-entry-point': {
      const errorType = failure.errorType ?? INVALID_ENTRY_POINT;
      const payload = platformErrorPayload(errorType, requestId, failure.message);
      return { kind: 'function-error', errorType, payload };
    }
    case 'reported':
      return { kind: 'function-error', ...failure.report };
  }
}
