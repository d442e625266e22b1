/**
 * The warm path: no database (records are in memory), no parsing of the event into objects, and
 * the caller's bytes go to the runtime as they are.
 */
import type {
  InvocationRequest as InvokeInput,
  InvocationResponse as InvokeOutput,
} from '@aws-sdk/client-lambda';
import { RuntimeUnavailable } from '@hearth/runtimes';
import { AwsError } from '../../core/aws-error.ts';
import { isPending, type FunctionState } from '../../core/function-state.ts';
import { functionArn } from '../../core/function-version.ts';
import {
  RoleNotAssumable,
  Throttled,
  type ConcurrencyShare,
  type InvocationRequest,
  type InvocationResult,
} from '../../core/invocation.ts';
import { SYNC_PAYLOAD_BYTES } from '../../core/limits.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import {
  servedPublished,
  servedVersion,
  type FunctionRecord,
  type PublishedVersion,
} from '../../functions/function-record.ts';
import { chooseVersion } from './choose-version.ts';
import { readClientContext } from './client-context.ts';
import { findFunction, functionPermission, type FoundFunction } from './find-function.ts';
import { findJsonError } from './json-error.ts';
import { checkTenant } from './tenancy.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { cannotYet, invalidContent, resourceConflict } from './lambda-errors.ts';

export function invoke(room: LambdaRoom): Operation<InvokeInput, InvokeOutput> {
  return {
    name: 'Invoke',
    permissions: (input, context) => [
      functionPermission(room.functions, 'InvokeFunction', input, context),
    ],
    handle: async (input, context) => {
      const prepared = prepareInvocation(room, input, context);
      if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
      const waking = admitInvocation(room, prepared);
      if (waking !== undefined) await waking;
      try {
        return outputOf(await room.invoker.invoke(prepared.request));
      } catch (error) {
        throw translateInvocationError(error);
      }
    },
  };
}

type Invocation = Omit<InvokeInput, 'Payload'> & { readonly Payload?: Uint8Array | undefined };

export interface PreparedInvocation {
  readonly request: InvocationRequest;
  readonly record: FunctionRecord;
  readonly published: PublishedVersion | undefined;
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
  const request = requestOf(found, published, shareOf(room, found.record), input, context);
  if (input.InvocationType === 'Event') {
    throw cannotYet('asynchronous invocation (InvocationType Event)');
  }
  if (input.DurableExecutionName !== undefined) {
    throw cannotYet('durable functions (DurableExecutionName)');
  }
  return { request, record: found.record, published };
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

const EMPTY_EVENT: Uint8Array = Buffer.from('{}');
/** A hint: capacity is usually free again within a second. */
const RETRY_AFTER_SECONDS = '1';

function requestOf(
  { record, address }: FoundFunction,
  published: PublishedVersion | undefined,
  share: ConcurrencyShare,
  input: Invocation,
  context: OperationContext,
): InvocationRequest {
  const payload = input.Payload;
  return {
    requestId: context.requestId,
    version: published === undefined ? servedVersion(record) : servedPublished(record, published),
    invokedArn: functionArn(record, address.qualifier),
    payload: payload === undefined || payload.length === 0 ? EMPTY_EVENT : checked(payload),
    wantsLogTail: input.LogType === 'Tail',
    share,
    ...(input.TenantId === undefined ? {} : { tenantId: input.TenantId }),
    ...(input.ClientContext ? { clientContext: readClientContext(input.ClientContext) } : {}),
    ...(context.traceHeader === undefined ? {} : { traceHeader: context.traceHeader }),
  };
}

function checked(payload: Uint8Array): Uint8Array {
  if (payload.length > SYNC_PAYLOAD_BYTES) {
    throw new AwsError(
      'RequestTooLargeException',
      413,
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
      { members: { Type: 'User' } },
    );
  }
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

function outputOf(result: InvocationResult): InvokeOutput {
  return {
    StatusCode: 200,
    ExecutedVersion: result.executedVersion,
    Payload: result.payload,
    ...(result.functionError === undefined ? {} : { FunctionError: result.functionError }),
    ...(result.logTail === undefined
      ? {}
      : { LogResult: Buffer.from(result.logTail).toString('base64') }),
  };
}

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
