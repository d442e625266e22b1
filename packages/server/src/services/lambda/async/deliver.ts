/**
 * Where the end of an asynchronous event is told: the destinations of its qualifier and, for what
 * failed, the dead-letter queue of the function. All of it in the name of the execution role. A
 * destination that does not take it is counted and logged; the event is over nevertheless, as on
 * AWS (DestinationDeliveryFailures, DeadLetterErrors).
 */
import type { CallAsCaller } from '../../../core/call-as.ts';
import type { FunctionSettings } from '../../../functions/function-record.ts';
import { findQualified } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { destinationRecord, errorMessageOf, objectKey } from './destination-record.ts';
import { eventInvokeConfigOf } from './event-invoke-config.ts';
import type { PerformedEvent } from './performed-event.ts';

export async function deliver(room: LambdaRoom, performed: PerformedEvent): Promise<void> {
  const { record, event, condition } = performed;
  const config = eventInvokeConfigOf(record, event.qualifier);
  const settings = settingsOf(performed);
  const isFailure = condition !== 'Success';
  const destination = isFailure ? config?.onFailure : config?.onSuccess;
  if (destination !== undefined) {
    await attempt(room, performed, destination, 'destination', async (caller) =>
      sendRecord(room, caller, destination, performed),
    );
  }
  const { deadLetterArn: deadLetter } = settings;
  if (!isFailure || deadLetter === undefined) return;
  await attempt(room, performed, deadLetter, 'dead-letter queue', async (caller) =>
    sendDeadLetter(room, caller, deadLetter, performed),
  );
}

function settingsOf({ record, event }: PerformedEvent): FunctionSettings {
  return findQualified(record, event.qualifier)?.published?.settings ?? record.latest;
}

async function attempt(
  room: LambdaRoom,
  performed: PerformedEvent,
  target: string,
  kind: 'destination' | 'dead-letter queue',
  send: (caller: CallAsCaller) => Promise<unknown>,
): Promise<void> {
  const { record, event, entry } = performed;
  const { role } = settingsOf(performed);
  try {
    const session = await room.roles.assume(role, record.name, 'lambda.amazonaws.com');
    const [, , , region = ''] = target.split(':');
    await send({
      principal: session.principal,
      account: record.account,
      region: region === '' ? record.region : region,
      ...(event.traceHeader === undefined ? {} : { traceHeader: event.traceHeader }),
    });
  } catch (error) {
    if (kind === 'destination') room.asyncCounts.destinationDeliveryFailures += 1;
    else room.asyncCounts.deadLetterErrors += 1;
    room.logger.warn(`the ${kind} did not take an event`, {
      requestId: entry.id,
      function: record.name,
      target,
      error,
    });
  }
}

async function sendRecord(
  room: LambdaRoom,
  caller: CallAsCaller,
  target: string,
  performed: PerformedEvent,
): Promise<unknown> {
  const nowMs = room.clock.nowMs();
  const text = JSON.stringify(destinationRecord(performed, nowMs));
  const [, , service = '', , account, ...rest] = target.split(':');
  switch (service) {
    case 'sqs':
      return room.callAs(caller, 'sqs', 'SendMessage', {
        QueueUrl: `/${account}/${rest.join(':')}`,
        MessageBody: text,
      });
    case 'lambda':
      return room.callAs(caller, 'lambda', 'Invoke', {
        FunctionName: target,
        InvocationType: 'Event',
        Payload: Buffer.from(text),
      });
    default:
      return room.callAs(caller, 's3', 'PutObject', {
        Bucket: rest.join(':'),
        Key: objectKey(performed.record.name, nowMs, room.ids.uuid()),
        Body: Buffer.from(text),
        ContentType: 'application/json',
      });
  }
}

/** AWS: an attribute of a message holds the first KB of the error's message. */
const ERROR_MESSAGE_BYTES = 1_024;

async function sendDeadLetter(
  room: LambdaRoom,
  caller: CallAsCaller,
  target: string,
  performed: PerformedEvent,
): Promise<unknown> {
  const [, , , , account, name] = target.split(':');
  const message = errorMessageOf(performed).slice(0, ERROR_MESSAGE_BYTES);
  const text = (value: string): object => ({ DataType: 'String', StringValue: value });
  return room.callAs(caller, 'sqs', 'SendMessage', {
    QueueUrl: `/${account}/${name}`,
    MessageBody: Buffer.from(performed.entry.body).toString(),
    MessageAttributes: {
      RequestID: text(performed.entry.id),
      // AWS: the status with which the invocation was answered, 200 for an error of the function.
      ErrorCode: {
        DataType: 'Number',
        StringValue: performed.result === undefined ? '429' : '200',
      },
      ...(message === '' ? {} : { ErrorMessage: text(message) }),
    },
  });
}
