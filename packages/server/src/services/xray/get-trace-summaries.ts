import type {
  GetTraceSummariesRequest,
  GetTraceSummariesResult,
  TraceSummary,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { passes } from './filter/passes.ts';
import type { TracePosition, TraceTime } from './segment-repository.ts';
import { summarise } from './summarise.ts';
import { rangeOf } from './time-range.ts';
import { assembleTrace, type Trace } from './trace.ts';
import type { XrayRoom } from './xray-deps.ts';
import { cannotYet, invalidRequest } from './xray-errors.ts';

type Input = Validated<GetTraceSummariesRequest>;

export function getTraceSummaries(room: XrayRoom): Operation<Input, GetTraceSummariesResult> {
  return {
    name: 'GetTraceSummaries',
    permissions: () => [{ action: 'xray:GetTraceSummaries', resources: ['*'] }],
    handle: async (input, { account, region }) => {
      const filter = parseFilter(input.FilterExpression ?? '');
      const by: TraceTime = input.TimeRangeType ?? 'TraceId';
      // AWS: all of them are told where no sampling is asked for.
      if (input.Sampling === true) throw cannotYet('sampled summaries (Sampling)');
      const range = { ...rangeOf(input), by, after: readToken(input.NextToken) };
      const { traces: stored, next } = await room.segments.list({ account, region }, range);
      const traces = stored.map((each) => assembleTrace(each));
      const found = traces.filter((each) => passes(filter, each, account));
      return {
        TraceSummaries: found.map((each) => ({
          ...summarise(each, { account }),
          ...matchedAt(by, each),
        })),
        ApproximateTime: new Date(room.clock.nowMs()),
        TracesProcessedCount: stored.length,
        ...(next === undefined ? {} : { NextToken: tokenOf(next) }),
      };
    },
  };
}

function matchedAt(by: TraceTime, { updatedMs }: Trace): Pick<TraceSummary, 'MatchedEventTime'> {
  return by === 'Event' ? { MatchedEventTime: new Date(updatedMs) } : {};
}

function tokenOf({ atMs, id }: TracePosition): string {
  return Buffer.from(`1:${atMs}:${id}`).toString('base64url');
}

function readToken(token: string | undefined): TracePosition | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, 'base64url').toString();
  const [, atMs, id] = /^1:(\d{1,16}):([0-9a-f-]{1,35})$/i.exec(text) ?? [];
  if (id === undefined) throw invalidRequest('The specified NextToken is invalid.');
  return { atMs: Number(atMs), id };
}
