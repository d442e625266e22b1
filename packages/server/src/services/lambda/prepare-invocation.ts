/**
 * What Invoke, its kin and every try of an asynchronous event have in common: the checks of what
 * was asked for, whether it can run now, and how its refusals are told.
 */
import type { InvocationRequest as InvokeInput } from '@aws-sdk/client-lambda';
import { RuntimeUnavailable } from '@hearth/runtimes';
import type { Limits } from '../../core/adjustable-limits.ts';
import { AwsError } from '../../core/aws-error.ts';
import { isPending, type FunctionState } from '../../core/function-state.ts';
import { functionArn } from '../../core/function-version.ts';
import {
  RoleNotAssumable,
  Throttled,
  type ConcurrencyShare,
  type InvocationRequest,
} from '../../core/invocation.ts';
import type { InvocationTrace } from '../../core/trace.ts';
import { MOST_ROUNDS, withLineage } from '../../core/lineage.ts';
import type { OperationContext } from '../../core/operation.ts';
import {
  servedPublished,
  servedVersion,
  type FunctionRecord,
  type PublishedVersion,
} from '../../functions/function-record.ts';
import { chooseVersion } from './choose-version.ts';
import { readClientContext } from './client-context.ts';
import { findFunction, type FoundFunction } from './find-function.ts';
import { findJsonError } from './json-error.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { cannotYet, invalidContent, payloadTooLarge, resourceConflict } from './lambda-errors.ts';
import { checkTenant } from './tenancy.ts';
import { arrive, decidedHeader } from './tracing.ts';

export type Invocation = Omit<InvokeInput, 'Payload'> & {
  readonly Payload?: Uint8Array | undefined;
};

export interface PreparedInvocation {
  readonly request: InvocationRequest;
  readonly record: FunctionRecord;
  readonly published: PublishedVersion | undefined;
  readonly qualifier: string | undefined;
  /** The header that came, or was made, with the decision that a function with active tracing made. */
  readonly decidedHeader?: string;
}

/** What Invoke and its kin have in common: the checks of what was asked for. */
export function prepareInvocation(
  room: LambdaRoom,
  input: Invocation,
  context: OperationContext,
): PreparedInvocation {
  const found = findFunction(room.functions, input, context);
  checkTenant(found.record, input.TenantId);
  const published = chooseVersion(found, room.random);
  const settings = published?.settings ?? found.record.latest;
  const decided = decidedHeader(room, found.record, settings.tracing, context.traceHeader);
  const { header, trace } = arrive(room, decided);
  const traceHeader = tracedThrough(found.record, header);
  const share = shareOf(room, found.record);
  const request = requestOf(
    found,
    published,
    { share, traceHeader, trace, limits: room.limits },
    input,
    context,
  );
  if (input.DurableExecutionName !== undefined) {
    throw cannotYet('durable functions (DurableExecutionName)');
  }
  return {
    request,
    record: found.record,
    published,
    qualifier: found.address.qualifier,
    ...(settings.tracing === 'Active' ? { decidedHeader: decided } : {}),
  };
}

/** Throws where it cannot run now; a promise is to be waited for, of one that has to be woken. */
export function admitInvocation(
  { idleWatch }: LambdaRoom,
  { record, published }: PreparedInvocation,
): Promise<void> | undefined {
  idleWatch.used(record, published);
  const { state } = published ?? record;
  if (state.kind === 'inactive') {
    return idleWatch.wake(record, published).then(() => checkInvocable(state));
  }
  checkInvocable(state);
  return undefined;
}

/** The trace with this invocation in it; throws where the function is in a loop. */
function tracedThrough(record: FunctionRecord, before: string): string {
  const { traceHeader, rounds } = withLineage(before, functionArn(record));
  if (rounds < MOST_ROUNDS || record.recursiveLoop === 'Allow') return traceHeader;
  throw new AwsError(
    'RecursiveInvocationException',
    400,
    // AWS documents the error in these words; those of its answer are not known.
    "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation.",
    { members: { Type: 'User' } },
  );
}

/** How far it may go: what it may take, through how many functions it came, what it may bring. */
interface Bounds {
  readonly share: ConcurrencyShare;
  readonly traceHeader: string;
  readonly trace: InvocationTrace | undefined;
  readonly limits: Limits;
}

const EMPTY_EVENT: Uint8Array = Buffer.from('{}');
function requestOf(
  { record, address }: FoundFunction,
  published: PublishedVersion | undefined,
  { share, traceHeader, trace, limits }: Bounds,
  input: Invocation,
  context: OperationContext,
): InvocationRequest {
  const payload = input.Payload;
  return {
    requestId: context.requestId,
    version: published === undefined ? servedVersion(record) : servedPublished(record, published),
    invokedArn: functionArn(record, address.qualifier),
    payload: payload === undefined || payload.length === 0 ? EMPTY_EVENT : checked(payload, limits),
    wantsLogTail: input.LogType === 'Tail',
    share,
    ...(input.TenantId === undefined ? {} : { tenantId: input.TenantId }),
    ...(input.ClientContext ? { clientContext: readClientContext(input.ClientContext) } : {}),
    traceHeader,
    ...(trace === undefined ? {} : { trace }),
  };
}

function checked(payload: Uint8Array, limits: Limits): Uint8Array {
  if (payload.length > limits.payloadBytes) throw payloadTooLarge(limits);
  const problem = findJsonError(payload);
  if (problem === undefined) return payload;
  throw invalidContent(
    `Could not parse request body into json: Could not parse payload into json: ${problem}`,
  );
}

function shareOf({ functions }: LambdaRoom, record: FunctionRecord): ConcurrencyShare {
  const limit = record.reservedConcurrency;
  if (limit !== undefined) return { kind: 'reserved', limit };
  return { kind: 'unreserved', reservedByOthers: functions.reservedConcurrency(record) };
}

function checkInvocable(state: FunctionState): void {
  // AWS: the invocation that finds an inactive function fails, and makes it Pending.
  const isWaiting = isPending(state) || state.kind === 'inactive';
  if (!isWaiting && state.kind !== 'failed') return;
  const shown = isWaiting ? 'Pending' : 'Failed';
  throw resourceConflict(
    `The operation cannot be performed at this time. The function is currently in the following state: ${shown}`,
  );
}

/** A hint: capacity is usually free again within a second. */
const RETRY_AFTER_SECONDS = '1';

/** What the invoke room rejects with, as the caller is told it. */
export function translateInvocationError(error: unknown): unknown {
  if (error instanceof Throttled) {
    return new AwsError('TooManyRequestsException', 429, error.message, {
      members: { Reason: error.reason, Type: 'User' },
      headers: { 'Retry-After': RETRY_AFTER_SECONDS },
      cause: error,
    });
  }
  if (error instanceof RuntimeUnavailable) {
    const members = { Type: 'User' };
    return new AwsError('InvalidRuntimeException', 502, error.message, { members, cause: error });
  }
  if (error instanceof RoleNotAssumable) {
    const message = 'The role defined for the function cannot be assumed by Lambda.';
    return new AwsError('AccessDeniedException', 403, message, { cause: error });
  }
  return error;
}
