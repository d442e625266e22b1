import type { TagLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { addTags } from './change-tags.ts';
import { groupKeyOf } from './group-key.ts';
import { groupPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';
import { invalidParameter } from './logs-errors.ts';

/** The older of AWS's two ways to tag a group. */
export function tagLogGroup({ logs }: LogsDeps): Operation<Validated<TagLogGroupRequest>> {
  return {
    name: 'TagLogGroup',
    permissions: ({ logGroupName }, context) =>
      groupPermission('TagLogGroup', context, logGroupName),
    handle: async ({ logGroupName, tags }, context) => {
      await addTags(logs, groupKeyOf({ logGroupName }, context), tags, () =>
        invalidParameter(`A resource can have no more than ${TAGS_PER_RESOURCE} tags.`),
      );
      return {};
    },
  };
}
