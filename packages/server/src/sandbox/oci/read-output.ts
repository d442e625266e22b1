/** One output stream of a sandbox: the read end of a pipe that the helper made. */
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

export interface OutputStream {
  /** Begins to read; nothing is read, and little is buffered, before. */
  flow(onChunk: (chunk: Uint8Array) => void): void;
  /** Resolves when every writer has closed it and all was delivered. */
  readonly ended: Promise<void>;
  destroy(): void;
}

/** `fd` is the helper's: a pipe can be opened once more through /proc, without passing it. */
export function openOutput(helperPid: number, fd: number): OutputStream {
  const file = `/proc/${helperPid}/fd/${fd}`;
  const own = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd: own, readable: true, writable: false });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.on('error', () => socket.destroy());
  return {
    flow: (onChunk) => {
      socket.on('data', onChunk);
    },
    ended: promise,
    destroy: () => {
      socket.destroy();
    },
  };
}
