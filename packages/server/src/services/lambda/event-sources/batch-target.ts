/** The function of an event source mapping, as a poller sees it. */
import { functionArn } from '../../../core/function-version.ts';
import { joinLineages, MOST_ROUNDS, withLineage } from '../../../core/lineage.ts';
import type { EventSourceMappingRecord } from '../../../functions/event-source-mappings.ts';
import type { FunctionRecord, FunctionSettings } from '../../../functions/function-record.ts';
import type { BatchTarget } from '../../../sources/poller.ts';
import { findQualified } from '../find-function.ts';
import { invokeAsPlatform } from '../invoke-as-platform.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { beginTrace } from '../tracing.ts';

/** `mapping` is asked each time: an update may name another function. */
export function batchTarget(
  room: LambdaRoom,
  mapping: () => EventSourceMappingRecord,
): BatchTarget {
  return {
    role: () => {
      const found = functionOf(room, mapping());
      if (found === undefined) return undefined;
      return { arn: found.settings.role, sessionName: found.record.name };
    },
    invoke: async ({ event, traceHeaders }) => {
      const { functionName, qualifier, ...owner } = mapping();
      // AWS: a batch begins a trace of its own.
      const found = functionOf(room, mapping());
      const begun = found && beginTrace(room, found.record, found.settings.tracing);
      const traceHeader = begun && joinLineages(begun, traceHeaders);
      const input = { FunctionName: functionName, Qualifier: qualifier, Payload: event };
      const requestId = room.ids.uuid();
      const tried = await invokeAsPlatform(room, owner, input, { requestId, traceHeader });
      if (tried.outcome === 'refused') return { kind: 'refused' };
      return tried.outcome === 'succeeded' && tried.result !== undefined
        ? { kind: 'succeeded', answer: tried.result.payload }
        : { kind: 'failed' };
    },
    isLooping: (traceHeader) => {
      const record = functionOf(room, mapping())?.record;
      if (record === undefined || record.recursiveLoop === 'Allow') return false;
      return withLineage(traceHeader, functionArn(record)).rounds >= MOST_ROUNDS;
    },
  };
}

export function functionOf(
  { functions }: Pick<LambdaRoom, 'functions'>,
  { account, region, functionName: name, qualifier }: MappedFunction,
): { readonly record: FunctionRecord; readonly settings: FunctionSettings } | undefined {
  const record = functions.find({ account, region, name });
  const qualified = record === undefined ? undefined : findQualified(record, qualifier);
  if (record === undefined || qualified === undefined) return undefined;
  return { record, settings: qualified.published?.settings ?? record.latest };
}

export type MappedFunction = Pick<
  EventSourceMappingRecord,
  'account' | 'region' | 'functionName' | 'qualifier'
>;

export function mappedFunction(record: EventSourceMappingRecord): MappedFunction {
  const { account, region, functionName, qualifier } = record;
  return { account, region, functionName, ...(qualifier === undefined ? {} : { qualifier }) };
}
