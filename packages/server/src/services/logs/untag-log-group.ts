import type { UntagLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { removeTags } from './change-tags.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';

export function untagLogGroup({ logs }: LogsDeps): Operation<Validated<UntagLogGroupRequest>> {
  return {
    name: 'UntagLogGroup',
    permissions: ({ logGroupName }, context) =>
      groupPermission('UntagLogGroup', context, logGroupName),
    handle: async ({ logGroupName, tags }, context) => {
      await removeTags(logs, groupKeyOf({ logGroupName }, context), tags);
      return {};
    },
  };
}
