import type { Principal } from './principal.ts';
import type { ServiceName } from './operation.ts';

export interface CallAsCaller {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
  /**
   * For a service principal: the resource for which the service acts, which resource policies
   * know as `aws:SourceArn` and `aws:SourceAccount`.
   */
  readonly source?: CallSource;
  /**
   * For a user or a role session: the service that goes on to another one in its name, such as
   * `lambda.amazonaws.com`, which policies know as `aws:CalledVia`.
   */
  readonly calledVia?: string;
  /** Of the invocation for which it acts: what it sets in motion carries the same trace on. */
  readonly traceHeader?: string;
  /** Aborted when nobody wants the answer any more: ends what only waits. */
  readonly signal?: AbortSignal;
  /** Only the right is asked for: who has it is answered `{}`, and nothing is done. */
  readonly isQuestion?: true;
}

export interface CallSource {
  readonly arn: string;
  readonly account: string;
}

/**
 * How one part of Hearth acts on another in somebody's name: authorised as any caller of the
 * API would be, then dispatched in process. Implemented by the gateway; everything that the
 * platform does for a function (its logs, destinations, pollers, code from S3) uses this alone,
 * so the execution role decides everywhere.
 *
 * A service principal has no identity policies: it may do what the policy of the resource allows.
 *
 * Rejects with the `AwsError` that the caller would have been answered.
 */
export type CallAs = (
  caller: CallAsCaller,
  service: ServiceName,
  operation: string,
  input: object,
) => Promise<object>;
