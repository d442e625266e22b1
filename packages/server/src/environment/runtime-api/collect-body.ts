/**
 * Reads the body of a request up to a limit and no further into memory. What a sandbox sends
 * beyond it is read and thrown away for a while, because a client that is still writing would
 * not see the refusal, and then the connection is cut.
 */
import type { IncomingMessage } from 'node:http';

export type CollectedBody =
  | { readonly kind: 'complete'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** The connection ended before the body did. */
  | { readonly kind: 'aborted' };

/** How much of a refused body is read away before the connection is cut. */
const DISCARDED_BYTES = 64 * 1_048_576;

export function collectBody(request: IncomingMessage, limitBytes: number): Promise<CollectedBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve({ kind: 'too-large' });
      if (sizeBytes > limitBytes + DISCARDED_BYTES) request.socket.destroy();
    });
    request.once('end', () => {
      if (sizeBytes > limitBytes) return;
      const [only] = chunks;
      const bytes =
        chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, sizeBytes);
      resolve({ kind: 'complete', bytes });
    });
    // 'close' follows 'end' as well; a promise settles once.
    request.once('close', () => resolve({ kind: 'aborted' }));
    request.once('error', () => resolve({ kind: 'aborted' }));
  });
}
