import type { ListPoliciesRequest, ListPoliciesResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { managedPolicyArn, type ManagedPolicy } from '../../iam/managed-policy.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describePolicy } from './describe-policy.ts';
import { pageOf } from './paging.ts';
import { attachmentCount, boundaryCount } from './policy-access.ts';

export function listPolicies(
  deps: IamDeps,
): Operation<Validated<ListPoliciesRequest>, ListPoliciesResponse> {
  return {
    name: 'ListPolicies',
    permissions: ({ PathPrefix: prefix = '/' }, { account }) => [
      { action: 'iam:ListPolicies', resources: [`arn:aws:iam::${account}:policy${prefix}`] },
    ],
    async handle(input, { account }) {
      const policies = deps.identities.policies
        .list(account)
        .filter((policy) => isWanted(deps, account, policy, input));
      const { items, rest } = pageOf(policies, managedPolicyArn, input);
      return { Policies: items.map((policy) => describePolicy(deps, account, policy)), ...rest };
    },
  };
}

function isWanted(
  deps: IamDeps,
  account: string,
  policy: ManagedPolicy,
  input: Validated<ListPoliciesRequest>,
): boolean {
  if (input.Scope === 'AWS' && policy.account !== 'aws') return false;
  if (input.Scope === 'Local' && policy.account === 'aws') return false;
  if (!policy.path.startsWith(input.PathPrefix ?? '/')) return false;
  const arn = managedPolicyArn(policy);
  const isBoundary = boundaryCount(deps, account, arn) > 0;
  const isAttached = attachmentCount(deps, account, arn) > 0;
  if (input.PolicyUsageFilter === 'PermissionsBoundary') return isBoundary;
  if (input.PolicyUsageFilter === 'PermissionsPolicy') return isAttached;
  return input.OnlyAttached !== true || isAttached || isBoundary;
}
