import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Closeable } from '../../lib/lifetime.ts';
import { listenTcp } from '../helper/syscalls.ts';
import { startHostDoor } from './host-door.ts';

/** Of this machine's loopback, this process's alone. */
const DOOR = `127.54.${process.pid % 250}.1`;

let behind: Server;
let door: Closeable;
let port: number;
let onSocket: (socket: Socket) => void = () => {};

beforeAll(async () => {
  behind = createServer({ allowHalfOpen: true }, (socket) => onSocket(socket));
  behind.listen(0, '127.0.0.1');
  await once(behind, 'listening');
  port = (behind.address() as AddressInfo).port;
  door = await startHostDoor(listenTcp(DOOR, port), port);
});
afterAll(async () => {
  await door.close();
  behind.close();
});

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

describe('the door to a port of the host', () => {
  test('passes bytes and ends both ways', async () => {
    onSocket = (socket) => {
      let heard = 0;
      socket.on('data', (bytes) => (heard += bytes.length));
      socket.once('end', () => socket.end(`heard ${heard}`));
    };
    const socket = connect(port, DOOR);
    socket.end('x'.repeat(1_000_000));
    expect(await textOf(socket)).toBe('heard 1000000');
  });

  test('breaks the connection where the other side does', async () => {
    onSocket = (socket) => void socket.resetAndDestroy();
    const socket = connect(port, DOOR);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  test('breaks it where nobody listens behind it', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, 'close');
    const lonely = await startHostDoor(listenTcp(DOOR, free), free);
    const [error] = (await once(connect(free, DOOR), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    await lonely.close();
  });
});
