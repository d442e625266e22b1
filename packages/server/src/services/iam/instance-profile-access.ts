/** What the operations on one instance profile share. */
import type { InstanceProfile as ApiInstanceProfile } from '@aws-sdk/client-iam';
import type { OperationContext, Permission } from '../../core/operation.ts';
import { instanceProfileArn, type InstanceProfile } from '../../iam/instance-profile.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import { describeRole } from './describe-role.ts';
import { noSuchEntity } from './iam-errors.ts';
import { resourceTagKeys } from './tags.ts';

export function permissionOnProfile(
  { identities }: IamDeps,
  { account }: OperationContext,
  action: string,
  name: string,
  conditions: OperationKeys = {},
): readonly Permission[] {
  const profile = identities.instanceProfiles.find(account, name);
  const resource = instanceProfileArn(profile ?? { account, path: '/', name });
  const keys = resourceTagKeys(profile?.tags ?? []);
  return [{ action, resources: [resource], conditions: { ...keys, ...conditions } }];
}

/** Throws NoSuchEntity. */
export function findProfile(
  { identities }: IamDeps,
  account: string,
  name: string,
): InstanceProfile {
  const profile = identities.instanceProfiles.find(account, name);
  if (profile === undefined) throw noSuchProfile(name);
  return profile;
}

/** Rejects with NoSuchEntity, or with what `change` throws. */
export async function updateProfile(
  { identities }: IamDeps,
  account: string,
  name: string,
  change: (profile: InstanceProfile) => InstanceProfile,
): Promise<void> {
  const profile = await identities.instanceProfiles.update(account, name, change);
  if (profile === undefined) throw noSuchProfile(name);
}

export function noSuchProfile(name: string): Error {
  return noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

export function describeProfile(deps: IamDeps, profile: InstanceProfile): ApiInstanceProfile {
  const { identities } = deps;
  const role = profile.roleId === undefined ? undefined : identities.roles.findById(profile.roleId);
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: instanceProfileArn(profile),
    CreateDate: new Date(profile.createdAtMs),
    Roles: role === undefined ? [] : [describeRole(deps, role)],
  };
}
