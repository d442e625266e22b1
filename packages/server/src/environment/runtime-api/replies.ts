/**
 * What the Runtime API answers: AWS's statuses and JSON bodies, as its open-source emulator
 * writes them.
 */
import type { ServerResponse } from 'node:http';

const accepted = Buffer.from('{"status":"OK"}\n');

export function replyAccepted(response: ServerResponse): void {
  response.writeHead(202, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(accepted.length),
  ]);
  response.end(accepted);
}

/** Why a call is refused, over HTTP and in frames. */
export interface Refusal {
  readonly status: number;
  readonly errorType: string;
  readonly errorMessage: string;
}

export const invalidRequestId: Refusal = {
  status: 400,
  errorType: 'InvalidRequestID',
  errorMessage: 'Invalid request ID',
};

/** A runtime in the state `from` may not do what leads to `to`. */
export function invalidTransition(from: string, to: string): Refusal {
  return {
    status: 403,
    errorType: 'InvalidStateTransition',
    errorMessage:
      `State transition from ${from} to ${to} failed for runtime. ` +
      'Error: State transition is not allowed',
  };
}

export function replyRefused(response: ServerResponse, refusal: Refusal): void {
  replyError(response, refusal.status, refusal.errorType, refusal.errorMessage);
}

export function replyTooLarge(response: ServerResponse, limitBytes: number): void {
  replyError(
    response,
    413,
    'RequestEntityTooLarge',
    `Exceeded maximum allowed payload size (${limitBytes} bytes).`,
  );
}

/** The emulator answers it to any mode but `streaming`. */
export function replyInvalidMode(response: ServerResponse): void {
  replyError(response, 400, 'InvalidFunctionResponseMode', 'Invalid function response mode');
}

export function replyText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

export function replyUnknown(response: ServerResponse): void {
  replyText(response, 404, '404 page not found\n');
}

export function replyAssignment(response: ServerResponse, body: Uint8Array): void {
  response.writeHead(200, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
  ]);
  response.end(body);
}

function replyError(
  response: ServerResponse,
  status: number,
  errorType: string,
  errorMessage: string,
): void {
  const body = Buffer.from(`${JSON.stringify({ errorMessage, errorType })}\n`);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
  });
  response.end(body);
}
