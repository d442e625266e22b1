/** What the operations on one role share: the permission they need, and the role's change. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import { roleArn, type Role } from '../../iam/role.ts';
import type { IamDeps } from './deps.ts';
import { noSuchRole } from './iam-errors.ts';

/** On the role by its real ARN, with its path; a role that does not exist has none. */
export function permissionOnRole(
  { identities }: IamDeps,
  { account }: OperationContext,
  action: string,
  name: string,
  conditions: OperationKeys = {},
): readonly Permission[] {
  const role = identities.roles.find(account, name);
  const resource = roleArn(role ?? { account, path: '/', name });
  const tags = (role?.tags ?? []).flatMap(({ key, value }) => [
    [`aws:ResourceTag/${key}`, value],
    [`iam:ResourceTag/${key}`, value],
  ]);
  return [
    { action, resources: [resource], conditions: { ...Object.fromEntries(tags), ...conditions } },
  ];
}

/** Throws NoSuchEntity. */
export function findRole({ identities }: IamDeps, account: string, name: string): Role {
  const role = identities.roles.find(account, name);
  if (role === undefined) throw noSuchRole(name);
  return role;
}

/** Rejects with NoSuchEntity, or with what `change` throws. */
export async function updateRole(
  { identities }: IamDeps,
  account: string,
  name: string,
  change: (role: Role) => Role,
): Promise<Role> {
  const role = await identities.roles.update(account, name, change);
  if (role === undefined) throw noSuchRole(name);
  return role;
}
