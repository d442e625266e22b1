/** Fills the queues of a server that starts with what an earlier one left, and tells how far it is. */
import { loadSteps } from './load-entries.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { OpenQueue } from './open-queue.ts';
import type { EntryRow } from './queue-rows.ts';

export interface LoadTarget {
  readonly open: (queue: string) => OpenQueue;
  readonly onDamage: (row: EntryRow) => void;
  /** Looked at after each step: nothing more is read. */
  readonly isOver: () => boolean;
}

/** Steps between two lines of the log. */
const STEPS_PER_LINE = 5;

/** `last`: the highest sequence number that an earlier server gave. */
export async function loadQueues(
  deps: DurableQueueDeps,
  last: number,
  { open, onDamage, isOver }: LoadTarget,
): Promise<void> {
  let steps = 0;
  let found = 0;
  for await (const { stretches, entries } of loadSteps(deps, last, onDamage)) {
    if (isOver()) return;
    for (const stretch of stretches) open(stretch.queue).backlog.addStretch(stretch);
    for (const entry of entries) open(entry.queue).index.add(entry);
    found = stretches.reduce((sum, { count }) => sum + count, found + entries.length);
    steps += 1;
    if (steps % STEPS_PER_LINE === 0) deps.logger.info('looking through what waits', { found });
  }
}
