/** An invocation as an environment takes it, and what it gives back. */
import type { Outcome } from '../core/outcome.ts';
import type { ResponseSink } from '../core/response-sink.ts';

export interface InvocationOrder {
  readonly requestId: string;
  readonly invokedArn: string;
  readonly payload: Uint8Array;
  readonly traceHeader: string;
  readonly clientContext?: string;
  readonly tenantId?: string;
  readonly wantsLogTail: boolean;
  readonly sink?: ResponseSink;
}

export interface InvocationAnswer {
  readonly outcome: Outcome;
  readonly logTail?: Uint8Array;
}

/** The environment was ended while somebody still needed it; the message is the reason. */
export class EnvironmentEnded extends Error {
  override get name(): string {
    return 'EnvironmentEnded';
  }
}

export function withTail(outcome: Outcome, logTail: Uint8Array | undefined): InvocationAnswer {
  return logTail === undefined ? { outcome } : { outcome, logTail };
}
