/**
 * Numbers that grow and are never given twice: a block of them is reserved on disk before the first
 * is given, and what a server left of its block is not given any more.
 */
import type { Statement, Store } from '../store.ts';

const BLOCK = 1_000_000;

export interface SequenceNumbers {
  /** All that an earlier server gave are at most this; all that this one gives are higher. */
  readonly lastOfEarlier: number;
  /** With the statement that must be written together with what has the number. */
  next(): { readonly sequence: number; readonly reservation: readonly Statement[] };
}

export async function openSequenceNumbers(store: Store): Promise<SequenceNumbers> {
  const [row] = await store.read<{ reserved: number }>('SELECT reserved FROM queue_sequence');
  let last = row?.reserved ?? 0;
  let reserved = last + BLOCK;
  await store.write([reservationOf(reserved)]);
  return {
    lastOfEarlier: last,
    next: () => {
      last += 1;
      if (last < reserved) return { sequence: last, reservation: none };
      reserved += BLOCK;
      return { sequence: last, reservation: [reservationOf(reserved)] };
    },
  };
}

const none: readonly Statement[] = [];

/** Of two that overtake each other in failing batches, the higher one stays. */
function reservationOf(reserved: number): Statement {
  return { sql: 'UPDATE queue_sequence SET reserved = max(reserved, ?)', params: [reserved] };
}
