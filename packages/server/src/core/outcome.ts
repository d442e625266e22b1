/** A user's failing function is a result of ours, not an exception of ours. */
export type Outcome = Succeeded | FunctionError | TimedOut | Crashed;

export interface Succeeded {
  readonly kind: 'succeeded';
  readonly payload: Uint8Array;
}

/** The runtime reported an error, or answered more than may be answered. */
export interface FunctionError {
  readonly kind: 'function-error';
  /** `Runtime.ImportModuleError`, `Error`, ... as the runtime named it. */
  readonly errorType: string;
  readonly payload: Uint8Array;
}

export interface TimedOut {
  readonly kind: 'timed-out';
  readonly afterMs: number;
}

/** The runtime's process ended without an answer. */
export interface Crashed {
  readonly kind: 'crashed';
  readonly exit: ProcessExit;
}

export interface ProcessExit {
  /** Exit status, or null when a signal ended it. */
  readonly code: number | null;
  /** `SIGKILL`, ... or null. */
  readonly signal: string | null;
  readonly outOfMemory: boolean;
}
