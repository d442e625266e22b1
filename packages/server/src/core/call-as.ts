import type { Principal } from './principal.ts';
import type { ServiceName } from './operation.ts';

/**
 * How one part of Hearth acts on another in somebody's name: authorised as any caller of the
 * API would be, then dispatched in process. Implemented by the gateway; everything that the
 * platform does for a function (its logs, destinations, pollers, code from S3) uses this alone,
 * so the execution role decides everywhere.
 *
 * Rejects with the `AwsError` that the caller would have been answered.
 */
export type CallAs = (
  caller: { readonly principal: Principal; readonly account: string; readonly region: string },
  service: ServiceName,
  operation: string,
  input: object,
) => Promise<object>;
