import type {
  GetTraceSummariesRequest,
  GetTraceSummariesResult,
  TraceSummary,
} from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { passes } from './filter/passes.ts';
import type { StoredTrace, TraceTime } from './segment-repository.ts';
import { summarise } from './summarise.ts';
import { assembleTrace } from './trace.ts';
import type { XrayRoom } from './xray-deps.ts';
import { cannotYet, invalidRequest } from './xray-errors.ts';

/** Traces that are looked at for one page; each is 500 KB at most. */
const TRACES_PER_PAGE = 100;
/** AWS's console and API look at a day at most. */
const LONGEST_RANGE_MS = 86_400_000;

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
      const offset = readToken(input.NextToken);
      const range = { ...rangeOf(input), by, limit: TRACES_PER_PAGE, offset };
      const stored = await room.segments.list({ account, region }, range);
      const traces = stored.map((each) => ({ stored: each, trace: assembleTrace(each) }));
      const found = traces.filter(({ trace }) => passes(filter, trace, account));
      const next = stored.length === TRACES_PER_PAGE ? tokenOf(offset + stored.length) : undefined;
      return {
        TraceSummaries: found.map(({ stored: each, trace }) => ({
          ...summarise(trace, { account }),
          ...matchedAt(by, each),
        })),
        ApproximateTime: new Date(room.clock.nowMs()),
        TracesProcessedCount: stored.length,
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  };
}

function rangeOf({ StartTime: from, EndTime: to }: Input): {
  readonly fromMs: number;
  readonly toMs: number;
} {
  const [fromMs, toMs] = [from.getTime(), to.getTime()];
  if (toMs < fromMs) throw invalidRequest('StartTime must not be after EndTime.');
  if (toMs - fromMs > LONGEST_RANGE_MS) {
    throw invalidRequest('The time range must not be longer than 24 hours.');
  }
  return { fromMs, toMs };
}

function matchedAt(
  by: TraceTime,
  { updatedMs }: StoredTrace,
): Pick<TraceSummary, 'MatchedEventTime'> {
  return by === 'Event' ? { MatchedEventTime: new Date(updatedMs) } : {};
}

function tokenOf(offset: number): string {
  return Buffer.from(`1:${offset}`).toString('base64url');
}

function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  const [, offset] = /^1:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (offset === undefined) throw invalidRequest('The specified NextToken is invalid.');
  return Number(offset);
}
