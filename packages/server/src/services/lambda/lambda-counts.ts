/** What of Lambda waits and goes on beside the requests, in numbers. */
import type { EventSourceMappings } from '../../functions/event-source-mappings.ts';
import type { Clock } from '../../lib/clock.ts';
import type { MappingRunner, MappingState } from '../../sources/mapping-runner.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import { isEventPlace } from './async/stored-event.ts';
import type { AsyncCounts } from './lambda-deps.ts';

export interface LambdaCounts {
  readonly events: {
    readonly waiting: number;
    /** Until their next try. */
    readonly delayed: number;
    readonly running: number;
    /** Of those that do not run; 0 where there are none. */
    readonly oldestAgeMs: number;
  };
  readonly mappings: Readonly<Record<MappingState, number>>;
  /** Those that are enabled and cannot read their source. */
  readonly troubledMappings: number;
  readonly undelivered: Readonly<AsyncCounts>;
}

interface Counted {
  readonly queue: Pick<DurableQueue, 'names' | 'counts'>;
  readonly mappings: Pick<EventSourceMappings, 'all'>;
  readonly mappingRunner: Pick<MappingRunner, 'stateOf' | 'troubleOf'>;
  readonly asyncCounts: Readonly<AsyncCounts>;
  readonly clock: Clock;
}

export function countLambda(room: Counted): LambdaCounts {
  return {
    events: countEvents(room),
    mappings: countMappings(room),
    troubledMappings: countTroubled(room),
    undelivered: room.asyncCounts,
  };
}

function countEvents({ queue, clock }: Counted): LambdaCounts['events'] {
  const nowMs = clock.nowMs();
  const total = { waiting: 0, delayed: 0, running: 0, oldestAgeMs: 0 };
  for (const place of queue.names().filter(isEventPlace)) {
    const { visible, delayed, inFlight, oldestSentAtMs = nowMs } = queue.counts(place);
    total.waiting += visible;
    total.delayed += delayed;
    total.running += inFlight;
    total.oldestAgeMs = Math.max(total.oldestAgeMs, nowMs - oldestSentAtMs);
  }
  return total;
}

function countMappings({ mappings, mappingRunner }: Counted): LambdaCounts['mappings'] {
  const total = { Enabling: 0, Enabled: 0, Disabling: 0, Disabled: 0, Deleting: 0 };
  for (const mapping of mappings.all()) total[mappingRunner.stateOf(mapping)] += 1;
  return total;
}

function countTroubled({ mappings, mappingRunner }: Counted): number {
  let count = 0;
  for (const mapping of mappings.all()) {
    if (mappingRunner.troubleOf(mapping) !== undefined) count += 1;
  }
  return count;
}
