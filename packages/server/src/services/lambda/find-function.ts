/** How an operation gets from the request's text to a record, with AWS's refusals on the way. */
import { functionArn } from '../../core/function-version.ts';
import {
  parseFunctionName,
  resolveFunctionName,
  type FunctionAddress,
} from '../../core/function-name.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import {
  policyOf,
  type AliasRecord,
  type FunctionRecord,
  type PublishedVersion,
} from '../../functions/function-record.ts';
import type { FunctionRepository } from '../../functions/function-repository.ts';
import { requestTagConditions, resourceTagConditions } from '../tag-conditions.ts';
import { functionNotFound, wholeFunctionsOnly } from './lambda-errors.ts';

export interface FunctionRequest {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
}

export interface FoundFunction {
  readonly record: FunctionRecord;
  readonly address: FunctionAddress;
  /** The alias that the qualifier names. */
  readonly alias?: AliasRecord;
  /** The published version that it means; absent for `$LATEST`. */
  readonly published?: PublishedVersion;
}

/** With whatever the qualifier means: a version, what an alias points to, or `$LATEST`. */
export function findFunction(
  functions: FunctionRepository,
  request: FunctionRequest,
  context: OperationContext,
): FoundFunction {
  const address = addressOf(functions, request, context);
  const record = functions.find(address);
  const found = record === undefined ? undefined : findQualified(record, address.qualifier);
  if (record === undefined || found === undefined) {
    throw functionNotFound(address, address.qualifier);
  }
  return { record, address, ...found };
}

/** For operations on the function as a whole, which neither versions nor aliases have. */
export function findWholeFunction(
  functions: FunctionRepository,
  request: FunctionRequest,
  context: OperationContext,
): FunctionRecord {
  const { record, address } = findLatest(functions, request, context);
  if (address.qualifier === undefined) return record;
  throw wholeFunctionsOnly();
}

/** For changes: only `$LATEST` can change, and it may be called so. */
export function findLatest(
  functions: FunctionRepository,
  request: FunctionRequest,
  context: OperationContext,
): FoundFunction {
  const address = addressOf(functions, request, context);
  const record = functions.find(address);
  const { qualifier } = address;
  if (record === undefined) throw functionNotFound(address, qualifier);
  if (qualifier === undefined || qualifier === '$LATEST') return { record, address };
  throw wholeFunctionsOnly();
}

export function findQualified(
  record: FunctionRecord,
  qualifier: string | undefined,
): Pick<FoundFunction, 'alias' | 'published'> | undefined {
  if (qualifier === undefined || qualifier === '$LATEST') return {};
  const alias = record.aliases?.find(({ name }) => name === qualifier);
  const version = alias?.version ?? qualifier;
  const published = record.versions?.find((each) => each.version === version);
  if (published !== undefined) return alias === undefined ? { published } : { alias, published };
  return alias?.version === '$LATEST' ? { alias } : undefined;
}

/** AWS lets another account name a function only where a policy of the function speaks of others. */
export function addressOf(
  functions: FunctionRepository,
  request: FunctionRequest,
  context: OperationContext,
): FunctionAddress {
  return resolveFunctionName(
    request.FunctionName ?? '',
    request.Qualifier,
    context,
    (address) => policyOf(functions.find(address), address.qualifier) !== undefined,
  );
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
  const record = functions.find(owner);
  const conditions = resourceTags(record);
  const resourcePolicy = policyOf(record, qualifier);
  return {
    action: `lambda:${action}`,
    resources: [functionArn(owner, qualifier)],
    ...(conditions === undefined ? {} : { conditions }),
    ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
  };
}

export function resourceTags(record: FunctionRecord | undefined): Permission['conditions'] {
  const conditions = resourceTagConditions(record?.tags);
  return Object.keys(conditions).length === 0 ? undefined : conditions;
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
  const conditions = { ...permission.conditions, ...requestTagConditions(tags) };
  return { ...permission, conditions };
}
