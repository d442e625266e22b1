import type {
  BatchGetTracesRequest,
  BatchGetTracesResult,
  Trace as ShownTrace,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { assembleTrace, traceDuration, type Trace } from './trace.ts';
import type { XrayRoom } from './xray-deps.ts';
import { invalidRequest } from './xray-errors.ts';

/** AWS: more traces are not told in one answer. */
const TRACES_PER_BATCH = 5;

export function batchGetTraces(
  room: XrayRoom,
): Operation<Validated<BatchGetTracesRequest>, BatchGetTracesResult> {
  return {
    name: 'BatchGetTraces',
    permissions: () => [{ action: 'xray:BatchGetTraces', resources: ['*'] }],
    handle: async ({ TraceIds: ids }, { account, region }) => {
      checkBatch(ids);
      const traces = await room.segments.find({ account, region }, ids);
      const found = new Set(traces.map(({ id }) => id));
      return {
        Traces: traces.map((each) => show(assembleTrace(each))),
        UnprocessedTraceIds: ids.filter((id) => !found.has(id)),
      };
    },
  };
}

export function checkBatch(ids: readonly string[]): void {
  if (ids.length > TRACES_PER_BATCH) {
    throw invalidRequest(`TraceIds may hold ${TRACES_PER_BATCH} trace ids at most.`);
  }
}

function show(trace: Trace): ShownTrace {
  return {
    Id: trace.id,
    Duration: traceDuration(trace),
    LimitExceeded: trace.isLimitExceeded,
    Segments: trace.segments.map((each) => ({ Id: each.id, Document: JSON.stringify(each) })),
  };
}
