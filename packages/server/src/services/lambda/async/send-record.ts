/** The record of an event on its way to a destination, as each service is sent it. */
import type { CallAsCaller } from '../../../core/call-as.ts';
import { AwsError } from '../../../core/aws-error.ts';
import { functionArn } from '../../../core/function-version.ts';
import { handOver } from '../../hand-over.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { destinationRecord, objectKey, withoutPayloads } from './destination-record.ts';
import type { PerformedEvent } from './performed-event.ts';

/** AWS: what SNS takes. */
const TOPIC_BYTES = 262_144;

export async function sendRecord(
  room: LambdaRoom,
  caller: CallAsCaller,
  target: string,
  performed: PerformedEvent,
): Promise<void> {
  const nowMs = room.clock.nowMs();
  const record = destinationRecord(performed, nowMs);
  const text = JSON.stringify(record);
  const [, , service = '', , , ...rest] = target.split(':');
  switch (service) {
    case 'sqs':
    case 'lambda':
      return await handOver(room.callAs, caller, { target, body: text });
    case 'sns': {
      // AWS: of what failed at least that is told; the payloads are left out.
      const isTooLong = Buffer.byteLength(text) > TOPIC_BYTES && performed.condition !== 'Success';
      const body = isTooLong ? JSON.stringify(withoutPayloads(record)) : text;
      return await handOver(room.callAs, caller, { target, body });
    }
    case 'events':
      await putOnBus(room, caller, target, { performed, text, nowMs });
      return;
    default:
      await room.callAs(caller, 's3', 'PutObject', {
        Bucket: rest.join(':'),
        Key: objectKey(performed.record.name, nowMs, room.ids.uuid()),
        Body: Buffer.from(text),
        ContentType: 'application/json',
      });
  }
}

interface ForBus {
  readonly performed: PerformedEvent;
  readonly text: string;
  readonly nowMs: number;
}

async function putOnBus(
  { callAs }: LambdaRoom,
  caller: CallAsCaller,
  bus: string,
  { performed: { record, event, condition }, text, nowMs }: ForBus,
): Promise<void> {
  const outcome = condition === 'Success' ? 'Success' : 'Failure';
  const entry = {
    // AWS: as recorded. Of `aws.lambda`, which its pages say now, only AWS may put events.
    Source: 'lambda',
    DetailType: `Lambda Function Invocation Result - ${outcome}`,
    Resources: [bus, functionArn(record, event.qualifier ?? '$LATEST')],
    Detail: text,
    EventBusName: bus,
    Time: new Date(nowMs),
  };
  const answer = (await callAs(caller, 'events', 'PutEvents', { Entries: [entry] })) as PutAnswer;
  const { ErrorCode: code, ErrorMessage: message = '' } = answer.Entries?.[0] ?? {};
  if (code === undefined) return;
  // A bus answers 200 and says of each event what became of it.
  const isOfBus = code === 'InternalFailure' || code === 'InternalException';
  throw new AwsError(code, isOfBus ? 500 : 400, message);
}

interface PutAnswer {
  readonly Entries?: readonly { readonly ErrorCode?: string; readonly ErrorMessage?: string }[];
}
