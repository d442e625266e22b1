/** IAM as far as it is served. */
import { serviceOf, type AnyOperation, type Service } from '../../core/operation.ts';
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
} from './access-keys.ts';
import { createAccountAlias, deleteAccountAlias, listAccountAliases } from './account-aliases.ts';
import { attachedPolicyOperations } from './attached-policies.ts';
import { getContextKeysForCustomPolicy, getContextKeysForPrincipalPolicy } from './context-keys.ts';
import { createPolicy } from './create-policy.ts';
import { createRole } from './create-role.ts';
import { createUser } from './create-user.ts';
import { deletePolicy } from './delete-policy.ts';
import { deleteRole } from './delete-role.ts';
import { deleteUser } from './delete-user.ts';
import type { IamDeps } from './deps.ts';
import { groupKind, roleKind, userKind } from './entity-kind.ts';
import { tagOperations } from './entity-tags.ts';
import { getAccountAuthorizationDetails } from './get-account-authorization-details.ts';
import { getAccountSummary } from './get-account-summary.ts';
import { getPolicy } from './get-policy.ts';
import { getRole } from './get-role.ts';
import { getUser } from './get-user.ts';
import { addUserToGroup, listGroupsForUser, removeUserFromGroup } from './group-membership.ts';
import { createGroup, deleteGroup, getGroup, listGroups, updateGroup } from './groups.ts';
import { inlinePolicyOperations } from './inline-policies.ts';
import {
  addRoleToInstanceProfile,
  createInstanceProfile,
  deleteInstanceProfile,
  getInstanceProfile,
  listInstanceProfiles,
  listInstanceProfilesForRole,
  removeRoleFromInstanceProfile,
} from './instance-profiles.ts';
import { listEntitiesForPolicy } from './list-entities-for-policy.ts';
import { listPolicies } from './list-policies.ts';
import { listRoles } from './list-roles.ts';
import { listUsers } from './list-users.ts';
import {
  addClientIdToOpenIdConnectProvider,
  createOpenIdConnectProvider,
  deleteOpenIdConnectProvider,
  getOpenIdConnectProvider,
  listOpenIdConnectProviders,
  removeClientIdFromOpenIdConnectProvider,
  updateOpenIdConnectProviderThumbprint,
} from './openid-providers.ts';
import { boundaryOperations } from './permissions-boundaries.ts';
import { listPolicyTags, tagPolicy, untagPolicy } from './policy-tags.ts';
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './policy-versions.ts';
import { recordTagOperations } from './record-tags.ts';
import {
  createServiceLinkedRole,
  deleteServiceLinkedRole,
  getServiceLinkedRoleDeletionStatus,
} from './service-linked-roles.ts';
import { simulateCustomPolicy, simulatePrincipalPolicy } from './simulate-policies.ts';
import { updateAssumeRolePolicy } from './update-assume-role-policy.ts';
import { updateRole, updateRoleDescription } from './update-role.ts';
import { updateUser } from './update-user.ts';

export function createIamService(deps: IamDeps): Service {
  return serviceOf('iam', [...operations.map((create) => create(deps)), ...sharedOperations(deps)]);
}

/** What users, groups and roles have in common, and tags. */
function sharedOperations(deps: IamDeps): readonly AnyOperation[] {
  return [
    ...inlinePolicyOperations(userKind, deps),
    ...inlinePolicyOperations(groupKind, deps),
    ...inlinePolicyOperations(roleKind, deps),
    ...attachedPolicyOperations(userKind, deps),
    ...attachedPolicyOperations(groupKind, deps),
    ...attachedPolicyOperations(roleKind, deps),
    ...tagOperations(userKind, deps),
    ...tagOperations(roleKind, deps),
    ...boundaryOperations(userKind, deps),
    ...boundaryOperations(roleKind, deps),
    ...recordTagOperations(deps),
  ];
}

const operations: readonly ((deps: IamDeps) => AnyOperation)[] = [
  addClientIdToOpenIdConnectProvider,
  addRoleToInstanceProfile,
  addUserToGroup,
  createAccessKey,
  createAccountAlias,
  createGroup,
  createInstanceProfile,
  createOpenIdConnectProvider,
  createPolicy,
  createPolicyVersion,
  createRole,
  createServiceLinkedRole,
  createUser,
  deleteAccessKey,
  deleteAccountAlias,
  deleteGroup,
  deleteInstanceProfile,
  deleteOpenIdConnectProvider,
  deletePolicy,
  deletePolicyVersion,
  deleteRole,
  deleteServiceLinkedRole,
  deleteUser,
  getAccessKeyLastUsed,
  getAccountAuthorizationDetails,
  getAccountSummary,
  getContextKeysForCustomPolicy,
  getContextKeysForPrincipalPolicy,
  getGroup,
  getInstanceProfile,
  getOpenIdConnectProvider,
  getPolicy,
  getPolicyVersion,
  getRole,
  getServiceLinkedRoleDeletionStatus,
  getUser,
  listAccessKeys,
  listAccountAliases,
  listEntitiesForPolicy,
  listGroups,
  listGroupsForUser,
  listInstanceProfiles,
  listInstanceProfilesForRole,
  listOpenIdConnectProviders,
  listPolicies,
  listPolicyTags,
  listPolicyVersions,
  listRoles,
  listUsers,
  removeClientIdFromOpenIdConnectProvider,
  removeRoleFromInstanceProfile,
  removeUserFromGroup,
  setDefaultPolicyVersion,
  simulateCustomPolicy,
  simulatePrincipalPolicy,
  tagPolicy,
  untagPolicy,
  updateAccessKey,
  updateAssumeRolePolicy,
  updateGroup,
  updateOpenIdConnectProviderThumbprint,
  updateRole,
  updateRoleDescription,
  updateUser,
];
