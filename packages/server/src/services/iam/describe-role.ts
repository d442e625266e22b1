import type { Role as ApiRole } from '@aws-sdk/client-iam';
import { roleArn, type Role } from '../../iam/role.ts';
import { shownTrustPolicy } from '../../iam/trust-bindings.ts';
import type { IamDeps } from './deps.ts';
import { describeBoundary } from './permissions-boundaries.ts';
import { encodePolicy } from './policy-text.ts';
import { describeTags } from './tags.ts';

/** A role as lists show it. */
export function describeRole({ identities }: IamDeps, role: Role): ApiRole {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: new Date(role.createdAtMs),
    AssumeRolePolicyDocument: encodePolicy(shownTrustPolicy(identities, role)),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(role.description === undefined ? {} : { Description: role.description }),
  };
}

/** AWS: lists leave the tags and the boundary out. */
export function describeRoleWithTags(deps: IamDeps, role: Role): ApiRole {
  const tags = role.tags.length === 0 ? {} : { Tags: describeTags(role.tags) };
  return { ...describeRole(deps, role), ...describeBoundary(role), ...tags };
}
