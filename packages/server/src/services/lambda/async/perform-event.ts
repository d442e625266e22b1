/**
 * One try of an asynchronous event: run it, and remove it, postpone it, or give it up to the
 * destination for failures and the dead-letter queue. It is removed after all that: a server that
 * ends between has it tried again.
 */
import {
  DEFAULT_MAX_AGE_SECONDS,
  DEFAULT_MAX_RETRIES,
  obstacleOf,
  stepAfter,
  type AsyncRules,
} from '../../../core/async-event.ts';
import type { FunctionRecord } from '../../../functions/function-record.ts';
import type { ReceivedEntry } from '../../../store/queue/durable-queue.ts';
import { invokeAsPlatform } from '../invoke-as-platform.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { deliver } from './deliver.ts';
import { eventInvokeConfigOf } from './event-invoke-config.ts';
import { keyOfPlace, type StoredEvent } from './stored-event.ts';
import type { PerformedEvent } from './performed-event.ts';

export async function performEvent(
  room: LambdaRoom,
  place: string,
  entry: ReceivedEntry,
): Promise<'tried' | 'throttled'> {
  const event = JSON.parse(entry.attributes) as StoredEvent;
  const key = keyOfPlace(place);
  const record = room.functions.find(key);
  if (record === undefined) {
    // AWS: what waits for a function that was deleted is dropped.
    room.logger.warn('event dropped: its function is gone', { requestId: entry.id, ...key });
    await room.queue.remove(place, [entry.receipt]);
    return 'tried';
  }
  const rules = rulesOf(room, record, event);
  const known = { record, event, entry };
  const obstacle = obstacleOf(room.clock.nowMs() - entry.sentAtMs, rules);
  const { invocations } = event.progress;
  if (obstacle !== undefined) {
    await finish(room, place, { ...known, result: undefined, invocations, condition: obstacle });
    return 'tried';
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
  });
  if (tried.outcome === 'looping') {
    const over = { ...known, result: undefined, invocations, condition: 'RecursiveLoop' as const };
    await finish(room, place, over);
    return 'tried';
  }
  const step = stepAfter(tried.outcome, event.progress, rules);
  if (step.kind === 'retry') {
    const next: StoredEvent = { ...event, progress: step.progress };
    await room.queue.hold(place, entry.receipt, step.afterMs, JSON.stringify(next));
    return tried.isThrottled ? 'throttled' : 'tried';
  }
  const condition = step.kind === 'done' ? ('Success' as const) : step.condition;
  const performed = { ...known, result: tried.result, invocations: invocations + 1, condition };
  await finish(room, place, performed);
  return 'tried';
}

async function finish(room: LambdaRoom, place: string, performed: PerformedEvent): Promise<void> {
  await deliver(room, performed);
  await room.queue.remove(place, [performed.entry.receipt]);
}

function rulesOf(room: LambdaRoom, record: FunctionRecord, event: StoredEvent): AsyncRules {
  const config = eventInvokeConfigOf(record, event.qualifier);
  return {
    maxRetries: config?.maxRetries ?? DEFAULT_MAX_RETRIES,
    maxAgeMs: (config?.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS) * 1_000,
    isBlocked: record.reservedConcurrency === 0,
    firstRetryMs: room.asyncRetryMs,
  };
}
