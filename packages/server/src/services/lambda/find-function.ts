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

/** The permission for an action on one function. A function that does not exist has no tags. */
export function functionPermission(
  functions: FunctionRepository,
  action: string,
  request: FunctionRequest,
  context: OperationContext,
): Permission {
  const parts = parseFunctionName(request.FunctionName ?? '');
  const { account, region } = { ...context, ...parts };
  const owner = { account, region, name: parts.name };
  const qualifier = parts.qualifier ?? request.Qualifier;
  const permission = { action: `lambda:${action}`, resources: [functionArn(owner, qualifier)] };
  const conditions = resourceTags(functions.find(owner));
  return conditions === undefined ? permission : { ...permission, conditions };
}

function resourceTags(record: FunctionRecord | undefined): Permission['conditions'] {
  const tags = Object.entries(record?.tags ?? {});
  if (tags.length === 0) return undefined;
  return Object.fromEntries(tags.map(([name, value]) => [`aws:ResourceTag/${name}`, value]));
}

/** Whoever gives a role to Lambda must be allowed to pass it on. */
export function passRole(role: string | undefined): readonly Permission[] {
  if (role === undefined) return [];
  const conditions = { 'iam:PassedToService': 'lambda.amazonaws.com' };
  return [{ action: 'iam:PassRole', resources: [role], conditions }];
}

/** `permission` with what a policy may want to know of the tags that are given. */
export function withRequestTags(
  permission: Permission,
  tags: Readonly<Record<string, string>>,
): Permission {
  const given = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  const conditions = {
    ...permission.conditions,
    'aws:TagKeys': Object.keys(tags),
    ...(Object.fromEntries(given) as Record<string, string>),
  };
  return { ...permission, conditions };
}
