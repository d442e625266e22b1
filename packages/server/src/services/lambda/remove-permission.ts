import type { RemovePermissionRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { notFound } from './lambda-errors.ts';
import { checkPolicyRevision, findPolicyTarget, storePolicy } from './policy-target.ts';

export function removePermission(room: LambdaRoom): Operation<RemovePermissionRequest> {
  return {
    name: 'RemovePermission',
    permissions: (input, context) => [
      functionPermission(room.functions, 'RemovePermission', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const target = findPolicyTarget(room, input, context, (arn) =>
          notFound(`No policy found for: ${arn}`),
        );
        const { policy } = target;
        if (policy === undefined)
          throw notFound('No policy is associated with the given resource.');
        const left = policy.Statement.filter(({ Sid: sid }) => sid !== input.StatementId);
        if (left.length === policy.Statement.length) {
          throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
        }
        checkPolicyRevision(target, input.RevisionId);
        // AWS: with its last statement the policy itself is gone.
        const next = left.length === 0 ? undefined : { ...policy, Statement: left };
        // Undefined when the function changed just now: look again.
        if ((await storePolicy(room, target, next)) !== undefined) return {};
      }
    },
  };
}
