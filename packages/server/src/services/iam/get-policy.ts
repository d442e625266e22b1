import type { GetPolicyRequest, GetPolicyResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describePolicy } from './describe-policy.ts';
import { findPolicy, permissionOnPolicy } from './policy-access.ts';
import { describeTags } from './tags.ts';

export function getPolicy(
  deps: IamDeps,
): Operation<Validated<GetPolicyRequest>, GetPolicyResponse> {
  return {
    name: 'GetPolicy',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:GetPolicy', input.PolicyArn),
    async handle({ PolicyArn: arn }, { account }) {
      const policy = findPolicy(deps, account, arn);
      const { description } = policy;
      return {
        Policy: {
          ...describePolicy(deps, account, policy),
          ...(description === undefined ? {} : { Description: description }),
          Tags: describeTags(policy.tags),
        },
      };
    },
  };
}
