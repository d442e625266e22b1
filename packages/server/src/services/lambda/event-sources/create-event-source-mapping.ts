import type {
  CreateEventSourceMappingRequest,
  EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import { parseFunctionName, resolveFunctionName } from '../../../core/function-name.ts';
import { TAGS_PER_RESOURCE } from '../../../core/limits.ts';
import type { Operation, OperationContext } from '../../../core/operation.ts';
import type { EventSourceMappingRecord } from '../../../functions/event-source-mappings.ts';
import { withRequestTags } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { invalidParameter, resourceConflict } from '../lambda-errors.ts';
import { refuseForTenants } from '../tenancy.ts';
import { functionOf, type MappedFunction } from './batch-target.ts';
import { checkQueue } from './check-queue.ts';
import { mappedArn, showMapping } from './find-mapping.ts';
import { configureMapping, DEFAULT_MAPPING } from './mapping-settings.ts';
import { checkedSource } from './source-arn.ts';

export function createEventSourceMapping(
  room: LambdaRoom,
): Operation<CreateEventSourceMappingRequest, EventSourceMappingConfiguration> {
  return {
    name: 'CreateEventSourceMapping',
    permissions: (input, context) => {
      const { name, ...parts } = parseFunctionName(input.FunctionName ?? '');
      const mapped = { ...context, ...parts, functionName: name };
      const conditions = { 'lambda:FunctionArn': mappedArn(mapped) };
      const create = { action: 'lambda:CreateEventSourceMapping', resources: ['*'], conditions };
      return [input.Tags === undefined ? create : withRequestTags(create, input.Tags)];
    },
    handle: async (input, context) => {
      const source = checkedSource(input, context);
      const mapped = checkedFunction(room, input.FunctionName ?? '', context);
      const { Tags: tags = {} } = input;
      if (Object.keys(tags).length > TAGS_PER_RESOURCE) {
        throw invalidParameter('Number of tags exceeds resource tag limit.');
      }
      const record: EventSourceMappingRecord = {
        ...mapped,
        ...configureMapping(DEFAULT_MAPPING, input, source),
        uuid: room.ids.uuid(),
        source,
        lastModifiedMs: room.clock.nowMs(),
        tags,
      };
      await checkQueue(room, mapped, source);
      // Two with the same source and function must not both find that there is none.
      await room.mappingLock.run(source, async () => {
        refuseDuplicate(room, record);
        await room.mappings.insert(record);
      });
      room.mappingRunner.follow(record);
      return showMapping(record, 'Creating');
    },
  };
}

/** AWS: tells that it is not there without a ResourceNotFoundException. */
export function checkedFunction(
  room: LambdaRoom,
  text: string,
  context: OperationContext,
): MappedFunction {
  const { account, region, name, qualifier } = resolveFunctionName(text, undefined, context);
  const mapped = {
    account,
    region,
    functionName: name,
    ...(qualifier === undefined ? {} : { qualifier }),
  };
  const found = functionOf(room, mapped);
  if (found === undefined) throw invalidParameter('Function does not exist');
  refuseForTenants(found.record, 'An event source mapping');
  return mapped;
}

/** Others than itself. */
export function refuseDuplicate(room: LambdaRoom, record: EventSourceMappingRecord): void {
  const same = room.mappings
    .list(record)
    .find(
      (each) =>
        each.uuid !== record.uuid &&
        each.source === record.source &&
        mappedArn(each) === mappedArn(record),
    );
  if (same === undefined) return;
  // AWS: with these blanks.
  throw resourceConflict(
    `An event source mapping with SQS arn (" ${record.source} ") and function (" ${record.functionName} ") already exists. Please update or delete the existing mapping with UUID ${same.uuid}`,
  );
}
