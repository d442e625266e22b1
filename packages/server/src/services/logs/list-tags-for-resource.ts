import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { taggedGroup, tagsOf } from './change-tags.ts';
import { tagPermission } from './log-arn.ts';
import type { LogsDeps } from './logs-deps.ts';

export function listTagsForResource({
  logs,
}: LogsDeps): Operation<Validated<ListTagsForResourceRequest>, ListTagsForResourceResponse> {
  return {
    name: 'ListTagsForResource',
    permissions: ({ resourceArn }) => tagPermission('ListTagsForResource', resourceArn),
    handle: async ({ resourceArn }, context) => tagsOf(logs, taggedGroup(resourceArn, context)),
  };
}
