/** UpdateRole and the older UpdateRoleDescription. */
import type {
  UpdateRoleDescriptionRequest,
  UpdateRoleDescriptionResponse,
  UpdateRoleRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeRoleWithTags } from './describe-role.ts';
import { permissionOnRole, updateRole as change } from './role-access.ts';

/** What the request leaves out stays as it is. */
export function updateRole(deps: IamDeps): Operation<Validated<UpdateRoleRequest>> {
  return {
    name: 'UpdateRole',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:UpdateRole', input.RoleName),
    async handle(input, { account }) {
      await change(deps, account, input.RoleName, (role) => ({
        ...role,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? role.maxSessionSeconds,
      }));
      return {};
    },
  };
}

export function updateRoleDescription(
  deps: IamDeps,
): Operation<Validated<UpdateRoleDescriptionRequest>, UpdateRoleDescriptionResponse> {
  return {
    name: 'UpdateRoleDescription',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:UpdateRoleDescription', input.RoleName),
    async handle(input, { account }) {
      const changed = await change(deps, account, input.RoleName, (role) => ({
        ...role,
        description: input.Description,
      }));
      return { Role: describeRoleWithTags(deps, changed) };
    },
  };
}
