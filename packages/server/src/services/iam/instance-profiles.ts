/** Instance profiles: Create, Get, List, Delete, and the role in them. */
import type {
  AddRoleToInstanceProfileRequest,
  CreateInstanceProfileRequest,
  CreateInstanceProfileResponse,
  DeleteInstanceProfileRequest,
  GetInstanceProfileRequest,
  GetInstanceProfileResponse,
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse,
  ListInstanceProfilesRequest,
  ListInstanceProfilesResponse,
  RemoveRoleFromInstanceProfileRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { instanceProfileArn, type InstanceProfile } from '../../iam/instance-profile.ts';
import { roleArn } from '../../iam/role.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import {
  describeProfile,
  findProfile,
  noSuchProfile,
  permissionOnProfile,
  updateProfile,
} from './instance-profile-access.ts';
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { findRole, permissionOnRole } from './role-access.ts';
import { describeTags, readTags, requestTagKeys } from './tags.ts';
import { wholeSeconds } from './whole-seconds.ts';

export function createInstanceProfile(
  deps: IamDeps,
): Operation<Validated<CreateInstanceProfileRequest>, CreateInstanceProfileResponse> {
  return {
    name: 'CreateInstanceProfile',
    permissions({ InstanceProfileName: name, Path: path = '/', Tags }, { account }) {
      const resources = [instanceProfileArn({ account, path, name })];
      const conditions = requestTagKeys(Tags);
      const create = { action: 'iam:CreateInstanceProfile', resources, conditions };
      if ((Tags ?? []).length === 0) return [create];
      return [create, { action: 'iam:TagInstanceProfile', resources, conditions }];
    },
    async handle(input, { account }) {
      const profile: InstanceProfile = {
        account,
        name: input.InstanceProfileName,
        id: uniqueId(deps.ids, 'AIPA'),
        path: input.Path ?? '/',
        createdAtMs: wholeSeconds(deps.clock),
        tags: readTags(input.Tags),
      };
      if (!(await deps.identities.instanceProfiles.create(profile))) {
        throw alreadyExists(`Instance Profile ${profile.name} already exists.`);
      }
      return { InstanceProfile: describeProfile(deps, profile) };
    },
  };
}

export function getInstanceProfile(
  deps: IamDeps,
): Operation<Validated<GetInstanceProfileRequest>, GetInstanceProfileResponse> {
  return {
    name: 'GetInstanceProfile',
    permissions: (input, context) =>
      permissionOnProfile(deps, context, 'iam:GetInstanceProfile', input.InstanceProfileName),
    async handle(input, { account }) {
      const profile = findProfile(deps, account, input.InstanceProfileName);
      const Tags = describeTags(profile.tags);
      return { InstanceProfile: { ...describeProfile(deps, profile), Tags } };
    },
  };
}

export function listInstanceProfiles(
  deps: IamDeps,
): Operation<Validated<ListInstanceProfilesRequest>, ListInstanceProfilesResponse> {
  return {
    name: 'ListInstanceProfiles',
    permissions: ({ PathPrefix: prefix = '/' }, { account }) => [
      {
        action: 'iam:ListInstanceProfiles',
        resources: [`arn:aws:iam::${account}:instance-profile${prefix}`],
      },
    ],
    async handle(input, { account }) {
      const profiles = deps.identities.instanceProfiles
        .list(account)
        .filter((profile) => profile.path.startsWith(input.PathPrefix ?? '/'));
      const { items, rest } = pageOf(profiles, (profile) => profile.name, input);
      return { InstanceProfiles: items.map((each) => describeProfile(deps, each)), ...rest };
    },
  };
}

export function listInstanceProfilesForRole(
  deps: IamDeps,
): Operation<Validated<ListInstanceProfilesForRoleRequest>, ListInstanceProfilesForRoleResponse> {
  return {
    name: 'ListInstanceProfilesForRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:ListInstanceProfilesForRole', input.RoleName),
    async handle(input, { account }) {
      const { id } = findRole(deps, account, input.RoleName);
      const profiles = deps.identities.instanceProfiles
        .list(account)
        .filter((profile) => profile.roleId === id);
      const { items, rest } = pageOf(profiles, (profile) => profile.name, input);
      return { InstanceProfiles: items.map((each) => describeProfile(deps, each)), ...rest };
    },
  };
}

export function deleteInstanceProfile(
  deps: IamDeps,
): Operation<Validated<DeleteInstanceProfileRequest>> {
  return {
    name: 'DeleteInstanceProfile',
    permissions: (input, context) =>
      permissionOnProfile(deps, context, 'iam:DeleteInstanceProfile', input.InstanceProfileName),
    async handle({ InstanceProfileName: name }, { account }) {
      const isDeleted = await deps.identities.instanceProfiles.remove(account, name, (profile) => {
        if (profile.roleId === undefined) return;
        throw deleteConflict(
          'Cannot delete entity, must remove roles from instance profile first.',
        );
      });
      if (!isDeleted) throw noSuchProfile(name);
      return {};
    },
  };
}

export function addRoleToInstanceProfile(
  deps: IamDeps,
): Operation<Validated<AddRoleToInstanceProfileRequest>> {
  return {
    name: 'AddRoleToInstanceProfile',
    permissions(input, context) {
      const action = 'iam:AddRoleToInstanceProfile';
      const { account } = context;
      const { RoleName: name } = input;
      const role = deps.identities.roles.find(account, name) ?? { account, path: '/', name };
      const pass = {
        action: 'iam:PassRole',
        resources: [roleArn(role)],
        conditions: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      };
      return [...permissionOnProfile(deps, context, action, input.InstanceProfileName), pass];
    },
    async handle({ InstanceProfileName, RoleName }, { account }) {
      findProfile(deps, account, InstanceProfileName);
      await updateProfile(deps, account, InstanceProfileName, (profile) => {
        const { id } = findRole(deps, account, RoleName);
        if (profile.roleId === undefined) return { ...profile, roleId: id };
        throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
      });
      return {};
    },
  };
}

export function removeRoleFromInstanceProfile(
  deps: IamDeps,
): Operation<Validated<RemoveRoleFromInstanceProfileRequest>> {
  return {
    name: 'RemoveRoleFromInstanceProfile',
    permissions: (input, context) =>
      permissionOnProfile(
        deps,
        context,
        'iam:RemoveRoleFromInstanceProfile',
        input.InstanceProfileName,
      ),
    async handle({ InstanceProfileName, RoleName }, { account }) {
      await updateProfile(deps, account, InstanceProfileName, ({ roleId, ...profile }) => {
        if (roleId === findRole(deps, account, RoleName).id) return profile;
        throw noSuchEntity(`The role with name ${RoleName} cannot be found.`);
      });
      return {};
    },
  };
}
