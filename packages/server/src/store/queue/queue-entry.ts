/**
 * An entry as the index keeps it: mostly without its content, so that a long queue is small in
 * memory. One that is moved becomes another entry.
 */
export interface QueueEntry {
  readonly sequence: number;
  readonly queue: string;
  readonly id: string;
  readonly lane: string;
  readonly isOrdered: boolean;
  readonly sentAtMs: number;
  readonly movedFrom: string | undefined;
  contentChecksum: number;
  receiveCount: number;
  firstReceivedAtMs: number;
  /** The newest; empty before it was received, and after it was postponed. */
  receipt: string;
  state: EntryState;
  /** On the monotonic clock: when `delayed` and `in-flight` end. A step of the wall clock ends none. */
  dueMs: number;
  /** Of one that was sent a short while ago (`content-cache.ts`); else it is read when it is needed. */
  content: EntryContent | undefined;
}

/** `removed`: still in a lane or a heap, where it is passed over. */
export type EntryState = 'visible' | 'delayed' | 'in-flight' | 'removed';

export interface EntryContent {
  readonly body: Uint8Array;
  readonly attributes: string;
}
