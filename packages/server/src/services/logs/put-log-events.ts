import type { PutLogEventsRequest, PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { checkLogEvents } from './check-log-events.ts';
import { groupKeyOf } from './group-key.ts';
import { streamPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { groupNotFound, inAwsWords } from './logs-errors.ts';
import { SEQUENCE_TOKEN } from './sequence-token.ts';

export function putLogEvents({
  logs,
  clock,
}: LogsDeps): Operation<Validated<PutLogEventsRequest>, PutLogEventsResponse> {
  return {
    name: 'PutLogEvents',
    permissions: ({ logGroupName, logStreamName }, context) =>
      streamPermission('PutLogEvents', context, logGroupName, logStreamName),
    handle: async ({ logGroupName, logStreamName, logEvents }, context) => {
      const key = groupKeyOf({ logGroupName }, context);
      const group = logs.findGroup(key);
      if (group === undefined) throw groupNotFound();
      const events = logEvents.map(({ timestamp = 0, message = '' }) => ({
        timestampMs: timestamp,
        message,
      }));
      const { accepted, rejected } = checkLogEvents(events, clock.nowMs(), group.retentionDays);
      // Also with nothing accepted: whether the stream exists is said in any case.
      await inAwsWords(logs.append({ ...key, stream: logStreamName }, accepted));
      return {
        nextSequenceToken: SEQUENCE_TOKEN,
        ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
      };
    },
  };
}
