import type { TagResourceRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { addTags, taggedGroup, tooManyTags } from './change-tags.ts';
import { tagPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';

export function tagResource({ logs }: LogsDeps): Operation<Validated<TagResourceRequest>> {
  return {
    name: 'TagResource',
    permissions: ({ resourceArn }) => tagPermission('TagResource', resourceArn),
    handle: async ({ resourceArn, tags }, context) => {
      const key = taggedGroup(resourceArn, context);
      await addTags(logs, key, tags, () => tooManyTags(resourceArn));
      return {};
    },
  };
}
