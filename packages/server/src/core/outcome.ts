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

/** The runtime or an extension ended although it was needed. */
export interface Crashed extends ProgramEnd {
  readonly kind: 'crashed';
}

/** The end of one of an environment's programs. */
export interface ProgramEnd {
  readonly exit: ProcessExit;
  /** Which it was; the runtime where it is not said. */
  readonly program?: 'extension';
  /** `Extension.Crash`, ... where an extension is the reason, whichever process it took along. */
  readonly extensionError?: string;
}

export interface ProcessExit {
  /** Exit status, or null when a signal ended it. */
  readonly code: number | null;
  /** `SIGKILL`, ... or null. */
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** It ended with what held its sandbox, and with all others there: no sign of its own state. */
  readonly isLost?: true;
}
