import type { DeleteRetentionPolicyRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords } from './logs-errors.ts';

export function deleteRetentionPolicy({
  logs,
}: LogsDeps): Operation<Validated<DeleteRetentionPolicyRequest>> {
  return {
    name: 'DeleteRetentionPolicy',
    permissions: ({ logGroupName }, context) =>
      groupPermission('DeleteRetentionPolicy', context, logGroupName),
    handle: async (input, context) => {
      await inAwsWords(logs.setRetention(groupKeyOf(input, context), undefined));
      return {};
    },
  };
}
