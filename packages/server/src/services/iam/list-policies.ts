import type { ListPoliciesRequest, ListPoliciesResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { managedPolicyArn, type ManagedPolicy } from '../../iam/managed-policy.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describePolicy } from './describe-policy.ts';
import { pageOf } from './paging.ts';
import { attachmentCount } from './policy-access.ts';

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
  // No principal here can have a boundary yet, so no policy is used as one.
  if (input.PolicyUsageFilter === 'PermissionsBoundary') return false;
  if (input.Scope === 'AWS' && policy.account !== 'aws') return false;
  if (input.Scope === 'Local' && policy.account === 'aws') return false;
  if (!policy.path.startsWith(input.PathPrefix ?? '/')) return false;
  return (
    input.OnlyAttached !== true || attachmentCount(deps, account, managedPolicyArn(policy)) > 0
  );
}
