/** The graph of the services of a time, and that of single traces. */
import type {
  GetServiceGraphRequest,
  GetServiceGraphResult,
  GetTraceGraphRequest,
  GetTraceGraphResult,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkBatch } from './batch-get-traces.ts';
import type { TracePosition } from './segment-repository.ts';
import { ServiceGraph } from './service-graph.ts';
import { rangeOf } from './time-range.ts';
import { assembleTrace } from './trace.ts';
import type { XrayRoom } from './xray-deps.ts';
import { cannotYet } from './xray-errors.ts';

/** The latest of the time: so many pages of traces, which are read one after the other. */
const MOST_PAGES = 10;

type GraphInput = Validated<GetServiceGraphRequest>;

export function getServiceGraph(room: XrayRoom): Operation<GraphInput, GetServiceGraphResult> {
  return {
    name: 'GetServiceGraph',
    permissions: () => [{ action: 'xray:GetServiceGraph', resources: ['*'] }],
    handle: async (input, { account, region }) => {
      checkGroup(input);
      const graph = new ServiceGraph(account);
      const range = { ...rangeOf(input), by: 'TraceId' } as const;
      let after: TracePosition | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const { traces, next } = await room.segments.list({ account, region }, { ...range, after });
        for (const each of traces) graph.add(assembleTrace(each));
        after = next;
        if (after === undefined) break;
      }
      return {
        StartTime: input.StartTime,
        EndTime: input.EndTime,
        Services: graph.show(),
        ContainsOldGroupVersions: false,
      };
    },
  };
}

export function getTraceGraph(
  room: XrayRoom,
): Operation<Validated<GetTraceGraphRequest>, GetTraceGraphResult> {
  return {
    name: 'GetTraceGraph',
    permissions: () => [{ action: 'xray:GetTraceGraph', resources: ['*'] }],
    handle: async ({ TraceIds: ids }, { account, region }) => {
      checkBatch(ids);
      const graph = new ServiceGraph(account);
      const traces = await room.segments.find({ account, region }, ids);
      for (const each of traces) graph.add(assembleTrace(each));
      return { Services: graph.show() };
    },
  };
}

function checkGroup({ GroupName: name, GroupARN: arn }: GraphInput): void {
  const isDefault = (name ?? 'Default') === 'Default' && (arn?.endsWith(':group/Default') ?? true);
  if (!isDefault) throw cannotYet('graphs of other groups than Default');
}
