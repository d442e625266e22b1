import type { ListRolesRequest, ListRolesResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeRole } from './describe-role.ts';
import { pageOf } from './paging.ts';

export function listRoles(
  deps: IamDeps,
): Operation<Validated<ListRolesRequest>, ListRolesResponse> {
  return {
    name: 'ListRoles',
    permissions: ({ PathPrefix: prefix = '/' }, { account }) => [
      { action: 'iam:ListRoles', resources: [`arn:aws:iam::${account}:role${prefix}`] },
    ],
    async handle(input, { account }) {
      const prefix = input.PathPrefix ?? '/';
      const roles = deps.identities.roles
        .list(account)
        .filter((role) => role.path.startsWith(prefix));
      const { items, rest } = pageOf(roles, (role) => role.name, input);
      return { Roles: items.map((role) => describeRole(deps, role)), ...rest };
    },
  };
}
