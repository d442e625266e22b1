/** An outcome as the caller of Invoke gets it: AWS's payloads for what the function did not say. */
import type { InvocationResult } from '../core/invocation.ts';
import type { Outcome } from '../core/outcome.ts';
import { exitText } from '../environment/exit-text.ts';
import { platformErrorPayload } from '../environment/platform-error-payload.ts';

export function answerOf(
  outcome: Outcome,
  request: { readonly requestId: string; readonly executedVersion: string },
  logTail: Uint8Array | undefined,
): InvocationResult {
  return {
    outcome,
    payload: payloadOf(outcome, request.requestId),
    executedVersion: request.executedVersion,
    // AWS: every recorded runtime of today gives Unhandled, for thrown errors too.
    ...(outcome.kind === 'succeeded' ? {} : { functionError: 'Unhandled' as const }),
    ...(logTail === undefined ? {} : { logTail }),
  };
}

function payloadOf(outcome: Outcome, requestId: string): Uint8Array {
  switch (outcome.kind) {
    case 'succeeded':
    case 'function-error':
      return outcome.payload;
    case 'timed-out': {
      const message = `Task timed out after ${(outcome.afterMs / 1000).toFixed(2)} seconds`;
      return platformErrorPayload('Sandbox.Timedout', requestId, message);
    }
    case 'crashed':
      return platformErrorPayload(
        outcome.extensionError ?? 'Runtime.ExitError',
        requestId,
        exitText(outcome),
      );
  }
}
