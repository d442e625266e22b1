/**
 * Events as lines of JSON to a TCP server inside the sandbox, over one connection. AWS: with TCP
 * nobody acknowledges; an event counts as delivered when the kernel has taken it.
 */
import type { Socket } from 'node:net';
import type { ConnectInto } from './http-delivery.ts';
import type { Delivery } from './subscriber.ts';

export function createTcpDelivery(connect: ConnectInto, port: number): Delivery {
  let socket: Socket | undefined;
  let isClosed = false;
  async function open(): Promise<Socket> {
    if (socket !== undefined && !socket.destroyed && socket.writable) return socket;
    const opened = await connect(port);
    // What the receiver sends is nothing to us, and must not fill a buffer.
    opened.on('error', () => {}).resume();
    if (isClosed) opened.destroy();
    socket = opened;
    return opened;
  }
  return {
    async send(events) {
      const to = await open();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onClose = (): void => reject(new Error('The connection was closed.'));
      to.once('close', onClose);
      to.write(`${events.join('\n')}\n`, (error) => (error ? reject(error) : resolve()));
      try {
        await promise;
      } finally {
        to.off('close', onClose);
      }
    },
    close() {
      isClosed = true;
      socket?.destroy();
    },
  };
}
