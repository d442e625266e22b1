import type { GetResourcePolicyRequest, GetResourcePolicyResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { policyNotFound } from './lambda-errors.ts';
import { findPolicyTarget } from './policy-target.ts';

export function getResourcePolicy(
  room: LambdaRoom,
): Operation<GetResourcePolicyRequest, GetResourcePolicyResponse> {
  return {
    name: 'GetResourcePolicy',
    permissions: ({ ResourceArn: arn }, context) => [
      functionPermission(room.functions, 'GetResourcePolicy', { FunctionName: arn }, context),
    ],
    handle: async ({ ResourceArn: arn }, context) => {
      const target = findPolicyTarget(room, { FunctionName: arn }, context, policyNotFound);
      if (target.policy === undefined) throw policyNotFound();
      return { Policy: JSON.stringify(target.policy), RevisionId: target.revisionId };
    },
  };
}
