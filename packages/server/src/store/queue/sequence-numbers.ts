/**
 * Numbers that grow and are never given twice: a block of them is reserved on disk before the first
 * is given, and what a server left of its block is not given any more.
 */
import type { Store } from '../store.ts';

const BLOCK = 1_000_000;

export interface SequenceNumbers {
  /** All that an earlier server gave are at most this; all that this one gives are higher. */
  readonly lastOfEarlier: number;
  next(): number;
}

export async function openSequenceNumbers(store: Store): Promise<SequenceNumbers> {
  // There are entries above what is reserved where the database is older than its journal.
  const [row] = await store.read<{ last: number }>(
    `SELECT max(reserved, (SELECT ifnull(max(sequence), 0) FROM queue_entries)) AS last
     FROM queue_sequence`,
  );
  const lastOfEarlier = row?.last ?? 0;
  let last = lastOfEarlier;
  let reserved = last + BLOCK;
  await store.write([reservationOf(reserved)]);
  let isReserving = false;
  const reserve = async (): Promise<void> => {
    isReserving = true;
    try {
      await store.append([reservationOf(reserved + BLOCK)]);
      reserved += BLOCK;
    } catch {
      // The next number tries again: a disk that refuses this refuses what has the numbers as well.
    } finally {
      isReserving = false;
    }
  };
  return {
    lastOfEarlier,
    next: () => {
      last += 1;
      // Half a block early, so that it is durable before any of its numbers is given.
      if (!isReserving && last + BLOCK / 2 > reserved) void reserve();
      return last;
    },
  };
}

function reservationOf(reserved: number): {
  readonly sql: string;
  readonly params: readonly [number];
} {
  return { sql: 'UPDATE queue_sequence SET reserved = ?', params: [reserved] };
}
