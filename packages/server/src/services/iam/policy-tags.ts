/** TagPolicy, UntagPolicy, ListPolicyTags. */
import type {
  ListPolicyTagsRequest,
  ListPolicyTagsResponse,
  TagPolicyRequest,
  UntagPolicyRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { pageOf } from './paging.ts';
import { findPolicy, permissionOnPolicy, updatePolicy } from './policy-access.ts';
import { describeTags, mergeTags, readTags, requestTagKeys, withoutTags } from './tags.ts';

export function tagPolicy(deps: IamDeps): Operation<Validated<TagPolicyRequest>> {
  return {
    name: 'TagPolicy',
    permissions: (input, context) =>
      permissionOnPolicy(
        deps,
        context,
        'iam:TagPolicy',
        input.PolicyArn,
        requestTagKeys(input.Tags),
      ),
    async handle({ PolicyArn: arn, Tags }, { account }) {
      const given = readTags(Tags);
      await updatePolicy(deps, account, arn, (policy) => ({
        ...policy,
        tags: mergeTags(policy.tags, given),
      }));
      return {};
    },
  };
}

export function untagPolicy(deps: IamDeps): Operation<Validated<UntagPolicyRequest>> {
  return {
    name: 'UntagPolicy',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:UntagPolicy', input.PolicyArn, {
        'aws:TagKeys': input.TagKeys,
      }),
    async handle({ PolicyArn: arn, TagKeys }, { account }) {
      await updatePolicy(deps, account, arn, (policy) => ({
        ...policy,
        tags: withoutTags(policy.tags, TagKeys),
      }));
      return {};
    },
  };
}

export function listPolicyTags(
  deps: IamDeps,
): Operation<Validated<ListPolicyTagsRequest>, ListPolicyTagsResponse> {
  return {
    name: 'ListPolicyTags',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:ListPolicyTags', input.PolicyArn),
    async handle(input, { account }) {
      const { tags } = findPolicy(deps, account, input.PolicyArn);
      const sorted = tags.toSorted((one, other) => (one.key < other.key ? -1 : 1));
      const { items, rest } = pageOf(sorted, (tag) => tag.key, input);
      return { Tags: describeTags(items), ...rest };
    },
  };
}
