/** Event buses: made, shown, listed, changed and deleted. */
import type {
  CreateEventBusRequest,
  CreateEventBusResponse,
  DeleteEventBusRequest,
  DescribeEventBusRequest,
  DescribeEventBusResponse,
  EventBus,
  ListEventBusesRequest,
  ListEventBusesResponse,
  UpdateEventBusRequest,
  UpdateEventBusResponse,
} from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import { busArn, busOrNew, DEFAULT_BUS, type BusRecord } from './bus-record.ts';
import type { EventsRoom } from './events-deps.ts';
import { busExists, busNotFound, cannotYet, tooMany } from './events-errors.ts';
import { busKey, busPermission, isThere } from './find-bus.ts';
import { pageOf } from '../page.ts';
import type { NamedKey } from '../record-repository.ts';
import { busNameOf } from './rule-record.ts';
import { readTags } from './tags.ts';

/** AWS: an account has so many. */
const BUSES = 100;

export function createEventBus(
  room: EventsRoom,
): Operation<Validated<CreateEventBusRequest>, CreateEventBusResponse> {
  return {
    name: 'CreateEventBus',
    permissions: ({ Name: name, Tags: tags }, { account, region }) => [
      busPermission(
        room,
        'CreateEventBus',
        { account, region, name },
        requestTagConditions(tagRecord(tags)),
      ),
    ],
    handle: async (input, { account, region }) => {
      const { Name: name, Description: description } = input;
      refuseUnsupported(input);
      if (room.forwards) throw cannotYet('buses of its own beside HEARTH_UPSTREAM_EVENTS');
      if (input.EventSourceName !== undefined || name.includes('/')) {
        throw cannotYet('buses of partners (EventSourceName)');
      }
      const key = { account, region, name };
      if (name === DEFAULT_BUS) throw busExists(name);
      const tags = readTags(input.Tags);
      await room.buses.change(key, (record) => {
        if (record !== undefined) throw busExists(name);
        if (room.buses.list(key).length >= BUSES) throw tooMany();
        const bus = { ...busOrNew(undefined, key, room.clock.nowMs()), tags };
        return description === undefined ? bus : { ...bus, description };
      });
      return {
        EventBusArn: busArn(key),
        ...(description === undefined ? {} : { Description: description }),
      };
    },
  };
}

export function updateEventBus(
  room: EventsRoom,
): Operation<Validated<UpdateEventBusRequest>, UpdateEventBusResponse> {
  return {
    name: 'UpdateEventBus',
    permissions: ({ Name: name }, context) => [
      busPermission(room, 'UpdateEventBus', busKey(name, context)),
    ],
    handle: async (input, context) => {
      const key = busKey(input.Name, context);
      refuseUnsupported(input);
      if (!isThere(room, key)) throw busNotFound(key.name);
      const { Description: description } = input;
      await room.buses.change(key, (record) => {
        if (record === undefined && key.name !== DEFAULT_BUS) throw busNotFound(key.name);
        const bus = busOrNew(record, key, room.clock.nowMs());
        return description === undefined ? bus : { ...bus, description };
      });
      const { description: shown } = room.buses.find(key) ?? {};
      return {
        Arn: busArn(key),
        Name: key.name,
        ...(shown === undefined ? {} : { Description: shown }),
      };
    },
  };
}

export function describeEventBus(
  room: EventsRoom,
): Operation<Validated<DescribeEventBusRequest>, DescribeEventBusResponse> {
  return {
    name: 'DescribeEventBus',
    permissions: ({ Name: name }, context) => [
      busPermission(room, 'DescribeEventBus', busKey(name, context)),
    ],
    handle: async ({ Name: name }, context) => {
      const key = busKey(name, context);
      if (!isThere(room, key)) throw busNotFound(key.name);
      return show(key, room.buses.find(key));
    },
  };
}

export function listEventBuses(
  room: EventsRoom,
): Operation<Validated<ListEventBusesRequest>, ListEventBusesResponse> {
  return {
    name: 'ListEventBuses',
    permissions: (_, { account, region }) => [
      {
        action: 'events:ListEventBuses',
        resources: [`arn:aws:events:${region}:${account}:event-bus/*`],
      },
    ],
    handle: async ({ NamePrefix: prefix = '', ...page }, { account, region }) => {
      const names = room.buses.list({ account, region }).map(({ name }) => name);
      const found = [...new Set([...names, DEFAULT_BUS])]
        .filter((name) => name.startsWith(prefix))
        .sort();
      const { items, next } = pageOf(found, (name) => name, page);
      const buses = items.map((name) => {
        const key = { account, region, name };
        return show(key, room.buses.find(key));
      });
      return { EventBuses: buses, ...next };
    },
  };
}

/** AWS: a bus that is not there is deleted all the same. */
export function deleteEventBus(room: EventsRoom): Operation<Validated<DeleteEventBusRequest>> {
  return {
    name: 'DeleteEventBus',
    permissions: ({ Name: name }, context) => [
      busPermission(room, 'DeleteEventBus', busKey(name, context)),
    ],
    handle: async ({ Name: name }, context) => {
      const key = busKey(name, context);
      if (key.name === DEFAULT_BUS) {
        throw validationException(`Cannot delete event bus ${DEFAULT_BUS}.`);
      }
      await room.buses.change(key, () => {
        if (room.rules.list(key).some((rule) => busNameOf(rule) === key.name)) {
          throw validationException("EventBus can't be deleted since it has rules.");
        }
        return undefined;
      });
      return {};
    },
  };
}

/** What would have no effect here. */
function refuseUnsupported(
  input: Pick<CreateEventBusRequest, 'KmsKeyIdentifier' | 'DeadLetterConfig' | 'LogConfig'>,
): void {
  if ((input.KmsKeyIdentifier ?? '') !== '') throw cannotYet('keys of buses (KmsKeyIdentifier)');
  if (input.DeadLetterConfig?.Arn !== undefined) {
    throw cannotYet('dead-letter queues of buses (those of targets act)');
  }
  if ((input.LogConfig?.Level ?? 'OFF') !== 'OFF') throw cannotYet('logs of buses (LogConfig)');
}

/** Of the default bus AWS tells no times. */
function show(key: NamedKey, record: BusRecord | undefined): EventBus {
  const times =
    record === undefined || key.name === DEFAULT_BUS
      ? {}
      : {
          CreationTime: new Date(record.createdMs),
          LastModifiedTime: new Date(record.modifiedMs),
        };
  return {
    Name: key.name,
    Arn: busArn(key),
    ...(record?.description === undefined ? {} : { Description: record.description }),
    ...(record?.policy === undefined ? {} : { Policy: JSON.stringify(record.policy) }),
    ...times,
  };
}
