// Opens connections as it is told to, and tells what became of them.
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { lookup } from 'node:dns/promises';

const connect = ({ host, port }) =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 15_000 });
    socket.once('connect', () => resolve({ how: 'connected', socket }));
    socket.once('error', (error) => resolve({ how: error.code }));
    socket.once('timeout', () => {
      socket.destroy();
      resolve({ how: 'timeout' });
    });
  });

let kept;
let received = '';
const acts = {
  get: async ({ url }) => await (await fetch(url)).json(),
  reach: async ({ targets }) => {
    const results = await Promise.all(targets.map(connect));
    for (const { socket } of results) socket?.destroy();
    return results.map(({ how }) => how);
  },
  /** All of them open at the same time; each one has been answered with a byte. */
  hold: async ({ host, port, count }) => {
    const opened = await Promise.all(Array.from({ length: count }, () => connect({ host, port })));
    const sockets = opened.flatMap(({ socket }) => socket ?? []);
    await Promise.all(sockets.map((socket) => new Promise((heard) => socket.once('data', heard))));
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  },
  /** A datagram, and what comes back. */
  ask: async ({ host, port, text }) => {
    const socket = dgram.createSocket('udp4').bind();
    socket.send(text, port, host);
    const [answer] = await once(socket, 'message');
    socket.close();
    return String(answer);
  },
  /** A datagram to each of so many ports: as many connections, for whoever counts them. */
  flood: async ({ host, count }) => {
    const socket = dgram.createSocket('udp4').bind();
    socket.on('error', () => {});
    for (let port = 1; port <= count; port += 1) {
      await new Promise((sent) => socket.send('x', port, host, sent));
    }
    socket.close();
    return count;
  },
  keep: async (target) => {
    const { socket } = await connect(target);
    kept = socket;
    kept.on('data', (chunk) => (received += chunk));
    return 'kept';
  },
  heard: async ({ bytes }) => {
    kept.setTimeout(0);
    while (received.length < bytes) await new Promise((resolve) => kept.once('data', resolve));
    kept.write('thanks');
    return received;
  },
  listen: () =>
    new Promise((resolve) => {
      const server = net
        .createServer(() => {})
        .listen(0, '0.0.0.0', () => {
          const { address } = os.networkInterfaces().eth0[0];
          resolve({ address, port: server.address().port });
        });
    }),
  lookup: async ({ name }) => await lookup(name).catch((error) => error.code),
};

export const handler = (event) => acts[event.how](event);
