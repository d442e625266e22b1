/**
 * One stream's events, page by page in both directions. Both tokens work for ever: at an end the
 * same token comes back, and asking with it again later finds what has arrived since.
 */
import type { GetLogEventsRequest, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { LogEvent, LogPage, LogPosition } from '../../observe/log-store/log-store.ts';
import type { Validated } from '../validated.ts';
import { eventToken, readEventToken, type Direction } from './event-token.ts';
import { groupKeyOf, groupNameOf } from './group-key.ts';
import { streamPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords } from './logs-errors.ts';

const MOST_EVENTS = 10_000;
const BEGINNING: LogPosition = { timestampMs: 0, place: 0 };

export function getLogEvents({
  logs,
}: LogsDeps): Operation<Validated<GetLogEventsRequest>, GetLogEventsResponse> {
  return {
    name: 'GetLogEvents',
    permissions: (input, context) =>
      streamPermission('GetLogEvents', context, groupNameOf(input, context), input.logStreamName),
    handle: async (input, context) => {
      const key = groupKeyOf(input, context);
      const token = input.nextToken === undefined ? undefined : readEventToken(input.nextToken);
      const direction = token?.direction ?? (input.startFromHead === true ? 'f' : 'b');
      const page = await inAwsWords(
        logs.query(key, {
          order: direction === 'f' ? 'oldest-first' : 'newest-first',
          streams: [input.logStreamName],
          mostEvents: input.limit ?? MOST_EVENTS,
          ...(input.startTime === undefined ? {} : { fromMs: input.startTime }),
          // AWS: an event at endTime itself is not included.
          ...(input.endTime === undefined ? {} : { untilMs: input.endTime - 1 }),
          ...(token === undefined ? {} : { after: token.position }),
        }),
      );
      return show(direction, page, token?.position);
    },
  };
}

function show(
  direction: Direction,
  page: LogPage,
  start: LogPosition | undefined,
): GetLogEventsResponse {
  const events = direction === 'f' ? page.events : page.events.toReversed();
  // Where the query went to, and where it came from.
  const end = page.next ?? page.events.at(-1) ?? start ?? BEGINNING;
  const origin = page.events[0] ?? (start === undefined ? BEGINNING : behind(direction, start));
  return {
    events: events.map(showEvent),
    nextForwardToken: eventToken('f', direction === 'f' ? end : origin),
    nextBackwardToken: eventToken('b', direction === 'b' ? end : origin),
  };
}

/** One step back, so that turning round finds the event that the token stands on. */
function behind(direction: Direction, { timestampMs, place }: LogPosition): LogPosition {
  const step = direction === 'f' ? 1 : -1;
  return { timestampMs, place: Math.min(Math.max(0, place + step), Number.MAX_SAFE_INTEGER) };
}

function showEvent({ timestampMs, message, ingestedAtMs }: LogEvent): {
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
} {
  return { timestamp: timestampMs, message, ingestionTime: ingestedAtMs };
}
