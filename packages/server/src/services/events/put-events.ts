/** PutEvents: each entry is an event of its own, and one that is refused keeps no other back. */
import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import { withoutLineage } from '../../core/lineage.ts';
import type { Operation, OperationContext, ResourcePolicy } from '../../core/operation.ts';
import type { Ids } from '../../lib/ids.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import { remembered } from '../../lib/remembered.ts';
import { parsedObject } from '../../lib/parsed-object.ts';
import type { Validated } from '../validated.ts';
import { eventTime } from './bus-event.ts';
import { DEFAULT_BUS } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { cannotYet } from './events-errors.ts';
import { busKey, busPermission } from './find-bus.ts';
import type { PublishedEvent, Publisher } from './publish.ts';

export interface PutEventsDeps {
  readonly room: EventsRoom;
  readonly publisher: Publisher;
  readonly ids: Ids;
}

/** AWS: of all entries together, 1 MB since January 2026. */
const MOST_BYTES = 1_048_576;
/** AWS counts a time as so many. */
const TIME_BYTES = 14;

export function putEvents(
  deps: PutEventsDeps,
): Operation<Validated<PutEventsRequest>, PutEventsResponse> {
  return {
    name: 'PutEvents',
    permissions: ({ Entries: entries }, context) =>
      entries.map((entry) => {
        const { Source: source, DetailType: detailType, EventBusName: bus } = entry;
        const key = busKey(bus, context);
        const permission = busPermission(deps.room, 'PutEvents', key, {
          ...(source === undefined ? {} : { 'events:source': source }),
          ...(detailType === undefined ? {} : { 'events:detail-type': detailType }),
        });
        const service = ownerOf(context, source);
        return service !== undefined && key.name === DEFAULT_BUS
          ? { ...permission, resourcePolicy: serviceMayPut(service) }
          : permission;
      }),
    handle: async ({ Entries: entries, EndpointId: endpoint }, context) => {
      if (endpoint !== undefined) throw cannotYet('global endpoints (EndpointId)');
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (bytes > MOST_BYTES) {
        throw validationException('Total size of the entries in the request is over the limit.');
      }
      const taken = entries.map((entry) => take(deps, entry, context));
      await deps.publisher.publish(taken.flatMap((each) => ('event' in each ? [each] : [])));
      return {
        FailedEntryCount: taken.filter((each) => 'ErrorCode' in each).length,
        Entries: taken.map((each) => ('event' in each ? { EventId: each.event.id } : each)),
      };
    },
  };
}

/** AWS: its services put their events on the default bus of an account, whatever policy that has. */
const serviceMayPut = remembered((service: string): ResourcePolicy => {
  const statement: PolicyStatement = {
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'events:PutEvents',
    Resource: '*',
  };
  return { Version: '2012-10-17', Statement: [statement] };
});

/** The service whose events have that source, where it is who asks: `aws.s3` is S3's. */
function ownerOf({ principal }: OperationContext, source: string | undefined): string | undefined {
  if (principal.kind !== 'service') return undefined;
  return `aws.${principal.service}` === `${source}.amazonaws.com` ? principal.service : undefined;
}

type Refused = Required<Pick<PutEventsResultEntry, 'ErrorCode' | 'ErrorMessage'>>;

function take(
  { room, ids }: PutEventsDeps,
  entry: PutEventsRequestEntry,
  context: OperationContext,
): PublishedEvent | Refused {
  const { Source: source = '', DetailType: type = '', Detail: text = '' } = entry;
  const missing = Object.entries({ Source: source, DetailType: type, Detail: text }).find(
    ([, value]) => value === '',
  );
  if (missing !== undefined) return missingArgument(missing[0]);
  if (source.startsWith('aws.') && ownerOf(context, source) === undefined) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  }
  const detail = parsedObject(text);
  if (detail === undefined) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  const bus = busKey(entry.EventBusName, context);
  const traceHeader = entry.TraceHeader ?? context.traceHeader;
  const head = {
    version: '0',
    id: ids.uuid(),
    'detail-type': type,
    source,
    account: context.account,
    time: eventTime(entry.Time?.getTime() ?? room.clock.nowMs()),
    region: bus.region,
    resources: entry.Resources ?? [],
  } as const;
  return {
    bus,
    event: { ...head, detail },
    text: `${JSON.stringify(head).slice(0, -1)},"detail":${text.trim()}}`,
    ...(traceHeader === undefined ? {} : { traceHeader: withoutLineage(traceHeader) }),
  };
}

function missingArgument(name: string): Refused {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
function sizeOf(entry: PutEventsRequestEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
  return bytes + (entry.Time === undefined ? 0 : TIME_BYTES);
}
