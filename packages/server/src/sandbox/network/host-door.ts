/**
 * Lets sandboxes reach one port of the host's loopback device: what a sandbox opens here is opened
 * there once more, and bytes go both ways. It works also for programs that listen on 127.0.0.1
 * alone, as databases do, and asks nothing of the host's packet filter.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { closeable, type Closeable } from '../../lib/lifetime.ts';

/** `listenerFd` listens in the network namespace of the sandboxes; it is this one's to close. */
export async function startHostDoor(listenerFd: number, port: number): Promise<Closeable> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (inside) => {
    const outside = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    join(inside, outside);
  });
  server.listen({ fd: listenerFd });
  await once(server, 'listening');
  return closeable(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((closed) => void server.close(() => closed()));
  });
}

/** An end is passed on as an end, a break as a break. */
function join(inside: Socket, outside: Socket): void {
  for (const [socket, other] of [
    [inside, outside],
    [outside, inside],
  ] as const) {
    socket.once('error', () => other.resetAndDestroy());
    // After a proper end the other one still has to write what it has.
    socket.once('close', () => {
      if (!socket.readableEnded) other.destroy();
    });
  }
  outside.once('connect', () => {
    inside.pipe(outside);
    outside.pipe(inside);
    inside.resume();
  });
}
