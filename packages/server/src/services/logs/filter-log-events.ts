/** A group's events that match, those of all streams in one order. `aws logs tail` lives on it. */
import type {
  FilterLogEventsRequest,
  FilterLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { LogQuery } from '../../observe/log-store/log-store.ts';
import { eventId, eventToken, readEventToken } from './event-token.ts';
import { groupKeyOf, groupNameOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords, invalidParameter } from './logs-errors.ts';

const MOST_EVENTS = 10_000;
/** AWS: newest-first is for searches that start on 1 January 2024 or later. */
const NEWEST_FIRST_SINCE_MS = Date.UTC(2024, 0, 1);

export function filterLogEvents({
  logs,
}: LogsDeps): Operation<FilterLogEventsRequest, FilterLogEventsResponse> {
  return {
    name: 'FilterLogEvents',
    permissions: (input, context) =>
      groupPermission('FilterLogEvents', context, groupNameOf(input, context)),
    handle: async (input, context) => {
      const query = queryFrom(input);
      const page = await inAwsWords(logs.query(groupKeyOf(input, context), query));
      const direction = query.order === 'oldest-first' ? 'f' : 'b';
      return {
        events: page.events.map((event) => ({
          logStreamName: event.stream,
          timestamp: event.timestampMs,
          message: event.message,
          ingestionTime: event.ingestedAtMs,
          eventId: eventId(event),
        })),
        // AWS: always empty since 2019.
        searchedLogStreams: [],
        ...(page.next === undefined ? {} : { nextToken: eventToken(direction, page.next) }),
      };
    },
  };
}

function queryFrom(input: FilterLogEventsRequest): LogQuery {
  const { logStreamNames, logStreamNamePrefix, startTime, endTime, nextToken } = input;
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
    throw invalidParameter(
      'logStreamNames and logStreamNamePrefix are mutually exclusive parameters.',
    );
  }
  if (input.startFromHead === false && (startTime ?? 0) < NEWEST_FIRST_SINCE_MS) {
    throw invalidParameter(
      'startFromHead can be false only with a startTime on or after Jan 1, 2024 00:00:00 UTC.',
    );
  }
  const token = nextToken === undefined ? undefined : readEventToken(nextToken);
  const isForward = token === undefined ? input.startFromHead !== false : token.direction === 'f';
  return {
    order: isForward ? 'oldest-first' : 'newest-first',
    mostEvents: input.limit ?? MOST_EVENTS,
    ...(logStreamNames === undefined ? {} : { streams: logStreamNames }),
    ...(logStreamNamePrefix === undefined ? {} : { streamPrefix: logStreamNamePrefix }),
    ...(startTime === undefined ? {} : { fromMs: startTime }),
    ...(endTime === undefined ? {} : { untilMs: endTime }),
    ...(token === undefined ? {} : { after: token.position }),
    ...(input.filterPattern === undefined ? {} : { pattern: input.filterPattern }),
  };
}
