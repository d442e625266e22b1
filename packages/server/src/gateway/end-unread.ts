/**
 * Ends an answer whose request has not been read whole. A connection that is closed with bytes
 * unread is reset, and a reset can overtake the answer: the client would see a broken connection
 * instead of its 413. So the answer goes out at once, and what still comes is read and forgotten,
 * within bounds.
 */
import type { ServerResponse } from 'node:http';

/** More than the largest body that any API takes whole: 50 MB of code, in base64. */
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_MS = 5_000;

export function endUnread(response: ServerResponse, body: Uint8Array | ''): void {
  const request = response.req;
  if (request.complete) {
    response.end(body);
    return;
  }
  if (body.length > 0) response.write(body);
  else response.flushHeaders();
  let left = MOST_BYTES;
  const forget = (chunk: Buffer): void => {
    left -= chunk.byteLength;
    if (left < 0) end();
  };
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', forget);
    if (!response.writableEnded) response.end();
  };
  const timer = setTimeout(end, MOST_MS);
  request.on('data', forget);
  request.once('end', end);
  request.once('close', end);
  // Whoever read a part of it may have stopped the rest.
  request.resume();
}
