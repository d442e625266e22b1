/**
 * Where the end of an asynchronous event is told: the destinations of its qualifier and, for what
 * failed, the dead-letter queue of the function. All of it in the name of the execution role. What
 * one of them refuses is counted and logged, and the event is over nevertheless, as on AWS
 * (DestinationDeliveryFailures, DeadLetterErrors); who cannot be reached is told later.
 */
import type { CallAsCaller } from '../../../core/call-as.ts';
import { RoleNotAssumable } from '../../../core/invocation.ts';
import type { FunctionSettings } from '../../../functions/function-record.ts';
import { mayTakeLater } from '../../hand-over.ts';
import { findQualified } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { eventInvokeConfigOf } from './event-invoke-config.ts';
import type { PerformedEvent } from './performed-event.ts';
import { sendDeadLetter } from './send-dead-letter.ts';
import { sendRecord } from './send-record.ts';
import type { Told } from './stored-end.ts';

/** Who does not answer within this is told later: others wait for their turn meanwhile. */
const ANSWER_MS = 15_000;

/** Tells those of `whom` that there are; resolves with the ones who may be told later. */
export async function deliver(
  room: LambdaRoom,
  performed: PerformedEvent,
  whom: readonly Told[],
): Promise<readonly Told[]> {
  const untold: Told[] = [];
  for (const each of whom) {
    const target = targetOf(performed, each);
    if (target === undefined) continue;
    if ((await attempt(room, performed, each, target)) === 'later') untold.push(each);
  }
  return untold;
}

function targetOf(performed: PerformedEvent, told: Told): string | undefined {
  const { record, event, condition } = performed;
  const isFailure = condition !== 'Success';
  if (told === 'dead-letter queue') {
    return isFailure ? settingsOf(performed).deadLetterArn : undefined;
  }
  const config = eventInvokeConfigOf(record, event.qualifier);
  return isFailure ? config?.onFailure : config?.onSuccess;
}

function settingsOf({ record, event }: PerformedEvent): FunctionSettings {
  return findQualified(record, event.qualifier)?.published?.settings ?? record.latest;
}

async function attempt(
  room: LambdaRoom,
  performed: PerformedEvent,
  told: Told,
  target: string,
): Promise<'over' | 'later'> {
  const send = told === 'destination' ? sendRecord : sendDeadLetter;
  try {
    await send(room, await callerFor(room, performed, target), target, performed);
    return 'over';
  } catch (error) {
    if (told === 'destination') room.asyncCounts.destinationDeliveryFailures += 1;
    else room.asyncCounts.deadLetterErrors += 1;
    const isOver = error instanceof RoleNotAssumable || !mayTakeLater(error);
    room.logger.warn(`the ${told} did not take an event`, {
      requestId: performed.entry.id,
      function: performed.record.name,
      target,
      isOver,
      error,
    });
    return isOver ? 'over' : 'later';
  }
}

async function callerFor(
  room: LambdaRoom,
  performed: PerformedEvent,
  target: string,
): Promise<CallAsCaller> {
  const { record, event } = performed;
  const { role } = settingsOf(performed);
  const session = await room.roles.assume(role, record.name, 'lambda.amazonaws.com');
  const [, , , region = ''] = target.split(':');
  return {
    principal: session.principal,
    account: record.account,
    region: region === '' ? record.region : region,
    ...(event.traceHeader === undefined ? {} : { traceHeader: event.traceHeader }),
    signal: AbortSignal.timeout(ANSWER_MS),
  };
}
