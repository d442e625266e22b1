/**
 * The chunks of a stream while it flows. Node's own iterator stops the socket behind it after each 64 KB and
 * starts it again, which takes longer than the bytes themselves; here it is stopped only where so much
 * waits that memory would grow.
 */
import { finished, type Readable } from 'node:stream';

const MOST_WAITING_BYTES = 524_288;

/** Rejects where the stream breaks. Leaving it early stops the stream and does not destroy it; what has come by then is gone. */
export async function* flowingChunks(stream: Readable): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let end: { readonly error: unknown } | undefined;
  let wake = (): void => {};
  const take = (chunk: Uint8Array): void => {
    waiting.push(chunk);
    waitingBytes += chunk.byteLength;
    if (waitingBytes > MOST_WAITING_BYTES) stream.pause();
    wake();
  };
  const forget = finished(stream, { writable: false }, (error) => {
    end = { error };
    wake();
  });
  stream.on('data', take);
  try {
    for (;;) {
      for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
        waitingBytes -= chunk.byteLength;
        if (stream.isPaused() && waitingBytes <= MOST_WAITING_BYTES / 2) stream.resume();
        yield chunk;
      }
      if (end !== undefined) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (end.error !== undefined && end.error !== null) throw end.error;
  } finally {
    forget();
    stream.off('data', take);
    if (end === undefined) stream.pause();
  }
}
