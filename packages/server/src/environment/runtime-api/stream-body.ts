/**
 * An answer that a runtime streams: its bytes go on as they come, no faster than they are taken,
 * and no more than one chunk of them is held here. An error in the middle comes in the trailers.
 * Mirrors AWS's "Response streaming with custom runtimes".
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ResponseSink } from '../../core/response-sink.ts';

export type ResponseMode = 'buffered' | 'streaming' | 'invalid';

export function responseMode(headers: IncomingHttpHeaders): ResponseMode {
  const mode = headers['lambda-runtime-function-response-mode'];
  if (mode === undefined || mode === '') return 'buffered';
  return mode === 'streaming' ? mode : 'invalid';
}

/** `aborted`: the connection ended before the answer did. */
export type StreamEnd = 'complete' | 'too-large' | 'aborted';

/** How much beyond the limit is read away before the connection is cut. */
const DISCARDED_BYTES = 64 * 1_048_576;

export function streamBody(
  request: IncomingMessage,
  sink: Pick<ResponseSink, 'write'>,
  limitBytes: number,
): Promise<StreamEnd> {
  return new Promise((resolve) => {
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      const room = limitBytes - sizeBytes;
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes + DISCARDED_BYTES) request.socket.destroy();
      if (room < 0) return;
      const isLast = chunk.length > room;
      const waited = sink.write(isLast ? chunk.subarray(0, room) : chunk);
      if (isLast) {
        resolve('too-large');
      } else if (waited !== undefined) {
        request.pause();
        void waited.then(() => request.resume());
      }
    });
    request.once('end', () => resolve('complete'));
    // 'close' follows 'end' as well; a promise settles once.
    request.once('close', () => resolve('aborted'));
    request.once('error', () => resolve('aborted'));
  });
}

/** The error with which a streamed answer ended, where it did. */
export function reportInTrailers({
  trailers,
}: Pick<IncomingMessage, 'trailers'>):
  | { readonly errorType: string; readonly payload: Uint8Array }
  | undefined {
  const errorType = trailers['lambda-runtime-function-error-type'];
  if (errorType === undefined || errorType === '') return undefined;
  const body = trailers['lambda-runtime-function-error-body'] ?? '';
  return { errorType, payload: Buffer.from(body, 'base64') };
}
