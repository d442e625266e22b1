import type { GetUserRequest, GetUserResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { IamDeps } from './deps.ts';
import { describeUserWithTags } from './describe-user.ts';
import { findEntity } from './entity-access.ts';
import { userKind } from './entity-kind.ts';
import { permissionOnUser, userNameOf } from './user-access.ts';

export function getUser(deps: IamDeps): Operation<GetUserRequest, GetUserResponse> {
  return {
    name: 'GetUser',
    permissions: (input, context) => permissionOnUser(deps, context, 'iam:GetUser', input),
    async handle(input, context) {
      const { principal, account } = context;
      if (input.UserName === undefined && principal.kind === 'root') {
        const createdAtMs = deps.identities.accounts.find(account)?.createdAtMs ?? 0;
        const { arn: Arn, userId: UserId } = principal;
        // AWS: a root has neither name nor path; its answer has the account's birthday.
        return {
          User: { Path: '/', UserName: 'root', UserId, Arn, CreateDate: new Date(createdAtMs) },
        };
      }
      const user = findEntity(userKind, deps, account, userNameOf(input, context));
      return { User: describeUserWithTags(user) };
    },
  };
}
