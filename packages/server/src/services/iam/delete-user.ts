import type { DeleteUserRequest } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { User } from '../../iam/user.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { noSuchNamed, permissionOn } from './entity-access.ts';
import { userKind } from './entity-kind.ts';
import { deleteConflict } from './iam-errors.ts';

export function deleteUser(deps: IamDeps): Operation<Validated<DeleteUserRequest>> {
  return {
    name: 'DeleteUser',
    permissions: (input, context) =>
      permissionOn(userKind, deps, context, 'iam:DeleteUser', input.UserName),
    async handle({ UserName: name }, { account }) {
      const isDeleted = await deps.identities.users.remove(account, name, checkIsBare);
      if (!isDeleted) throw noSuchNamed(userKind, name);
      return {};
    },
  };
}

function checkIsBare(user: User): void {
  const conflict = (what: string): Error => deleteConflict(`Cannot delete entity, must ${what}.`);
  if (user.groups.length > 0) throw conflict('remove users from group first');
  if (user.accessKeys.length > 0) throw conflict('delete access keys first');
  if (user.attachedPolicies.length > 0) throw conflict('detach all policies first');
  if (Object.keys(user.inlinePolicies).length > 0) throw conflict('delete policies first');
}
