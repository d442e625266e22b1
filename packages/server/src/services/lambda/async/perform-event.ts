/**
 * One try of an asynchronous event: run it, and remove it, postpone it, or give it up to the
 * destination for failures and the dead-letter queue. It is removed after all that: a server that
 * ends between has it tried again. While somebody who is to be told cannot be reached, the event
 * waits with how it ended, and does not run again.
 */
import {
  DEFAULT_MAX_AGE_SECONDS,
  DEFAULT_MAX_RETRIES,
  obstacleOf,
  pauseAfter,
  stepAfter,
  type AsyncRules,
} from '../../../core/async-event.ts';
import type { FunctionRecord } from '../../../functions/function-record.ts';
import type { HowTried } from '../../../invoke/async/event-pumps.ts';
import type { ReceivedEntry } from '../../../store/queue/durable-queue.ts';
import { invokeAsPlatform } from '../invoke-as-platform.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { deliver } from './deliver.ts';
import { eventInvokeConfigOf } from './event-invoke-config.ts';
import { endOf, storedEnd } from './stored-end.ts';
import { keyOfPlace, type StoredEvent } from './stored-event.ts';
import type { PerformedEvent } from './performed-event.ts';

export async function performEvent(
  room: LambdaRoom,
  place: string,
  entry: ReceivedEntry,
  onTried: (how: HowTried) => void,
): Promise<void> {
  const event = JSON.parse(entry.attributes) as StoredEvent;
  const key = keyOfPlace(place);
  const record = room.functions.find(key);
  if (record === undefined) {
    // AWS: what waits for a function that was deleted is dropped.
    room.logger.warn('event dropped: its function is gone', { requestId: entry.id, ...key });
    await room.queue.remove(place, [entry.receipt]);
    return;
  }
  const known = { record, event, entry };
  if (event.end !== undefined) {
    onTried('not tried');
    await finish(room, place, { ...known, ...endOf(event.end) });
    return;
  }
  const rules = rulesOf(room, record, event);
  const ageMs = (): number => room.clock.nowMs() - entry.sentAtMs;
  const obstacle = obstacleOf(ageMs(), rules);
  const { invocations } = event.progress;
  if (obstacle !== undefined) {
    onTried('not tried');
    await finish(room, place, { ...known, result: undefined, invocations, condition: obstacle });
    return;
  }
  const input = {
    FunctionName: record.name,
    Qualifier: event.qualifier,
    Payload: entry.body,
    ClientContext: event.clientContext,
    TenantId: event.tenantId,
  };
  const tried = await invokeAsPlatform(room, record, input, {
    requestId: entry.id,
    traceHeader: event.traceHeader,
    event: { attempt: invocations + 1, acceptedAtMs: entry.sentAtMs },
  });
  onTried(tried.isThrottled ? 'throttled' : 'tried');
  if (tried.outcome === 'looping') {
    const over = { ...known, result: undefined, invocations, condition: 'RecursiveLoop' as const };
    await finish(room, place, over);
    return;
  }
  const step = stepAfter(tried.outcome, event.progress, rules, ageMs());
  if (step.kind === 'retry') {
    const next: StoredEvent = { ...event, progress: step.progress };
    await room.queue.postpone(place, entry.receipt, step.afterMs, JSON.stringify(next));
    return;
  }
  const condition = step.kind === 'done' ? ('Success' as const) : step.condition;
  const performed = { ...known, result: tried.result, invocations: invocations + 1, condition };
  await finish(room, place, performed);
}

async function finish(room: LambdaRoom, place: string, performed: PerformedEvent): Promise<void> {
  const { event, entry } = performed;
  const nowMs = room.clock.nowMs();
  const { untold: whom, failures, atMs } = event.end ?? { ...nobodyToldYet, atMs: nowMs };
  const untold = await deliver(room, performed, whom);
  if (untold.length > 0 && nowMs - atMs < TOLD_FOR_MS) {
    const end = storedEnd(performed, { untold, failures: failures + 1, atMs });
    const attributes = JSON.stringify({ ...event, end } satisfies StoredEvent);
    await room.queue.postpone(place, entry.receipt, pauseAfter(failures), attributes);
    return;
  }
  if (untold.length > 0) {
    const { name } = performed.record;
    room.logger.error('event dropped: who was to be told of its end could not be reached', {
      requestId: entry.id,
      function: name,
      untold,
    });
  }
  await room.queue.remove(place, [entry.receipt]);
}

const nobodyToldYet = { untold: ['destination', 'dead-letter queue'], failures: 0 } as const;
/** Ours, as long as AWS keeps an event that it cannot run: how long it is tried to tell of its end. */
const TOLD_FOR_MS = DEFAULT_MAX_AGE_SECONDS * 1_000;

function rulesOf(room: LambdaRoom, record: FunctionRecord, event: StoredEvent): AsyncRules {
  const config = eventInvokeConfigOf(record, event.qualifier);
  return {
    maxRetries: config?.maxRetries ?? DEFAULT_MAX_RETRIES,
    maxAgeMs: (config?.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS) * 1_000,
    isBlocked: record.reservedConcurrency === 0,
    firstRetryMs: room.asyncRetryMs,
  };
}
