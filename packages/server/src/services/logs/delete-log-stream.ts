import type { DeleteLogStreamRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { streamPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords } from './logs-errors.ts';

export function deleteLogStream({ logs }: LogsDeps): Operation<Validated<DeleteLogStreamRequest>> {
  return {
    name: 'DeleteLogStream',
    permissions: ({ logGroupName, logStreamName }, context) =>
      streamPermission('DeleteLogStream', context, logGroupName, logStreamName),
    handle: async ({ logGroupName, logStreamName }, context) => {
      const key = groupKeyOf({ logGroupName }, context);
      await inAwsWords(logs.deleteStream({ ...key, stream: logStreamName }));
      return {};
    },
  };
}
