/** Invoke with InvocationType Event, and InvokeAsync: 202 once the event is durable. */
import type {
  InvocationRequest as InvokeInput,
  InvocationResponse as InvokeOutput,
  InvokeAsyncRequest,
  InvokeAsyncResponse,
} from '@aws-sdk/client-lambda';
import { AwsError } from '../../../core/aws-error.ts';
import { NO_PROGRESS } from '../../../core/async-event.ts';
import type { Operation, OperationContext } from '../../../core/operation.ts';
import { functionPermission } from '../find-function.ts';
import {
  admitInvocation,
  prepareInvocation,
  type Invocation,
  type PreparedInvocation,
} from '../prepare-invocation.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { placeOf, type StoredEvent } from './stored-event.ts';

export async function acceptEvent(
  room: LambdaRoom,
  input: Omit<Invocation, 'InvocationType'>,
  context: OperationContext,
): Promise<InvokeOutput> {
  const size = input.Payload?.byteLength ?? 0;
  const { eventBytes } = room.limits;
  if (size > eventBytes) {
    // AWS's wording from memory, with the limit of today.
    throw new AwsError(
      'RequestTooLargeException',
      413,
      `${size} byte payload is too large for the Event invocation type (limit ${eventBytes} bytes)`,
      { members: { Type: 'User' } },
    );
  }
  const prepared = prepareInvocation(room, input, tellingOfLoops(context));
  const waking = admitInvocation(room, prepared);
  if (waking !== undefined) await waking;
  const { record, request } = prepared;
  const traceHeader = headerToKeep(prepared, context);
  const event: StoredEvent = {
    progress: NO_PROGRESS,
    ...(prepared.qualifier === undefined ? {} : { qualifier: prepared.qualifier }),
    ...(input.ClientContext ? { clientContext: input.ClientContext } : {}),
    ...(input.TenantId === undefined ? {} : { tenantId: input.TenantId }),
    // As it came: each try adds itself.
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  const place = placeOf(record);
  const attributes = JSON.stringify(event);
  await room.queue.send(place, [{ id: context.requestId, body: request.payload, attributes }]);
  room.events.wake(place);
  return { StatusCode: 202 };
}

/**
 * All tries are of one trace, so what active tracing decides is decided here. Events of services keep
 * what they came with, of which the invocation was not told.
 */
function headerToKeep(
  { decidedHeader }: PreparedInvocation,
  { principal, traceHeader }: OperationContext,
): string | undefined {
  if (principal.kind === 'service' && traceHeader !== undefined) return traceHeader;
  return decidedHeader ?? traceHeader;
}

/**
 * A caller is told that the function is in a loop. AWS: an event of a service is accepted, and given
 * up by its first try, so that destinations and the dead-letter queue are told.
 */
function tellingOfLoops(context: OperationContext): OperationContext {
  if (context.principal.kind !== 'service') return context;
  const { traceHeader: _trace, ...rest } = context;
  return rest;
}

/** Deprecated on AWS, and still served. */
export function invokeAsync(room: LambdaRoom): Operation<InvokeAsyncRequest, InvokeAsyncResponse> {
  return {
    name: 'InvokeAsync',
    // AWS: it asks for the permission of Invoke.
    permissions: (input, context) => [
      functionPermission(room.functions, 'InvokeFunction', input, context),
    ],
    handle: async ({ FunctionName, InvokeArgs: args }, context) => {
      const Payload = args as InvokeInput['Payload'];
      await acceptEvent(room, { FunctionName, Payload }, context);
      return { Status: 202 };
    },
  };
}
