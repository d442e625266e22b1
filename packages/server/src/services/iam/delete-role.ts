import type { DeleteRoleRequest } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Role } from '../../iam/role.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { checkIsModifiable } from './entity-access.ts';
import { deleteConflict, noSuchRole } from './iam-errors.ts';
import { permissionOnRole } from './role-access.ts';

export function deleteRole(deps: IamDeps): Operation<Validated<DeleteRoleRequest>> {
  return {
    name: 'DeleteRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:DeleteRole', input.RoleName),
    async handle({ RoleName: name }, { account }) {
      const isDeleted = await deps.identities.roles.remove(account, name, (role) => {
        checkIsBare(deps, role);
      });
      if (!isDeleted) throw noSuchRole(name);
      return {};
    },
  };
}

function checkIsBare({ identities }: IamDeps, role: Role): void {
  checkIsModifiable(role);
  if (identities.instanceProfiles.list(role.account).some((each) => each.roleId === role.id)) {
    throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
  }
  if (role.attachedPolicies.length > 0) {
    throw deleteConflict('Cannot delete entity, must detach all policies first.');
  }
  if (Object.keys(role.inlinePolicies).length > 0) {
    throw deleteConflict('Cannot delete entity, must delete policies first.');
  }
}
