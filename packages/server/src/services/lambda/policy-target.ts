/**
 * What a resource policy belongs to: the function, one of its versions or an alias. Its revision
 * is that of what it belongs to, and changes with every change of the policy.
 */
import { functionArn } from '../../core/function-version.ts';
import type { OperationContext, ResourcePolicy } from '../../core/operation.ts';
import { policyOf, withPolicy, type FunctionRecord } from '../../functions/function-record.ts';
import {
  addressOf,
  findQualified,
  type FoundFunction,
  type FunctionRequest,
} from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import {
  functionNotFound,
  invalidParameter,
  notFound,
  policyTooLong,
  stalePolicy,
} from './lambda-errors.ts';

export interface PolicyTarget extends FoundFunction {
  readonly arn: string;
  readonly qualifier: string | undefined;
  readonly policy: ResourcePolicy | undefined;
  readonly revisionId: string;
}

/** `missing` makes the error for a function that is not there. */
export function findPolicyTarget(
  room: LambdaRoom,
  request: FunctionRequest,
  context: OperationContext,
  missing: (arn: string) => Error = (arn) => notFound(`Function not found: ${arn}`),
): PolicyTarget {
  const address = addressOf(room.functions, request, context);
  const { qualifier } = address;
  if (qualifier === '$LATEST') {
    throw invalidParameter('We currently do not support adding policies for $LATEST.');
  }
  const arn = functionArn(address, qualifier);
  const record = room.functions.find(address);
  if (record === undefined) throw missing(functionArn(address));
  const found = findQualified(record, qualifier);
  if (found === undefined) {
    throw isAliasName(qualifier)
      ? notFound(`Cannot find alias arn: ${arn}`)
      : functionNotFound(address, qualifier);
  }
  const { revisionId } = found.alias ?? found.published ?? record;
  return {
    record,
    address,
    ...found,
    arn,
    qualifier,
    policy: policyOf(record, qualifier),
    revisionId,
  };
}

export function checkPolicyRevision(target: PolicyTarget, revisionId: string | undefined): void {
  if (revisionId && revisionId !== target.revisionId) throw stalePolicy();
}

/** Undefined when the function changed meanwhile and nothing was stored; else the new revision. */
export async function storePolicy(
  room: LambdaRoom,
  target: PolicyTarget,
  policy: ResourcePolicy | undefined,
): Promise<string | undefined> {
  if (policy !== undefined) checkLength(policy);
  const revisionId = room.ids.uuid();
  const next = withRevision(
    withPolicy(target.record, target.qualifier, policy),
    target,
    revisionId,
  );
  return (await room.functions.replace(target.record, next)) ? revisionId : undefined;
}

/** AWS's quota for the policy of one function, version, alias or layer version: 20 KB. */
export const POLICY_BYTES = 20_480;

function checkLength(policy: ResourcePolicy): void {
  const bytes = Buffer.byteLength(JSON.stringify(policy));
  if (bytes > POLICY_BYTES) throw policyTooLong(bytes, POLICY_BYTES);
}

function isAliasName(qualifier: string | undefined): boolean {
  return qualifier !== undefined && /^(?!\d+$)[a-zA-Z0-9_-]+$/.test(qualifier);
}

function withRevision(
  record: FunctionRecord,
  { alias, published }: PolicyTarget,
  revisionId: string,
): FunctionRecord {
  const { aliases = [], versions = [] } = record;
  if (alias !== undefined) {
    return {
      ...record,
      aliases: aliases.map((each) => (each === alias ? { ...each, revisionId } : each)),
    };
  }
  if (published !== undefined) {
    return {
      ...record,
      versions: versions.map((each) => (each === published ? { ...each, revisionId } : each)),
    };
  }
  return { ...record, revisionId };
}
