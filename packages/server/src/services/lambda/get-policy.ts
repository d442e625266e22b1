import type { GetPolicyRequest, GetPolicyResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { policyNotFound } from './lambda-errors.ts';
import { findPolicyTarget } from './policy-target.ts';

export function getPolicy(room: LambdaRoom): Operation<GetPolicyRequest, GetPolicyResponse> {
  return {
    name: 'GetPolicy',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetPolicy', input, context),
    ],
    handle: async (input, context) => {
      const target = findPolicyTarget(room, input, context, policyNotFound);
      if (target.policy === undefined) throw policyNotFound();
      return { Policy: JSON.stringify(target.policy), RevisionId: target.revisionId };
    },
  };
}
