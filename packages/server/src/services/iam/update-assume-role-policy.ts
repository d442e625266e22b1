import type { UpdateAssumeRolePolicyRequest } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { readTrustPolicy } from './policy-text.ts';
import { permissionOnRole, updateRole } from './role-access.ts';

export function updateAssumeRolePolicy(
  deps: IamDeps,
): Operation<Validated<UpdateAssumeRolePolicyRequest>> {
  return {
    name: 'UpdateAssumeRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:UpdateAssumeRolePolicy', input.RoleName),
    async handle({ RoleName: name, PolicyDocument: text }, { account }) {
      await updateRole(deps, account, name, (role) => ({
        ...role,
        ...readTrustPolicy(text, deps.identities),
      }));
      return {};
    },
  };
}
