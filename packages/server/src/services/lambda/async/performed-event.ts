/** An asynchronous event that is over, and how: what destinations are told. */
import type { FailureCondition } from '../../../core/async-event.ts';
import type { InvocationResult } from '../../../core/invocation.ts';
import type { FunctionRecord } from '../../../functions/function-record.ts';
import type { ReceivedEntry } from '../../../store/queue/durable-queue.ts';
import type { StoredEvent } from './stored-event.ts';

export interface PerformedEvent {
  readonly record: FunctionRecord;
  readonly event: StoredEvent;
  readonly entry: ReceivedEntry;
  /** Of the last try, where the function ran. */
  readonly result: ToldResult | undefined;
  /** How often it ran, this time included. */
  readonly invocations: number;
  readonly condition: 'Success' | FailureCondition;
}

export type ToldResult = Pick<InvocationResult, 'payload' | 'functionError' | 'executedVersion'>;
