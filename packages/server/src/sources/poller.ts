/**
 * The port of pollers: what takes records from a source, makes batches of them and has a function
 * invoked with each. One poller serves one event source mapping. `poller.testsuite.ts` is the
 * contract that the pollers of queues and of streams share.
 *
 * A record is done with when the function has answered for it or a filter left it out; until then
 * the source has it still, so that a server that ends at any moment loses none.
 */
import type { Closeable } from '../lib/lifetime.ts';
import type { RecordFilter } from './record-filter.ts';

export interface PollerSettings {
  readonly batchSize: number;
  /** How long a batch that is not full may wait for more records; 0: it goes at once. */
  readonly windowMs: number;
  /** Batches at once; undefined: as many as are worth it. */
  readonly maximumConcurrency: number | undefined;
  readonly filter: RecordFilter;
  /** Whether the answer tells which records of a batch failed; else all do, or none. */
  readonly reportsItemFailures: boolean;
}

/** `close()`: takes no more, and resolves when the batches that are under way have ended. */
export interface Poller extends Closeable {
  /** From the next batch on; batches that are under way end as they began. */
  reconfigure(settings: PollerSettings): void;
  /** Why nothing is taken from the source now; undefined where all is well. */
  readonly trouble: PollTrouble | undefined;
}

export interface PollTrouble {
  /** In the words of whoever refused. */
  readonly reason: string;
  readonly sinceMs: number;
}

/** Whom batches go to. Asked for each batch anew: functions, versions and roles change. */
export interface BatchTarget {
  /** The role in whose name the source is read; undefined while there is no such function. */
  role(): { readonly arn: string; readonly sessionName: string } | undefined;
  /** Never rejects for what the function does. */
  invoke(batch: Batch): Promise<BatchOutcome>;
  /** Whether a record that carries this trace has come from the function too often. */
  isLooping(traceHeader: string): boolean;
}

export interface Batch {
  /** The event as the function gets it. */
  readonly event: Uint8Array;
  /** Of its records, as far as they carry one. */
  readonly traceHeaders: readonly string[];
}

export type BatchOutcome =
  | { readonly kind: 'succeeded'; readonly answer: Uint8Array }
  /** By the function itself; the same records may fail again. */
  | { readonly kind: 'failed' }
  /** The function did not run (throttled, being made ready, a fault): it may later. */
  | { readonly kind: 'refused' };

/** A record as a batch holds it. */
export interface BatchRecord {
  /** By which the function's answer names it. */
  readonly id: string;
  /** JSON, as it stands in the event. */
  readonly text: string;
  readonly traceHeader?: string;
}
