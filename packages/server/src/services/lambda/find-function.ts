/** How an operation gets from the request's text to a record, with AWS's refusals on the way. */
import { functionArn } from '../../core/function-version.ts';
import {
  parseFunctionName,
  resolveFunctionName,
  type FunctionAddress,
} from '../../core/function-name.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import type { FunctionRepository } from '../../functions/function-repository.ts';
import { functionNotFound } from './lambda-errors.ts';

export interface FunctionRequest {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
}

export interface FoundFunction {
  readonly record: FunctionRecord;
  readonly address: FunctionAddress;
}

/** Only `$LATEST` exists until versions are published; any other qualifier is not found. */
export function findFunction(
  functions: FunctionRepository,
  request: FunctionRequest,
  context: OperationContext,
): FoundFunction {
  const address = addressOf(request, context);
  const record = functions.find(address);
  const { qualifier } = address;
  if (record === undefined || (qualifier !== undefined && qualifier !== '$LATEST')) {
    throw functionNotFound(address, qualifier);
  }
  return { record, address };
}

export function addressOf(request: FunctionRequest, context: OperationContext): FunctionAddress {
  return resolveFunctionName(request.FunctionName ?? '', request.Qualifier, context);
}

/** The permission for an action on one function. Never looks whether it exists, as AWS. */
export function functionPermission(
  action: string,
  request: FunctionRequest,
  context: OperationContext,
): Permission {
  const parts = parseFunctionName(request.FunctionName ?? '');
  const { account, region } = { ...context, ...parts };
  const qualifier = parts.qualifier ?? request.Qualifier;
  return {
    action: `lambda:${action}`,
    resources: [functionArn({ account, region, name: parts.name }, qualifier)],
  };
}

/** Whoever gives a role to Lambda must be allowed to pass it on. */
export function passRole(role: string | undefined): readonly Permission[] {
  if (role === undefined) return [];
  const conditions = { 'iam:PassedToService': 'lambda.amazonaws.com' };
  return [{ action: 'iam:PassRole', resources: [role], conditions }];
}

export function tagPermission(arn: string, tags: Readonly<Record<string, string>>): Permission {
  const conditions: Record<string, string | readonly string[]> = {
    'aws:TagKeys': Object.keys(tags),
  };
  for (const [key, value] of Object.entries(tags)) conditions[`aws:RequestTag/${key}`] = value;
  return { action: 'lambda:TagResource', resources: [ownArn(arn)], conditions };
}

/**
 * The form of the ARN that policies know. Any partition is accepted and means the same function:
 * the caller's spelling must not be a way round a Deny.
 */
export function ownArn(arn: string): string {
  return arn.replace(/^arn:aws[a-zA-Z-]*:/, 'arn:aws:');
}
