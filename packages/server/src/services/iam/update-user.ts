import type { UpdateUserRequest } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { userArn } from '../../iam/user.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { permissionOn, renameEntity } from './entity-access.ts';
import { userKind } from './entity-kind.ts';

export function updateUser(deps: IamDeps): Operation<Validated<UpdateUserRequest>> {
  return {
    name: 'UpdateUser',
    permissions(input, context) {
      const action = 'iam:UpdateUser';
      const [old] = permissionOn(userKind, deps, context, action, input.UserName);
      const { account } = context;
      const user = deps.identities.users.find(account, input.UserName);
      const path = input.NewPath ?? user?.path ?? '/';
      const name = input.NewUserName ?? user?.name ?? input.UserName;
      // AWS: on what it is, and on what it is to become.
      const resources = [...(old?.resources ?? []), userArn({ account, path, name })];
      return [{ action, resources, conditions: old?.conditions ?? {} }];
    },
    async handle({ UserName, NewUserName, NewPath }, { account }) {
      await renameEntity(userKind, deps, account, UserName, { name: NewUserName, path: NewPath });
      return {};
    },
  };
}
