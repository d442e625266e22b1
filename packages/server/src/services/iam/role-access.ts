/** What the operations on one role share (entity-access.ts, for roles). */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { Role } from '../../iam/role.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import { roleKind } from './entity-kind.ts';

export function permissionOnRole(
  deps: IamDeps,
  context: OperationContext,
  action: string,
  name: string,
  conditions: OperationKeys = {},
): readonly Permission[] {
  return permissionOn(roleKind, deps, context, action, name, conditions);
}

/** Throws NoSuchEntity. */
export function findRole(deps: IamDeps, account: string, name: string): Role {
  return findEntity(roleKind, deps, account, name);
}

/** Rejects with NoSuchEntity, or with what `change` throws. */
export function updateRole(
  deps: IamDeps,
  account: string,
  name: string,
  change: (role: Role) => Role,
): Promise<Role> {
  return updateEntity(roleKind, deps, account, name, change);
}
