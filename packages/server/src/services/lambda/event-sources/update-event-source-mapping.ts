import type {
  EventSourceMappingConfiguration,
  UpdateEventSourceMappingRequest,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../../core/operation.ts';
import {
  eventSourceMappingArn,
  type EventSourceMappingRecord,
} from '../../../functions/event-source-mappings.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { mappingInUse } from '../lambda-errors.ts';
import { mappedFunction } from './batch-target.ts';
import { checkQueue } from './check-queue.ts';
import { checkedFunction, refuseDuplicate } from './create-event-source-mapping.ts';
import { findMapping, mappingPermission, showMapping, type ShownState } from './find-mapping.ts';
import { configureMapping } from './mapping-settings.ts';

export function updateEventSourceMapping(
  room: LambdaRoom,
): Operation<UpdateEventSourceMappingRequest, EventSourceMappingConfiguration> {
  return {
    name: 'UpdateEventSourceMapping',
    permissions: (input, context) => {
      const arn = eventSourceMappingArn(context, input.UUID ?? '');
      return [mappingPermission(room, 'UpdateEventSourceMapping', arn)];
    },
    handle: async (input, context) => {
      for (;;) {
        const record = findMapping(room, input, context);
        const state = room.mappingRunner.stateOf(record);
        if (state === 'Deleting' || state === 'Disabling') throw mappingInUse('update');
        const { uuid, source, tags } = record;
        const next: EventSourceMappingRecord = {
          ...(input.FunctionName === undefined
            ? mappedFunction(record)
            : checkedFunction(room, input.FunctionName, context)),
          ...configureMapping(record, input, source),
          lastModifiedMs: room.clock.nowMs(),
          uuid,
          source,
          tags,
        };
        await checkQueue(room, next, next.source);
        const isStored = await room.mappingLock.run(next.source, async () => {
          refuseDuplicate(room, next);
          // False when it changed just now: what there is now is what gets updated.
          return await room.mappings.replace(record, next);
        });
        if (!isStored) continue;
        room.mappingRunner.follow(next);
        return showMapping(next, transitionOf(record, next));
      }
    },
  };
}

function transitionOf(
  before: EventSourceMappingRecord,
  after: EventSourceMappingRecord,
): ShownState {
  if (before.wanted === after.wanted) return 'Updating';
  return after.wanted === 'enabled' ? 'Enabling' : 'Disabling';
}
