/** AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies. */
import type {
  AttachRolePolicyRequest,
  DetachRolePolicyRequest,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { limitExceeded, noSuchEntity, noSuchPolicy } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { findRole, permissionOnRole, updateRole } from './role-access.ts';
import { visiblePolicy } from './policy-access.ts';

/** AWS's default quota. */
const POLICIES_PER_ROLE = 10;

export function attachRolePolicy(deps: IamDeps): Operation<Validated<AttachRolePolicyRequest>> {
  return {
    name: 'AttachRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:AttachRolePolicy', input.RoleName, {
        'iam:PolicyARN': input.PolicyArn,
      }),
    async handle({ RoleName, PolicyArn: arn }, { account }) {
      await updateRole(deps, account, RoleName, (role) => {
        // In here, because nobody can delete the policy meanwhile.
        if (visiblePolicy(deps, account, arn) === undefined) {
          throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
        }
        if (role.attachedPolicies.includes(arn)) return role;
        if (role.attachedPolicies.length >= POLICIES_PER_ROLE) {
          throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${POLICIES_PER_ROLE}`);
        }
        return { ...role, attachedPolicies: [...role.attachedPolicies, arn] };
      });
      return {};
    },
  };
}

export function detachRolePolicy(deps: IamDeps): Operation<Validated<DetachRolePolicyRequest>> {
  return {
    name: 'DetachRolePolicy',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:DetachRolePolicy', input.RoleName, {
        'iam:PolicyARN': input.PolicyArn,
      }),
    async handle({ RoleName, PolicyArn: arn }, { account }) {
      await updateRole(deps, account, RoleName, (role) => {
        if (!role.attachedPolicies.includes(arn)) throw noSuchPolicy(arn);
        return { ...role, attachedPolicies: role.attachedPolicies.filter((each) => each !== arn) };
      });
      return {};
    },
  };
}

export function listAttachedRolePolicies(
  deps: IamDeps,
): Operation<Validated<ListAttachedRolePoliciesRequest>, ListAttachedRolePoliciesResponse> {
  return {
    name: 'ListAttachedRolePolicies',
    permissions: (input, context) =>
      permissionOnRole(deps, context, 'iam:ListAttachedRolePolicies', input.RoleName),
    async handle(input, { account }) {
      const prefix = input.PathPrefix ?? '/';
      const attached = findRole(deps, account, input.RoleName)
        .attachedPolicies.flatMap((arn) => {
          const policy = visiblePolicy(deps, account, arn);
          return policy?.path.startsWith(prefix) === true ? [{ arn, name: policy.name }] : [];
        })
        .sort((one, other) => (one.arn < other.arn ? -1 : 1));
      const { items, rest } = pageOf(attached, (policy) => policy.arn, input);
      const AttachedPolicies = items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));
      return { AttachedPolicies, ...rest };
    },
  };
}
