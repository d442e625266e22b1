/** An event that failed on its way to the dead-letter queue, or topic, of its function. */
import type { CallAsCaller } from '../../../core/call-as.ts';
import { handOver } from '../../hand-over.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { errorMessageOf } from './destination-record.ts';
import type { PerformedEvent } from './performed-event.ts';

/** AWS: an attribute of a message holds the first KB of the error's message. */
const ERROR_MESSAGE_BYTES = 1_024;

export async function sendDeadLetter(
  { callAs }: LambdaRoom,
  caller: CallAsCaller,
  target: string,
  performed: PerformedEvent,
): Promise<void> {
  const body = Buffer.from(performed.entry.body).toString();
  const attributes = attributesOf(performed);
  await handOver(callAs, caller, { target, body, attributes });
}

function attributesOf(performed: PerformedEvent): object {
  const message = errorMessageOf(performed).slice(0, ERROR_MESSAGE_BYTES);
  const text = (value: string): object => ({ DataType: 'String', StringValue: value });
  return {
    RequestID: text(performed.entry.id),
    // AWS: the status with which the invocation was answered, 200 for an error of the function.
    ErrorCode: {
      DataType: 'Number',
      StringValue: performed.result === undefined ? '429' : '200',
    },
    ...(message === '' ? {} : { ErrorMessage: text(message) }),
  };
}
