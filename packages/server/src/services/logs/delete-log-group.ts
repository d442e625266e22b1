import type { DeleteLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { inAwsWords } from './logs-errors.ts';

export function deleteLogGroup({ logs }: LogsDeps): Operation<Validated<DeleteLogGroupRequest>> {
  return {
    name: 'DeleteLogGroup',
    permissions: (input, context) => groupPermission('DeleteLogGroup', context, input.logGroupName),
    handle: async (input, context) => {
      await inAwsWords(logs.deleteGroup(groupKeyOf(input, context)));
      return {};
    },
  };
}
