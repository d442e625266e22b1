/** The operations on event source mappings that change no settings. */
import type {
  DeleteEventSourceMappingRequest,
  EventSourceMappingConfiguration,
  GetEventSourceMappingRequest,
  ListEventSourceMappingsRequest,
  ListEventSourceMappingsResponse,
} from '@aws-sdk/client-lambda';
import { resolveFunctionName } from '../../../core/function-name.ts';
import { functionArn } from '../../../core/function-version.ts';
import { MAPPINGS_PER_PAGE } from '../../../core/limits.ts';
import type { Operation } from '../../../core/operation.ts';
import { eventSourceMappingArn } from '../../../functions/event-source-mappings.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { mappingInUse } from '../lambda-errors.ts';
import { pageOf } from '../page.ts';
import { findMapping, mappedArn, mappingPermission, showMapping } from './find-mapping.ts';

export function getEventSourceMapping(
  room: LambdaRoom,
): Operation<GetEventSourceMappingRequest, EventSourceMappingConfiguration> {
  return {
    name: 'GetEventSourceMapping',
    permissions: (input, context) => {
      const arn = eventSourceMappingArn(context, input.UUID ?? '');
      return [mappingPermission(room, 'GetEventSourceMapping', arn)];
    },
    handle: async (input, context) => {
      const record = findMapping(room, input, context);
      return showMapping(record, room.mappingRunner.stateOf(record));
    },
  };
}

export function listEventSourceMappings(
  room: LambdaRoom,
): Operation<ListEventSourceMappingsRequest, ListEventSourceMappingsResponse> {
  return {
    name: 'ListEventSourceMappings',
    permissions: () => [{ action: 'lambda:ListEventSourceMappings', resources: ['*'] }],
    handle: async (input, context) => {
      const { EventSourceArn: source, FunctionName: name } = input;
      const address =
        name === undefined ? undefined : resolveFunctionName(name, undefined, context);
      const wanted = address && functionArn(address, address.qualifier);
      const matching = room.mappings
        .list(context)
        .filter((each) => source === undefined || each.source === source)
        .filter((each) => wanted === undefined || mappedArn(each) === wanted);
      const { items, marker } = pageOf(matching, ({ uuid }) => uuid, input, MAPPINGS_PER_PAGE);
      return {
        EventSourceMappings: items.map((each) =>
          showMapping(each, room.mappingRunner.stateOf(each)),
        ),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

/** AWS: what is in flight ends first; the mapping is `Deleting` until then. */
export function deleteEventSourceMapping(
  room: LambdaRoom,
): Operation<DeleteEventSourceMappingRequest, EventSourceMappingConfiguration> {
  return {
    name: 'DeleteEventSourceMapping',
    permissions: (input, context) => {
      const arn = eventSourceMappingArn(context, input.UUID ?? '');
      return [mappingPermission(room, 'DeleteEventSourceMapping', arn)];
    },
    handle: async (input, context) => {
      for (;;) {
        const record = findMapping(room, input, context);
        if (record.wanted === 'deleted') throw mappingInUse('delete');
        const next = { ...record, wanted: 'deleted' as const };
        // False when it changed just now: what there is now is what gets deleted.
        if (!(await room.mappings.replace(record, next))) continue;
        room.mappingRunner.follow(next);
        return showMapping(next, 'Deleting');
      }
    },
  };
}
