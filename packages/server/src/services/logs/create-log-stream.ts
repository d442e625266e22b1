import type { CreateLogStreamRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { streamPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords } from './logs-errors.ts';

export function createLogStream({ logs }: LogsDeps): Operation<Validated<CreateLogStreamRequest>> {
  return {
    name: 'CreateLogStream',
    permissions: ({ logGroupName, logStreamName }, context) =>
      streamPermission('CreateLogStream', context, logGroupName, logStreamName),
    handle: async ({ logGroupName, logStreamName }, context) => {
      const key = groupKeyOf({ logGroupName }, context);
      await inAwsWords(logs.createStream({ ...key, stream: logStreamName }));
      return {};
    },
  };
}
