import type { ListUsersRequest, ListUsersResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeUser } from './describe-user.ts';
import { pageOf } from './paging.ts';

export function listUsers(
  deps: IamDeps,
): Operation<Validated<ListUsersRequest>, ListUsersResponse> {
  return {
    name: 'ListUsers',
    permissions: ({ PathPrefix: prefix = '/' }, { account }) => [
      { action: 'iam:ListUsers', resources: [`arn:aws:iam::${account}:user${prefix}`] },
    ],
    async handle(input, { account }) {
      const prefix = input.PathPrefix ?? '/';
      const users = deps.identities.users
        .list(account)
        .filter((user) => user.path.startsWith(prefix));
      const { items, rest } = pageOf(users, (user) => user.name, input);
      return { Users: items.map(describeUser), ...rest };
    },
  };
}
