/** AddUserToGroup, RemoveUserFromGroup, ListGroupsForUser. */
import type {
  AddUserToGroupRequest,
  ListGroupsForUserRequest,
  ListGroupsForUserResponse,
  RemoveUserFromGroupRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import { groupKind, userKind } from './entity-kind.ts';
import { describeGroup } from './groups.ts';
import { limitExceeded } from './iam-errors.ts';
import { pageOf } from './paging.ts';

/** AWS's quota. */
const GROUPS_PER_USER = 10;

export function addUserToGroup(deps: IamDeps): Operation<Validated<AddUserToGroupRequest>> {
  return {
    name: 'AddUserToGroup',
    permissions: (input, context) =>
      permissionOn(groupKind, deps, context, 'iam:AddUserToGroup', input.GroupName),
    async handle({ GroupName, UserName }, { account }) {
      findEntity(groupKind, deps, account, GroupName);
      await updateEntity(userKind, deps, account, UserName, (user) => {
        // In here, because nobody can delete the group meanwhile.
        const { id } = findEntity(groupKind, deps, account, GroupName);
        if (user.groups.includes(id)) return user;
        if (user.groups.length >= GROUPS_PER_USER) {
          throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${GROUPS_PER_USER}`);
        }
        return { ...user, groups: [...user.groups, id] };
      });
      return {};
    },
  };
}

/** AWS: succeeds for a user who is no member. */
export function removeUserFromGroup(
  deps: IamDeps,
): Operation<Validated<RemoveUserFromGroupRequest>> {
  return {
    name: 'RemoveUserFromGroup',
    permissions: (input, context) =>
      permissionOn(groupKind, deps, context, 'iam:RemoveUserFromGroup', input.GroupName),
    async handle({ GroupName, UserName }, { account }) {
      const { id } = findEntity(groupKind, deps, account, GroupName);
      await updateEntity(userKind, deps, account, UserName, (user) => ({
        ...user,
        groups: user.groups.filter((each) => each !== id),
      }));
      return {};
    },
  };
}

export function listGroupsForUser(
  deps: IamDeps,
): Operation<Validated<ListGroupsForUserRequest>, ListGroupsForUserResponse> {
  return {
    name: 'ListGroupsForUser',
    permissions: (input, context) =>
      permissionOn(userKind, deps, context, 'iam:ListGroupsForUser', input.UserName),
    async handle(input, { account }) {
      const user = findEntity(userKind, deps, account, input.UserName);
      const groups = deps.identities.groups
        .list(account)
        .filter((group) => user.groups.includes(group.id));
      const { items, rest } = pageOf(groups, (group) => group.name, input);
      return { Groups: items.map(describeGroup), ...rest };
    },
  };
}
