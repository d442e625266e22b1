/**
 * What PutLogEvents takes, refuses as a whole, and leaves out with a note. Pure.
 * AWS: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
import type { RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import type { NewLogEvent } from '../../observe/log-store/log-store.ts';
import { invalidParameter } from './logs-errors.ts';

const BATCH_BYTES = 1_048_576;
const EVENT_BYTES = 1_048_576;
/** AWS counts this for each event on top of its UTF-8. */
const EVENT_OVERHEAD_BYTES = 26;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OLDEST_MS = 14 * DAY_MS;
const NEWEST_MS = 2 * HOUR_MS;

export interface CheckedLogEvents {
  readonly accepted: readonly NewLogEvent[];
  readonly rejected?: RejectedLogEventsInfo;
}

/** Throws InvalidParameterException for a batch that AWS refuses as a whole. */
export function checkLogEvents(
  events: readonly NewLogEvent[],
  nowMs: number,
  retentionDays: number | undefined,
): CheckedLogEvents {
  checkSizes(events);
  checkOrder(events);
  const expiredBefore = nowMs - (retentionDays ?? Infinity) * DAY_MS;
  const expired = events.filter((event) => event.timestampMs < expiredBefore).length;
  const tooOld = events.filter((event) => event.timestampMs < nowMs - OLDEST_MS).length;
  const tooNew = events.findIndex((event) => event.timestampMs > nowMs + NEWEST_MS);
  const first = Math.max(expired, tooOld);
  const accepted = events.slice(first, tooNew === -1 ? undefined : tooNew);
  if (accepted.length === events.length) return { accepted };
  return {
    accepted,
    rejected: {
      ...(tooNew === -1 ? {} : { tooNewLogEventStartIndex: tooNew }),
      ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
      ...(expired === 0 ? {} : { expiredLogEventEndIndex: expired }),
    },
  };
}

function checkSizes(events: readonly NewLogEvent[]): void {
  let batch = 0;
  for (const { message } of events) {
    const bytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (bytes > EVENT_BYTES) {
      throw invalidParameter(`Log event too large: ${bytes} bytes exceeds limit of ${EVENT_BYTES}`);
    }
    batch += bytes;
  }
  if (batch > BATCH_BYTES) {
    throw invalidParameter(`Upload too large: ${batch} bytes exceeds limit of ${BATCH_BYTES}`);
  }
}

function checkOrder(events: readonly NewLogEvent[]): void {
  const isUnordered = events.some(
    (event, at) => event.timestampMs < (events[at - 1]?.timestampMs ?? -Infinity),
  );
  if (isUnordered) {
    throw invalidParameter(
      'Log events in a single PutLogEvents request must be in chronological order.',
    );
  }
  const spanMs = (events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0);
  if (spanMs > DAY_MS) {
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
  }
}
