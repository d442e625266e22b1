import { write } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * All of the bytes, from that place in the file on: one call may write fewer. Of the two interfaces
 * of `node:fs` the one with callbacks costs the event loop half of what the other does.
 */
export function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const writeFrom = (at: number): void => {
    if (at >= bytes.byteLength) return resolve();
    write(file.fd, bytes, at, bytes.byteLength - at, position + at, (error, written) => {
      if (error === null) writeFrom(at + written);
      else reject(error);
    });
  };
  writeFrom(0);
  return promise;
}
