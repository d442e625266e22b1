/**
 * Writes an answer whose body is still being made: each part goes out when it is there, and the
 * next is asked for when there is room. A caller that leaves ends the taking, and nobody waits.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

export interface StreamedAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Rejects when the parts break off; the connection is cut then, so that nobody takes it for whole. */
export async function writeStream(
  response: ServerResponse,
  { status, headers, chunks }: StreamedAnswer,
): Promise<void> {
  const parts = chunks[Symbol.asyncIterator]();
  response.once('close', () => void parts.return?.());
  response.writeHead(status, headers);
  response.flushHeaders();
  const hasBody = response.req.method !== 'HEAD';
  try {
    for (;;) {
      const { done, value } = await parts.next();
      if (done === true) break;
      if (!hasBody || response.destroyed) continue;
      if (!response.write(value)) await roomOrEnd(response);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function roomOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}
