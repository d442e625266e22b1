/**
 * As Invoke, with the answer as a stream of events: chunks as the function writes them, then one
 * event that says how it ended. A function that does not stream answers in chunks all the same.
 */
import type {
  InvokeWithResponseStreamRequest,
  InvokeWithResponseStreamResponse,
  InvokeWithResponseStreamResponseEvent as StreamEvent,
} from '@aws-sdk/client-lambda';
import type { InvocationRequest, InvocationResult } from '../../core/invocation.ts';
import type { Operation } from '../../core/operation.ts';
import { Handover } from '../../lib/handover.ts';
import { functionPermission } from './find-function.ts';
import {
  admitInvocation,
  prepareInvocation,
  translateInvocationError,
} from './prepare-invocation.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/** `StreamEvent` is a union of the SDK whose unknown member the wire does not know. */
type Output = Omit<InvokeWithResponseStreamResponse, 'EventStream'> & {
  readonly EventStream?: AsyncIterable<StreamEvent>;
};

export function invokeWithResponseStream(
  room: LambdaRoom,
): Operation<InvokeWithResponseStreamRequest, Output> {
  return {
    name: 'InvokeWithResponseStream',
    // AWS: the action is that of Invoke.
    permissions: (input, context) => [
      functionPermission(room.functions, 'InvokeFunction', input, context),
    ],
    handle: async (input, context) => {
      const prepared = prepareInvocation(room, input, context);
      const { request } = prepared;
      if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
      await admitInvocation(room, prepared);
      try {
        return {
          StatusCode: 200,
          ExecutedVersion: request.version.version,
          EventStream: await startStream(room, request),
        };
      } catch (error) {
        throw translateInvocationError(error);
      }
    },
  };
}

/** Resolves when there is something to tell the caller; rejects when it was not even begun. */
async function startStream(
  { invoker }: LambdaRoom,
  request: InvocationRequest,
): Promise<AsyncIterable<StreamEvent>> {
  const events = new Handover<StreamEvent>();
  const begun = Promise.withResolvers<void>();
  let isStreaming = false;
  const running = invoker.invoke({
    ...request,
    sink: {
      begin: () => {
        isStreaming = true;
        begun.resolve();
      },
      write: (chunk) => events.put({ PayloadChunk: { Payload: chunk } }),
    },
  });
  running.then(
    (result) => {
      if (!isStreaming) putWhole(events, result);
      void events.put({ InvokeComplete: completion(result) });
      events.end();
    },
    (error: unknown) => events.end(error),
  );
  await Promise.race([begun.promise, running]);
  return events;
}

/** Each event is one message, which clients read whole. */
const CHUNK_BYTES = 262_144;

function putWhole(
  events: Handover<StreamEvent>,
  { payload, functionError }: InvocationResult,
): void {
  // The error of a function stands in the last event, not in the stream.
  if (functionError !== undefined) return;
  for (let at = 0; at < payload.length; at += CHUNK_BYTES) {
    void events.put({ PayloadChunk: { Payload: payload.subarray(at, at + CHUNK_BYTES) } });
  }
}

function completion(result: InvocationResult): NonNullable<StreamEvent['InvokeComplete']> {
  const { functionError, payload, logTail } = result;
  return {
    ...(functionError === undefined
      ? {}
      : { ErrorCode: functionError, ErrorDetails: Buffer.from(payload).toString('utf8') }),
    ...(logTail === undefined ? {} : { LogResult: Buffer.from(logTail).toString('base64') }),
  };
}
