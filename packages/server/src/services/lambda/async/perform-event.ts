/**
 * One try of an asynchronous event: run it, and remove it, postpone it, or give it up to the
 * destination for failures and the dead-letter queue. It is removed after all that: a server that
 * ends between has it tried again.
 */
import { AwsError } from '../../../core/aws-error.ts';
import {
  DEFAULT_MAX_AGE_SECONDS,
  DEFAULT_MAX_RETRIES,
  obstacleOf,
  stepAfter,
  type AsyncRules,
} from '../../../core/async-event.ts';
import { Throttled, type InvocationResult } from '../../../core/invocation.ts';
import type { OperationContext } from '../../../core/operation.ts';
import type { FunctionRecord } from '../../../functions/function-record.ts';
import type { ReceivedEntry } from '../../../store/queue/durable-queue.ts';
import { admitInvocation, prepareInvocation } from '../prepare-invocation.ts';
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
  const tried = await tryOnce(room, record, event, entry);
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

interface Tried {
  readonly outcome: 'succeeded' | 'function-error' | 'refused' | 'looping';
  readonly isThrottled: boolean;
  readonly result: InvocationResult | undefined;
}

async function tryOnce(
  room: LambdaRoom,
  { account, region, name }: FunctionRecord,
  event: StoredEvent,
  entry: ReceivedEntry,
): Promise<Tried> {
  const context: OperationContext = {
    requestId: entry.id,
    account,
    region,
    principal: { kind: 'service', service: 'lambda.amazonaws.com' },
    endpoint: '',
    signal: never,
    ...(event.traceHeader === undefined ? {} : { traceHeader: event.traceHeader }),
  };
  const input = {
    FunctionName: name,
    Qualifier: event.qualifier,
    Payload: entry.body,
    ClientContext: event.clientContext,
    TenantId: event.tenantId,
  };
  try {
    const prepared = prepareInvocation(room, input, context);
    const waking = admitInvocation(room, prepared);
    if (waking !== undefined) await waking;
    const result = await room.invoker.invoke(prepared.request);
    const outcome = result.functionError === undefined ? 'succeeded' : 'function-error';
    return { outcome, isThrottled: false, result };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'RecursiveInvocationException') {
      return { outcome: 'looping', isThrottled: false, result: undefined };
    }
    // The caller was told of everything that is its own fault; what is left may be over later.
    const isExpected = error instanceof Throttled || error instanceof AwsError;
    if (!isExpected) room.logger.warn('event could not be run', { requestId: entry.id, error });
    return { outcome: 'refused', isThrottled: error instanceof Throttled, result: undefined };
  }
}

/** Nobody waits for it who could go away. */
const never = new AbortController().signal;
