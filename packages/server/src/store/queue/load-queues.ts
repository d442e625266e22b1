/** Fills the queues of a server that starts with what an earlier one left, and tells how far it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readStep, type LoadedStep } from './load-entries.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { OpenQueue } from './open-queue.ts';
import type { EntryRow } from './queue-rows.ts';

export interface LoadTarget {
  readonly open: (queue: string) => OpenQueue;
  readonly onDamage: (row: EntryRow) => void;
  /** A step could not be read; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** Nothing more is read. */
  readonly ending: AbortSignal;
}

/** Steps between two lines of the log. */
const STEPS_PER_LINE = 5;
/** A disk that was full may have room again. */
const RETRY_AFTER_MS = 250;

/** `last`: the highest sequence number that an earlier server gave. */
export async function loadQueues(
  deps: DurableQueueDeps,
  last: number,
  target: LoadTarget,
): Promise<void> {
  let found = 0;
  for (let [done, steps] = [-1, 1]; ; steps += 1) {
    const step = await readPersistently(deps, done, last, target);
    if (step === undefined || target.ending.aborted) return;
    for (const stretch of step.stretches) target.open(stretch.queue).backlog.addStretch(stretch);
    for (const entry of step.entries) target.open(entry.queue).index.add(entry);
    found = step.stretches.reduce((sum, { count }) => sum + count, found + step.entries.length);
    if (steps % STEPS_PER_LINE === 0) deps.logger.info('looking through what waits', { found });
    done = step.to;
  }
}

async function readPersistently(
  deps: DurableQueueDeps,
  done: number,
  last: number,
  { onDamage, onTrouble, ending }: LoadTarget,
): Promise<LoadedStep | undefined> {
  while (!ending.aborted) {
    try {
      return await readStep(deps, done, last, onDamage);
    } catch (error) {
      if (!ending.aborted) onTrouble(error);
      await sleep(RETRY_AFTER_MS, undefined, { signal: ending }).catch(() => {});
    }
  }
  return undefined;
}
