/**
 * A network namespace of a sandbox's own, with listeners that only this sandbox can reach.
 *
 * The sockets are made inside the namespace and kept outside it: a connection that one of them
 * accepts was opened by that sandbox, by construction. There is no route to anywhere until an
 * uplink gives it one: what is not on the loopback device answers "network is unreachable".
 */
import { closeSync } from 'node:fs';
import { newNamespace, within } from '../network/namespace.ts';
import type { CreateCall } from '../oci/protocol.ts';
import {
  bindUdp,
  datagramSocket,
  ioctl,
  listenLocal,
  listenTcp,
  setReceiveBuffer,
  socketAddress,
  tcpSocket,
} from './syscalls.ts';
import { MAILBOX_BYTES } from './take-datagrams.ts';

/** Where Lambda's own Runtime API is found. */
export const SANDBOX_ADDRESS = '169.254.100.1';

const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;

export interface SandboxNetwork {
  readonly namespaceFd: number;
  readonly sockets: readonly NamedSocket[];
  readonly mailboxes: readonly NamedSocket[];
}

interface NamedSocket {
  readonly name: string;
  readonly fd: number;
}

export function createNetwork({
  listeners,
  mailboxes: wanted = [],
}: Pick<CreateCall, 'listeners' | 'mailboxes'>): SandboxNetwork {
  const namespaceFd = newNamespace();
  const sockets: NamedSocket[] = [];
  const mailboxes: NamedSocket[] = [];
  try {
    within(namespaceFd, () => {
      configureLoopback();
      for (const { name, port, isLocalToo } of listeners) {
        sockets.push({ name, fd: listenTcp(SANDBOX_ADDRESS, port) });
        const local = isLocalToo ? listenLocal(`${SANDBOX_ADDRESS}:${port}`) : undefined;
        if (local !== undefined) sockets.push({ name, fd: local });
      }
      for (const { name, port } of wanted) {
        const fd = bindUdp(SANDBOX_ADDRESS, port);
        mailboxes.push({ name, fd });
        setReceiveBuffer(fd, MAILBOX_BYTES);
      }
    });
    return { namespaceFd, sockets, mailboxes };
  } catch (error) {
    for (const { fd } of [...sockets, ...mailboxes]) closeSync(fd);
    closeSync(namespaceFd);
    throw error;
  }
}

/** A TCP socket of the sandbox's network, not connected yet; the descriptor is the caller's. */
export function socketInside({ namespaceFd }: SandboxNetwork): number {
  return within(namespaceFd, tcpSocket);
}

function configureLoopback(): void {
  const socket = datagramSocket();
  try {
    const flags = Buffer.alloc(2);
    flags.writeUInt16LE(IFF_UP | IFF_LOOPBACK | IFF_RUNNING, 0);
    ioctl(socket, SIOCSIFFLAGS, interfaceRequest('lo', flags));
    ioctl(socket, SIOCSIFADDR, interfaceRequest('lo:1', socketAddress(SANDBOX_ADDRESS, 0)));
    // Without it the kernel takes the old class B mask, and the whole of 169.254/16 is local.
    const mask = socketAddress('255.255.255.255', 0);
    ioctl(socket, SIOCSIFNETMASK, interfaceRequest('lo:1', mask));
  } finally {
    closeSync(socket);
  }
}

/** struct ifreq: a name of 16 bytes and a union. */
function interfaceRequest(name: string, value: Buffer): Buffer {
  const request = Buffer.alloc(40);
  request.write(name, 0, 'latin1');
  value.copy(request, 16);
  return request;
}
