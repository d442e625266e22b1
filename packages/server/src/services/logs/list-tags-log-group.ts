import type {
  ListTagsLogGroupRequest,
  ListTagsLogGroupResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { tagsOf } from './change-tags.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';

export function listTagsLogGroup({
  logs,
}: LogsDeps): Operation<Validated<ListTagsLogGroupRequest>, ListTagsLogGroupResponse> {
  return {
    name: 'ListTagsLogGroup',
    permissions: ({ logGroupName }, context) =>
      groupPermission('ListTagsLogGroup', context, logGroupName),
    handle: async (input, context) => tagsOf(logs, groupKeyOf(input, context)),
  };
}
