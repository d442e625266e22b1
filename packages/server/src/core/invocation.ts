/** What a caller of the invoke room hands over and gets back. Implemented by `invoke/`. */
import type { FunctionVersion } from './function-version.ts';
import type { ProvisionedCapacity } from './provisioned.ts';
import type { Outcome } from './outcome.ts';
import type { InvocationTrace } from './trace.ts';
import type { ResponseSink } from './response-sink.ts';

export interface InvocationRequest {
  readonly requestId: string;
  readonly version: FunctionVersion;
  /** The ARN as the caller meant it: with a qualifier only where one was given. */
  readonly invokedArn: string;
  /** The event, unparsed; never empty (`{}` stands for no payload). */
  readonly payload: Uint8Array;
  /** The decoded JSON text of X-Amz-Client-Context. */
  readonly clientContext?: string;
  /** `Root=1-...;Parent=...;Sampled=0`; made where the caller sent none. */
  readonly traceHeader?: string;
  /** Where its segments are kept: the header tells the function the same. */
  readonly trace?: InvocationTrace;
  readonly wantsLogTail: boolean;
  /** Of a function with tenant isolation: an environment serves the tenant that it began with. */
  readonly tenantId?: string;
  /** What the function may have; without one, as all functions that have nothing reserved. */
  readonly share?: ConcurrencyShare;
  /**
   * Gets what a streaming function writes, as it is written; the result's payload is empty then.
   * A function that does not stream leaves it alone.
   */
  readonly sink?: ResponseSink;
}

/** Reserved concurrency is one number for all versions of a function. */
export type ConcurrencyShare =
  | { readonly kind: 'reserved'; readonly limit: number }
  /** `reservedByOthers`: what the account's other functions have taken from its limit. */
  | { readonly kind: 'unreserved'; readonly reservedByOthers: number };

export interface InvocationResult {
  readonly outcome: Outcome;
  /** The body of the answer: the function's own, or Lambda's JSON for a failed one. */
  readonly payload: Uint8Array;
  /** X-Amz-Function-Error. */
  readonly functionError?: 'Unhandled' | 'Handled';
  readonly executedVersion: string;
  /** The last 4 KB of this invocation's log, where asked for. */
  readonly logTail?: Uint8Array;
}

export interface Invoker {
  /** Resolves with whatever the function did. Rejects with `Throttled` or a platform fault. */
  invoke(request: InvocationRequest): Promise<InvocationResult>;
  /**
   * A version (`versionArn`; the function's ARN is that of `$LATEST`) was updated or deleted: its
   * environments of other incarnations end as soon as they are idle. Without `keepIncarnation`
   * all of them do.
   */
  retire(versionArn: string, keepIncarnation?: string): void;
  /**
   * So many environments of a published version are to be initialised at any time; 0 ends them.
   * To be said again after a restart.
   */
  provision(version: FunctionVersion, count: number): void;
  provisioned(version: FunctionVersion): ProvisionedCapacity;
  /** There is such a function, and it may be invoked soon: what can be made ready ahead may be. */
  expect(version: Pick<FunctionVersion, 'runtime'>): void;
}

export type ThrottleReason =
  | 'ConcurrentInvocationLimitExceeded'
  | 'ReservedFunctionConcurrentInvocationLimitExceeded'
  | 'FunctionInvocationRateLimitExceeded'
  | 'ReservedFunctionInvocationRateLimitExceeded';

/** No capacity for one more invocation now. */
export class Throttled extends Error {
  readonly reason: ThrottleReason;
  constructor(reason: ThrottleReason) {
    super('Rate Exceeded.');
    this.reason = reason;
  }
  override get name(): string {
    return 'Throttled';
  }
}

/** The execution role is gone or no longer trusts Lambda. */
export class RoleNotAssumable extends Error {
  override get name(): string {
    return 'RoleNotAssumable';
  }
}
