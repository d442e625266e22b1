/** The number by which the kernel knows a link, in the network namespace that this thread is in. */
import { closeSync } from 'node:fs';
import { datagramSocket, ioctl } from '../helper/syscalls.ts';

const SIOCGIFINDEX = 0x8933;

export function linkIndex(name: string): number {
  const socket = datagramSocket();
  try {
    // struct ifreq: a name of 16 bytes and a union.
    const request = Buffer.alloc(40);
    request.write(name, 0, 'latin1');
    ioctl(socket, SIOCGIFINDEX, request);
    return request.readInt32LE(16);
  } finally {
    closeSync(socket);
  }
}
