/** TagRole, UntagRole, ListRoleTags. */
import type {
  ListRoleTagsRequest,
  ListRoleTagsResponse,
  TagRoleRequest,
  UntagRoleRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { pageOf } from './paging.ts';
import { findRole, permissionOnRole, updateRole } from './role-access.ts';
import { describeTags, mergeTags, readTags, requestTagKeys, withoutTags } from './tags.ts';

export function tagRole(deps: IamDeps): Operation<Validated<TagRoleRequest>> {
  return {
    name: 'TagRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:TagRole', input.RoleName, requestTagKeys(input.Tags)),
    async handle({ RoleName: name, Tags }, { account }) {
      const given = readTags(Tags);
      await updateRole(deps, account, name, (role) => ({
        ...role,
        tags: mergeTags(role.tags, given),
      }));
      return {};
    },
  };
}

export function untagRole(deps: IamDeps): Operation<Validated<UntagRoleRequest>> {
  return {
    name: 'UntagRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:UntagRole', input.RoleName, {
        'aws:TagKeys': input.TagKeys,
      }),
    async handle({ RoleName: name, TagKeys }, { account }) {
      await updateRole(deps, account, name, (role) => ({
        ...role,
        tags: withoutTags(role.tags, TagKeys),
      }));
      return {};
    },
  };
}

export function listRoleTags(
  deps: IamDeps,
): Operation<Validated<ListRoleTagsRequest>, ListRoleTagsResponse> {
  return {
    name: 'ListRoleTags',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:ListRoleTags', input.RoleName),
    async handle(input, { account }) {
      const tags = findRole(deps, account, input.RoleName).tags;
      const sorted = tags.toSorted((one, other) => (one.key < other.key ? -1 : 1));
      const { items, rest } = pageOf(sorted, (tag) => tag.key, input);
      return { Tags: describeTags(items), ...rest };
    },
  };
}
