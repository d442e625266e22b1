/** An answer with a body that streams: as fast as the client reads, and no further ahead. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { OutgoingBody } from '../../core/object-body.ts';
import type { RawResponse } from '../../wire/raw-message.ts';
import { endUnread } from '../end-unread.ts';

export async function writeResponse(
  response: ServerResponse,
  { status, headers, body }: RawResponse,
  stream: OutgoingBody | undefined,
  mustClose: boolean,
): Promise<void> {
  const all: Record<string, string | number> = { ...headers };
  const mayHaveBody = status !== 204 && status !== 304;
  if (mayHaveBody) all['content-length'] ??= stream?.size ?? body.byteLength;
  if (mustClose) all['connection'] = 'close';
  response.writeHead(status, all);
  if (!mayHaveBody || response.req.method === 'HEAD') {
    await stream?.cancel();
    endUnread(response, '');
  } else if (stream === undefined) {
    // Node joins a text to the head, and both leave in one write.
    endUnread(response, body.byteLength === 0 ? '' : body);
  } else await pump(response, stream);
}

async function pump(response: ServerResponse, stream: OutgoingBody): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    for await (const chunk of stream) {
      if (response.destroyed) return;
      if (response.write(chunk)) continue;
      await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    // The status has been sent: a broken connection is all that can still tell of it.
    response.destroy();
    if (!gone.signal.aborted) throw error;
  }
}
