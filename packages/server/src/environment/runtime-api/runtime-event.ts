/** One event as the runtime gets it from `GET .../invocation/next`. */
import type { ServerResponse } from 'node:http';
import type { ResponseSink } from '../../core/response-sink.ts';

export interface RuntimeEvent {
  readonly requestId: string;
  /** Milliseconds since 1970 by the wall clock, as the runtime's own clock reads it. */
  readonly deadlineAtMs: number;
  readonly invokedArn: string;
  readonly traceHeader: string;
  readonly clientContext?: string;
  readonly tenantId?: string;
  readonly payload: Uint8Array;
  /** Where a streamed answer goes while it is written; without one it is collected. */
  readonly sink?: ResponseSink;
}

export function writeEvent(response: ServerResponse, event: RuntimeEvent): void {
  const headers = [
    'Content-Type',
    'application/json',
    'Lambda-Runtime-Aws-Request-Id',
    event.requestId,
    'Lambda-Runtime-Deadline-Ms',
    String(Math.round(event.deadlineAtMs)),
    'Lambda-Runtime-Invoked-Function-Arn',
    event.invokedArn,
    'Lambda-Runtime-Trace-Id',
    headerText(event.traceHeader),
    'Content-Length',
    String(event.payload.length),
  ];
  if (event.clientContext !== undefined) {
    headers.push('Lambda-Runtime-Client-Context', headerText(event.clientContext));
  }
  if (event.tenantId !== undefined) {
    headers.push('Lambda-Runtime-Aws-Tenant-Id', headerText(event.tenantId));
  }
  response.writeHead(200, headers);
  response.end(event.payload);
}

/** The headers of that answer as JSON, for a channel. */
export function eventHead(event: RuntimeEvent): string {
  return JSON.stringify({
    'lambda-runtime-aws-request-id': event.requestId,
    'lambda-runtime-deadline-ms': String(Math.round(event.deadlineAtMs)),
    'lambda-runtime-invoked-function-arn': event.invokedArn,
    'lambda-runtime-trace-id': event.traceHeader,
    'lambda-runtime-client-context': event.clientContext,
    'lambda-runtime-aws-tenant-id': event.tenantId,
  });
}

/**
 * A caller chose this text: its UTF-8 bytes go out as they are, and what would end or break a
 * header line becomes a space (in JSON, control characters can only be white space).
 */
function headerText(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
}
