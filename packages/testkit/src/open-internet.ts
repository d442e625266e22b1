/**
 * A machine, its private network and an internet, made of network namespaces: a server that is
 * started on this machine sees them and nothing else, and nothing ever leaves the real one. The
 * namespaces end with the process that made them. Needs root.
 *
 *     functions | machine 203.0.113.2 ---- 203.0.113.1 router, 198.51.100.10 and others
 *               |         192.168.77.1 --- 192.168.77.9
 */
import { closeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, Socket, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { listenTcp, routeSocket, tcpSocket } from '../../server/src/sandbox/helper/syscalls.ts';
import { linkIndex } from '../../server/src/sandbox/network/link-index.ts';
import { newNamespace, within } from '../../server/src/sandbox/network/namespace.ts';
import {
  newAddress,
  newRoute,
  newVeth,
  perform,
  setUp,
} from '../../server/src/sandbox/network/netlink.ts';

export const MACHINE_ADDRESS = '203.0.113.2';
export const MACHINE_LAN_ADDRESS = '192.168.77.1';
export const LAN_ADDRESS = '192.168.77.9';
export const ROUTER_ADDRESS = '203.0.113.1';
export const PUBLIC_ADDRESSES = ['198.51.100.10', '198.51.100.53'] as const;

const LOOPBACK = 1;

export interface Internet extends AsyncDisposable {
  readonly machine: Machine;
  /** Everywhere but on the machine. */
  listen(address: string, port: number, server: Server): Promise<void>;
  /** A connection attempt from there, to be connected by the caller. */
  socket(): Socket;
  readonly namespaceFd: number;
}

/** Where a test server may be started. */
export interface Machine {
  readonly namespaceFd: number;
  /** What stands before a command line that is to run on it. */
  readonly command: readonly string[];
  listen(address: string, port: number, server: Server): Promise<void>;
  /** What its loopback port is found at from here. */
  endpoint(port: number): Promise<string>;
}

export async function openInternet(nameServer: string): Promise<Internet> {
  await using parts = new AsyncDisposableStack();
  const outside = parts.adopt(newNamespace(), closeSync);
  const namespaceFd = parts.adopt(newNamespace(), closeSync);
  connectThem(outside, namespaceFd);
  const folder = parts.adopt(await mkdtemp(path.join(os.tmpdir(), 'hearth-machine-')), (each) =>
    rm(each, { recursive: true }),
  );
  const resolvConf = path.join(folder, 'resolv.conf');
  await writeFile(resolvConf, `nameserver ${nameServer}\n`);
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  const enter = ['nsenter', `--net=/proc/${process.pid}/fd/${namespaceFd}`, 'unshare', '--mount'];
  const everything = parts.move();
  return {
    namespaceFd: outside,
    listen: (address, port, server) => listenWithin(outside, address, port, server),
    socket: () => socketWithin(outside),
    machine: {
      namespaceFd,
      command: [...enter, '/bin/sh', '-c', script, resolvConf],
      listen: (address, port, server) => listenWithin(namespaceFd, address, port, server),
      endpoint: async (port) => {
        const relay = createServer((socket) => passOn(socket, socketWithin(namespaceFd), port));
        await new Promise<void>((listens) => void relay.listen(0, '127.0.0.1', listens));
        relay.unref();
        everything.defer(() => void relay.close());
        const address = relay.address();
        return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      },
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function connectThem(outside: number, machine: number): void {
  const inside = within(machine, routeSocket);
  const beyond = within(outside, routeSocket);
  try {
    perform(inside, [setUp('lo')]);
    perform(beyond, [
      setUp('lo'),
      ...['wan', 'lan'].map((name) => newVeth({ name, peer: { name, namespaceFd: machine } })),
    ]);
    const links = { inside: linksOf(machine), outside: linksOf(outside) };
    perform(beyond, [
      newAddress(links.outside.wan, ROUTER_ADDRESS, 24),
      newAddress(links.outside.lan, LAN_ADDRESS, 24),
      ...PUBLIC_ADDRESSES.map((address) => newAddress(LOOPBACK, address, 32)),
    ]);
    perform(inside, [
      setUp('wan'),
      setUp('lan'),
      newAddress(links.inside.wan, MACHINE_ADDRESS, 24),
      newAddress(links.inside.lan, MACHINE_LAN_ADDRESS, 24),
      newRoute({ link: links.inside.wan, gateway: ROUTER_ADDRESS, source: MACHINE_ADDRESS }),
    ]);
  } finally {
    closeSync(inside);
    closeSync(beyond);
  }
}

function linksOf(namespaceFd: number): { readonly wan: number; readonly lan: number } {
  return within(namespaceFd, () => ({ wan: linkIndex('wan'), lan: linkIndex('lan') }));
}

async function listenWithin(
  namespaceFd: number,
  address: string,
  port: number,
  server: Server,
): Promise<void> {
  const fd = within(namespaceFd, () => listenTcp(address, port));
  await new Promise<void>((listens, fails) => {
    server.once('error', fails).listen({ fd }, () => listens());
  });
}

/** It has a descriptor of that namespace already; what remains is `connect(port, address)`. */
function socketWithin(namespaceFd: number): Socket {
  const fd = within(namespaceFd, tcpSocket);
  return new Socket({ fd, manualStart: true } as ConstructorParameters<typeof Socket>[0]);
}

function passOn(socket: Socket, inside: Socket, port: number): void {
  inside.connect(port, '127.0.0.1');
  for (const [from, to] of [
    [socket, inside],
    [inside, socket],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}
