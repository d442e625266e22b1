import type { UntagResourceRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { removeTags, taggedGroup } from './change-tags.ts';
import { tagPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';

export function untagResource({ logs }: LogsDeps): Operation<Validated<UntagResourceRequest>> {
  return {
    name: 'UntagResource',
    permissions: ({ resourceArn }) => tagPermission('UntagResource', resourceArn),
    handle: async ({ resourceArn, tagKeys }, context) => {
      await removeTags(logs, taggedGroup(resourceArn, context), tagKeys);
      return {};
    },
  };
}
