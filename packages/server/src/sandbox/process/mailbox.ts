/** A mailbox on the host's loopback device: datagrams wait until they are taken, within a bound. */
import { createSocket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';

export interface Mailbox {
  /** `127.0.0.1:40123` */
  readonly address: string;
  take(): Promise<readonly Uint8Array[]>;
  close(): void;
}

const MOST_BYTES = 1_048_576;

export async function openMailbox(): Promise<Mailbox> {
  const socket = createSocket('udp4');
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  socket.on('message', (datagram) => {
    if (bytes + datagram.length > MOST_BYTES) return;
    waiting.push(datagram);
    bytes += datagram.length;
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject).bind(0, '127.0.0.1', resolve);
  await promise;
  // A socket of loopback that breaks has lost what was sent: that is what datagrams do.
  socket.off('error', reject).on('error', () => {});
  const { address, port } = socket.address();
  return {
    address: `${address}:${port}`,
    take: async () => {
      // What has been sent lies in the kernel: two turns of the loop read it.
      await turn();
      await turn();
      const taken = waiting;
      [waiting, bytes] = [[], 0];
      return taken;
    },
    close: () => socket.close(),
  };
}
