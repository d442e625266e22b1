import type { PutResourcePolicyRequest, PutResourcePolicyResponse } from '@aws-sdk/client-lambda';
import type { Operation, ResourcePolicy } from '../../core/operation.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import { listOf, type PolicyStatement } from '../../iam/policy-statement.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { checkPolicyRevision, findPolicyTarget, storePolicy } from './policy-target.ts';

export function putResourcePolicy(
  room: LambdaRoom,
): Operation<PutResourcePolicyRequest, PutResourcePolicyResponse> {
  return {
    name: 'PutResourcePolicy',
    permissions: ({ ResourceArn: arn }, context) => [
      functionPermission(room.functions, 'PutResourcePolicy', { FunctionName: arn }, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const target = findPolicyTarget(room, { FunctionName: input.ResourceArn }, context);
        checkPolicyRevision(target, input.RevisionId);
        const policy = parse(input.Policy ?? '', target.arn);
        const revisionId = await storePolicy(room, target, policy);
        // The function changed just now: look again.
        if (revisionId === undefined) continue;
        return { Policy: JSON.stringify(policy), RevisionId: revisionId };
      }
    },
  };
}

function parse(text: string, arn: string): ResourcePolicy {
  try {
    const { Version: version = '2008-10-17', ...rest } = parsePolicyDocument(text, 'resource');
    for (const statement of rest.Statement) checkStatement(statement, arn);
    return { Version: version, ...rest };
  } catch (error) {
    if (error instanceof MalformedPolicy) throw invalidParameter(error.message, error);
    throw error;
  }
}

/** A policy speaks of Lambda's actions on what it belongs to, and of nothing else. */
function checkStatement(statement: PolicyStatement, arn: string): void {
  const { Action: action, Resource: resource } = statement;
  if (!listOf(action).every((name) => /^(\*$|lambda:)/i.test(name))) {
    throw invalidParameter('Policy statements of a Lambda resource must name Lambda actions.');
  }
  if (!listOf(resource).every((each) => each === arn)) {
    throw invalidParameter(`Policy statements must name the resource ${arn}.`);
  }
}
