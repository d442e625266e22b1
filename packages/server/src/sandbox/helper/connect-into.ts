/**
 * A connection from outside to what listens inside a sandbox: the socket is made in the sandbox's
 * network namespace, so it can reach nothing but this sandbox, whatever the port.
 */
import { Socket } from 'node:net';
import { SANDBOX_ADDRESS, socketInside, type SandboxNetwork } from './network.ts';

/** A listener whose queue is full does not answer at all. */
const CONNECT_MS = 3_000;

/** Resolves with a connected socket of which nothing has been read; rejects when nobody listens. */
export async function connectInto(network: SandboxNetwork, port: number): Promise<Socket> {
  // It has a descriptor before it is connected: nothing may be read from it until then.
  const socket = new Socket({ fd: socketInside(network), manualStart: true } as SocketOptions);
  socket.pause();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => reject(new Error('It was not accepted.')), CONNECT_MS);
  socket.once('error', reject);
  try {
    socket.connect(port, SANDBOX_ADDRESS, resolve);
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}

/** `manualStart` is Node's own option of old, which its types leave out. */
type SocketOptions = ConstructorParameters<typeof Socket>[0] & { readonly manualStart: true };
