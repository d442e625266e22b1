import type {
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { findRole, permissionOnRole } from './role-access.ts';

/** There are no instances here and so no profiles; Terraform asks before it deletes a role. */
export function listInstanceProfilesForRole(
  deps: IamDeps,
): Operation<Validated<ListInstanceProfilesForRoleRequest>, ListInstanceProfilesForRoleResponse> {
  return {
    name: 'ListInstanceProfilesForRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:ListInstanceProfilesForRole', input.RoleName),
    async handle(input, { account }) {
      findRole(deps, account, input.RoleName);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };
}
