/** How an event ended, kept with it while somebody who is to be told cannot be reached. */
import type { PerformedEvent } from './performed-event.ts';

/** Who is told of the end of an event. */
export type Told = 'destination' | 'dead-letter queue';

export interface StoredEnd {
  readonly condition: PerformedEvent['condition'];
  readonly invocations: number;
  readonly result?: StoredResult;
  readonly untold: readonly Told[];
  /** How often telling them has failed. */
  readonly failures: number;
  readonly atMs: number;
}

interface StoredResult {
  readonly executedVersion: string;
  readonly functionError?: 'Handled' | 'Unhandled';
  readonly payloadBase64: string;
}

export function storedEnd(
  { condition, invocations, result }: PerformedEvent,
  waiting: Pick<StoredEnd, 'untold' | 'failures' | 'atMs'>,
): StoredEnd {
  return {
    condition,
    invocations,
    ...(result === undefined ? {} : { result: storedResult(result) }),
    ...waiting,
  };
}

function storedResult({
  executedVersion,
  functionError,
  payload,
}: NonNullable<PerformedEvent['result']>): StoredResult {
  return {
    executedVersion,
    ...(functionError === undefined ? {} : { functionError }),
    payloadBase64: Buffer.from(payload).toString('base64'),
  };
}

export function endOf({
  condition,
  invocations,
  result,
}: StoredEnd): Pick<PerformedEvent, 'condition' | 'invocations' | 'result'> {
  if (result === undefined) return { condition, invocations, result };
  const { payloadBase64, ...rest } = result;
  const payload = Buffer.from(payloadBase64, 'base64');
  return { condition, invocations, result: { ...rest, payload } };
}
