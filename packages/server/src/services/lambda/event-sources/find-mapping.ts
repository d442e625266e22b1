/** From a UUID to a mapping, what a caller must be allowed on it, and how it is shown. */
import type { EventSourceMappingConfiguration } from '@aws-sdk/client-lambda';
import { functionArn } from '../../../core/function-version.ts';
import type { OperationContext, Permission } from '../../../core/operation.ts';
import {
  eventSourceMappingArn,
  type EventSourceMappingRecord,
} from '../../../functions/event-source-mappings.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { notFound } from '../lambda-errors.ts';
import { resourceTagConditions } from '../../tag-conditions.ts';
import type { MappedFunction } from './batch-target.ts';

export interface MappingRequest {
  readonly UUID: string | undefined;
}

export function findMapping(
  { mappings }: Pick<LambdaRoom, 'mappings'>,
  { UUID: uuid = '' }: MappingRequest,
  context: OperationContext,
): EventSourceMappingRecord {
  const found = mappings.find(eventSourceMappingArn(context, uuid));
  if (found === undefined) throw notFound('The resource you requested does not exist.');
  return found;
}

export function mappingPermission(
  { mappings }: Pick<LambdaRoom, 'mappings'>,
  action: string,
  arn: string,
): Permission {
  const record = mappings.find(arn);
  const permission = { action: `lambda:${action}`, resources: [arn] };
  if (record === undefined) return permission;
  const conditions = {
    'lambda:FunctionArn': mappedArn(record),
    ...resourceTagConditions(record.tags),
  };
  return { ...permission, conditions };
}

/** With the qualifier that was asked for. */
export function mappedArn({ functionName: name, qualifier, ...owner }: MappedFunction): string {
  return functionArn({ account: owner.account, region: owner.region, name }, qualifier);
}

/** Once it has been changed, AWS tells what is under way, whatever has been reached meanwhile. */
export type ShownState = NonNullable<EventSourceMappingConfiguration['State']>;

export function showMapping(
  record: EventSourceMappingRecord,
  state: ShownState,
): EventSourceMappingConfiguration {
  const { maximumConcurrency, filters } = record;
  return {
    UUID: record.uuid,
    BatchSize: record.batchSize,
    MaximumBatchingWindowInSeconds: record.windowSeconds,
    EventSourceArn: record.source,
    FunctionArn: mappedArn(record),
    LastModified: new Date(record.lastModifiedMs),
    State: state,
    StateTransitionReason: 'USER_INITIATED',
    FunctionResponseTypes: record.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    ...(filters.length === 0
      ? {}
      : { FilterCriteria: { Filters: filters.map((pattern) => ({ Pattern: pattern })) } }),
    ...(maximumConcurrency === undefined
      ? {}
      : { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    EventSourceMappingArn: eventSourceMappingArn(record, record.uuid),
  };
}
