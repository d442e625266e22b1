import type { AddPermissionRequest, AddPermissionResponse } from '@aws-sdk/client-lambda';
import type { Operation, ResourcePolicy } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { resourceConflict } from './lambda-errors.ts';
import { statementOf } from './policy-statement.ts';
import { checkPolicyRevision, findPolicyTarget, storePolicy } from './policy-target.ts';

/** AWS: what the first permission makes. */
const EMPTY: ResourcePolicy = { Version: '2012-10-17', Id: 'default', Statement: [] };

export function addPermission(
  room: LambdaRoom,
): Operation<AddPermissionRequest, AddPermissionResponse> {
  return {
    name: 'AddPermission',
    permissions: (input, context) => {
      const permission = functionPermission(room.functions, 'AddPermission', input, context);
      const conditions = { ...permission.conditions, 'lambda:Principal': input.Principal ?? '' };
      return [{ ...permission, conditions }];
    },
    handle: async (input, context) => {
      for (;;) {
        const target = findPolicyTarget(room, input, context);
        checkPolicyRevision(target, input.RevisionId);
        const statements = target.policy?.Statement ?? [];
        if (statements.some(({ Sid: sid }) => sid === input.StatementId)) {
          throw resourceConflict(
            `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          );
        }
        const statement = statementOf(input, target.arn);
        const policy = { ...(target.policy ?? EMPTY), Statement: [...statements, statement] };
        // Undefined when the function changed just now: the policy of what there is now grows.
        if ((await storePolicy(room, target, policy)) === undefined) continue;
        return { Statement: JSON.stringify(statement) };
      }
    },
  };
}
