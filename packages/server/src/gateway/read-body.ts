/**
 * Reads a request body into memory, up to a limit. Past the limit nothing more is kept: the
 * caller answers at once and the connection is closed, so a 100 MB upload to a 6 MB operation
 * costs 6 MB.
 */
import type { IncomingMessage } from 'node:http';

export type BodyOutcome =
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'aborted' };

const empty = new Uint8Array(0);

export function readBody(request: IncomingMessage, limitBytes: number): Promise<BodyOutcome> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  if (declared > limitBytes) return Promise.resolve({ kind: 'too-large' });
  if (declared === 0) return Promise.resolve({ kind: 'whole', body: empty });
  if (Number.isNaN(declared) && request.headers['transfer-encoding'] === undefined) {
    return Promise.resolve({ kind: 'whole', body: empty });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      chunks.length = 0;
      resolve({ kind: 'too-large' });
    };
    request.on('data', onData);
    request.on('end', () => {
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve({ kind: 'whole', body });
    });
    request.on('error', () => resolve({ kind: 'aborted' }));
    request.on('close', () => resolve({ kind: 'aborted' }));
  });
}
