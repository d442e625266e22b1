/** The record of an event on its way to a destination, as each service is sent it. */
import type { CallAsCaller } from '../../../core/call-as.ts';
import { functionArn } from '../../../core/function-version.ts';
import { handOver, type BusEntry } from '../../hand-over.ts';
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
    case 'events': {
      const body = JSON.stringify(entryFor(target, performed, { text, nowMs }));
      return await handOver(room.callAs, caller, { target, body });
    }
    default:
      await room.callAs(caller, 's3', 'PutObject', {
        Bucket: rest.join(':'),
        Key: objectKey(performed.record.name, nowMs, room.ids.uuid()),
        Body: Buffer.from(text),
        ContentType: 'application/json',
      });
  }
}

function entryFor(
  bus: string,
  { record, event, condition }: PerformedEvent,
  { text, nowMs }: { readonly text: string; readonly nowMs: number },
): BusEntry {
  const outcome = condition === 'Success' ? 'Success' : 'Failure';
  return {
    // AWS: as recorded. Of `aws.lambda`, which its pages say now, only AWS may put events.
    Source: 'lambda',
    DetailType: `Lambda Function Invocation Result - ${outcome}`,
    Resources: [bus, functionArn(record, event.qualifier ?? '$LATEST')],
    Detail: text,
    Time: new Date(nowMs).toISOString(),
  };
}
