/**
 * The warm path: no database (records are in memory), no parsing of the event into objects, and
 * the caller's bytes go to the runtime as they are.
 */
import type {
  InvocationRequest as InvokeInput,
  InvocationResponse as InvokeOutput,
} from '@aws-sdk/client-lambda';
import type { InvocationResult } from '../../core/invocation.ts';
import type { Operation } from '../../core/operation.ts';
import { acceptEvent } from './async/accept-event.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import {
  admitInvocation,
  prepareInvocation,
  translateInvocationError,
} from './prepare-invocation.ts';

export function invoke(room: LambdaRoom): Operation<InvokeInput, InvokeOutput> {
  return {
    name: 'Invoke',
    permissions: (input, context) => [
      functionPermission(room.functions, 'InvokeFunction', input, context),
    ],
    handle: async (input, context) => {
      if (input.InvocationType === 'Event') return acceptEvent(room, input, context);
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
