/** The inline policies of a role: Put, Get, List and DeleteRolePolicy. */
import type {
  DeleteRolePolicyRequest,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  PutRolePolicyRequest,
} from '@aws-sdk/client-iam';
import type { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { policySize } from '../../iam/policy-document.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { limitExceeded, noSuchEntity } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { checkPolicy, encodePolicy } from './policy-text.ts';
import { findRole, permissionOnRole, updateRole } from './role-access.ts';

/** AWS: of all inline policies of a role together, without white space. */
const INLINE_POLICY_CHARACTERS = 10_240;

export function putRolePolicy(deps: IamDeps): Operation<Validated<PutRolePolicyRequest>> {
  return {
    name: 'PutRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:PutRolePolicy', input.RoleName),
    async handle({ RoleName, PolicyName, PolicyDocument }, { account }) {
      await updateRole(deps, account, RoleName, (role) => {
        checkPolicy(PolicyDocument, 'inline');
        const inlinePolicies = { ...role.inlinePolicies, [PolicyName]: PolicyDocument };
        const sizes = Object.values(inlinePolicies).map(policySize);
        if (sizes.reduce((sum, size) => sum + size, 0) > INLINE_POLICY_CHARACTERS) {
          throw limitExceeded(
            `Maximum policy size of ${INLINE_POLICY_CHARACTERS} bytes exceeded for role ${role.name}`,
          );
        }
        return { ...role, inlinePolicies };
      });
      return {};
    },
  };
}

export function getRolePolicy(
  deps: IamDeps,
): Operation<Validated<GetRolePolicyRequest>, GetRolePolicyResponse> {
  return {
    name: 'GetRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:GetRolePolicy', input.RoleName),
    async handle({ RoleName, PolicyName }, { account }) {
      const role = findRole(deps, account, RoleName);
      if (!Object.hasOwn(role.inlinePolicies, PolicyName)) throw noSuchRolePolicy(PolicyName);
      const document = role.inlinePolicies[PolicyName] ?? '';
      return { RoleName: role.name, PolicyName, PolicyDocument: encodePolicy(document) };
    },
  };
}

export function listRolePolicies(
  deps: IamDeps,
): Operation<Validated<ListRolePoliciesRequest>, ListRolePoliciesResponse> {
  return {
    name: 'ListRolePolicies',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:ListRolePolicies', input.RoleName),
    async handle(input, { account }) {
      const names = Object.keys(findRole(deps, account, input.RoleName).inlinePolicies).sort();
      const { items, rest } = pageOf(names, (name) => name, input);
      return { PolicyNames: items, ...rest };
    },
  };
}

export function deleteRolePolicy(deps: IamDeps): Operation<Validated<DeleteRolePolicyRequest>> {
  return {
    name: 'DeleteRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:DeleteRolePolicy', input.RoleName),
    async handle({ RoleName, PolicyName }, { account }) {
      await updateRole(deps, account, RoleName, (role) => {
        if (!Object.hasOwn(role.inlinePolicies, PolicyName)) throw noSuchRolePolicy(PolicyName);
        const left = Object.entries(role.inlinePolicies).filter(([name]) => name !== PolicyName);
        return { ...role, inlinePolicies: Object.fromEntries(left) };
      });
      return {};
    },
  };
}

function noSuchRolePolicy(name: string): AwsError {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`);
}
