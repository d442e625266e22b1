import type {
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  LogStream as ShownStream,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { LogGroupKey, LogStream } from '../../observe/log-store/log-store.ts';
import { groupKeyOf, groupNameOf } from './group-key.ts';
import { groupPermission, streamArn } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords, invalidParameter } from './logs-errors.ts';
import { pageOf } from './page.ts';
import { SEQUENCE_TOKEN } from './sequence-token.ts';

export function describeLogStreams({
  logs,
}: LogsDeps): Operation<DescribeLogStreamsRequest, DescribeLogStreamsResponse> {
  return {
    name: 'DescribeLogStreams',
    permissions: (input, context) =>
      groupPermission('DescribeLogStreams', context, groupNameOf(input, context)),
    handle: async (input, context) => {
      const { logStreamNamePrefix: prefix, orderBy, descending = false } = input;
      const isByTime = orderBy === 'LastEventTime';
      if (isByTime && prefix !== undefined) {
        throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const key = groupKeyOf(input, context);
      const keyOf = isByTime ? timeKeyOf : (stream: LogStream): string => stream.name;
      const isBefore = (a: string, b: string): boolean => (descending ? a > b : a < b);
      const streams = (await inAwsWords(logs.listStreams(key)))
        .filter((stream) => stream.name.startsWith(prefix ?? ''))
        .sort((a, b) => (isBefore(keyOf(a), keyOf(b)) ? -1 : 1));
      const { items, nextToken } = pageOf(streams, keyOf, input, (stream, last) =>
        isBefore(last, keyOf(stream)),
      );
      return {
        logStreams: items.map((stream) => show(key, stream)),
        ...(nextToken === undefined ? {} : { nextToken }),
      };
    },
  };
}

/** Sorts by time, then by name; streams without events are the oldest. */
function timeKeyOf({ extent, name }: LogStream): string {
  return `${String(extent?.mostMs ?? 0).padStart(14, '0')} ${name}`;
}

function show(key: LogGroupKey, { name, createdAtMs, extent }: LogStream): ShownStream {
  return {
    logStreamName: name,
    creationTime: createdAtMs,
    ...(extent === undefined
      ? {}
      : {
          firstEventTimestamp: extent.leastMs,
          lastEventTimestamp: extent.mostMs,
          lastIngestionTime: extent.ingestedAtMs,
        }),
    uploadSequenceToken: SEQUENCE_TOKEN,
    arn: streamArn(key, key.group, name),
    // AWS: always 0 for streams since June 2019.
    storedBytes: 0,
  };
}
