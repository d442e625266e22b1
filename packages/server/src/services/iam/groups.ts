/** Groups: Create, Get, List, Update and DeleteGroup. */
import type {
  CreateGroupRequest,
  CreateGroupResponse,
  DeleteGroupRequest,
  GetGroupRequest,
  GetGroupResponse,
  Group as ApiGroup,
  ListGroupsRequest,
  ListGroupsResponse,
  UpdateGroupRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { groupArn, type Group } from '../../iam/group.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeUser } from './describe-user.ts';
import { findEntity, noSuchNamed, permissionOn, renameEntity } from './entity-access.ts';
import { groupKind } from './entity-kind.ts';
import { alreadyExists, deleteConflict } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { wholeSeconds } from './whole-seconds.ts';

export function createGroup(
  deps: IamDeps,
): Operation<Validated<CreateGroupRequest>, CreateGroupResponse> {
  return {
    name: 'CreateGroup',
    permissions: ({ GroupName: name, Path: path = '/' }, { account }) => [
      { action: 'iam:CreateGroup', resources: [groupArn({ account, path, name })] },
    ],
    async handle({ GroupName: name, Path: path = '/' }, { account }) {
      const group: Group = {
        account,
        name,
        id: uniqueId(deps.ids, 'AGPA'),
        path,
        createdAtMs: wholeSeconds(deps.clock),
        inlinePolicies: {},
        attachedPolicies: [],
      };
      const isCreated = await deps.identities.groups.create(group);
      if (!isCreated) throw alreadyExists(`Group with name ${name} already exists.`);
      return { Group: describeGroup(group) };
    },
  };
}

export function getGroup(deps: IamDeps): Operation<Validated<GetGroupRequest>, GetGroupResponse> {
  return {
    name: 'GetGroup',
    permissions: (input, context) =>
      permissionOn(groupKind, deps, context, 'iam:GetGroup', input.GroupName),
    async handle(input, { account }) {
      const group = findEntity(groupKind, deps, account, input.GroupName);
      const members = deps.identities.users
        .list(account)
        .filter((user) => user.groups.includes(group.id));
      const { items, rest } = pageOf(members, (user) => user.name, input);
      return { Group: describeGroup(group), Users: items.map(describeUser), ...rest };
    },
  };
}

export function listGroups(
  deps: IamDeps,
): Operation<Validated<ListGroupsRequest>, ListGroupsResponse> {
  return {
    name: 'ListGroups',
    permissions: ({ PathPrefix: prefix = '/' }, { account }) => [
      { action: 'iam:ListGroups', resources: [`arn:aws:iam::${account}:group${prefix}`] },
    ],
    async handle(input, { account }) {
      const prefix = input.PathPrefix ?? '/';
      const groups = deps.identities.groups
        .list(account)
        .filter((group) => group.path.startsWith(prefix));
      const { items, rest } = pageOf(groups, (group) => group.name, input);
      return { Groups: items.map(describeGroup), ...rest };
    },
  };
}

export function updateGroup(deps: IamDeps): Operation<Validated<UpdateGroupRequest>> {
  return {
    name: 'UpdateGroup',
    permissions(input, context) {
      const action = 'iam:UpdateGroup';
      const { account } = context;
      const [old] = permissionOn(groupKind, deps, context, action, input.GroupName);
      const group = deps.identities.groups.find(account, input.GroupName);
      const path = input.NewPath ?? group?.path ?? '/';
      const name = input.NewGroupName ?? group?.name ?? input.GroupName;
      return [
        { action, resources: [...(old?.resources ?? []), groupArn({ account, path, name })] },
      ];
    },
    async handle({ GroupName, NewGroupName, NewPath }, { account }) {
      const to = { name: NewGroupName, path: NewPath };
      await renameEntity(groupKind, deps, account, GroupName, to);
      return {};
    },
  };
}

export function deleteGroup(deps: IamDeps): Operation<Validated<DeleteGroupRequest>> {
  return {
    name: 'DeleteGroup',
    permissions: (input, context) =>
      permissionOn(groupKind, deps, context, 'iam:DeleteGroup', input.GroupName),
    async handle({ GroupName: name }, { account }) {
      const { groups, users } = deps.identities;
      const isDeleted = await groups.remove(account, name, (group) => {
        if (users.list(account).some((user) => user.groups.includes(group.id))) {
          throw conflict('remove users from group first');
        }
        if (group.attachedPolicies.length > 0) throw conflict('detach all policies first');
        if (Object.keys(group.inlinePolicies).length > 0) throw conflict('delete policies first');
      });
      if (!isDeleted) throw noSuchNamed(groupKind, name);
      return {};
    },
  };
}

export function describeGroup(group: Group): ApiGroup {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: groupArn(group),
    CreateDate: new Date(group.createdAtMs),
  };
}

function conflict(what: string): Error {
  return deleteConflict(`Cannot delete entity, must ${what}.`);
}
