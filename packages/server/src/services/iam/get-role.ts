import type { GetRoleRequest, GetRoleResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeRoleWithTags } from './describe-role.ts';
import { findRole, permissionOnRole } from './role-access.ts';

export function getRole(deps: IamDeps): Operation<Validated<GetRoleRequest>, GetRoleResponse> {
  return {
    name: 'GetRole',
    permissions: (input, context) => permissionOnRole(deps, context, 'iam:GetRole', input.RoleName),
    async handle(input, { account }) {
      return { Role: describeRoleWithTags(deps, findRole(deps, account, input.RoleName)) };
    },
  };
}
