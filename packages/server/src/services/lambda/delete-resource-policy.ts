import type { DeleteResourcePolicyRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { policyNotFound } from './lambda-errors.ts';
import { checkPolicyRevision, findPolicyTarget, storePolicy } from './policy-target.ts';

export function deleteResourcePolicy(room: LambdaRoom): Operation<DeleteResourcePolicyRequest> {
  return {
    name: 'DeleteResourcePolicy',
    permissions: ({ ResourceArn: arn }, context) => [
      functionPermission(room.functions, 'DeleteResourcePolicy', { FunctionName: arn }, context),
    ],
    handle: async ({ ResourceArn: arn, RevisionId: revisionId }, context) => {
      for (;;) {
        const target = findPolicyTarget(room, { FunctionName: arn }, context, policyNotFound);
        if (target.policy === undefined) throw policyNotFound();
        checkPolicyRevision(target, revisionId);
        // Undefined when the function changed just now: look again.
        if ((await storePolicy(room, target, undefined)) !== undefined) return {};
      }
    },
  };
}
