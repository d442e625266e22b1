import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startSessionInTest } from './start-session-in-test.ts';

const event = {
  requestId: 'one',
  deadlineAtMs: 1,
  invokedArn: 'arn',
  traceHeader: 'Root=1',
  payload: Buffer.from('{}'),
};
const next = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n';

async function read(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString('utf8');
}

test('an event waits for a runtime whose connection broke while it was parked', async () => {
  const { session, dial, parked } = await startSessionInTest();
  const first = await dial();
  first.write(next);
  await expect.poll(parked).toBe(1);
  first.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  session.deliver(event);
  const second = await dial();
  second.write(next);
  expect(await read(second)).toContain('Lambda-Runtime-Aws-Request-Id: one');
  expect(parked()).toBe(1);
  second.destroy();
});

test('a header that a caller chose cannot break out of its line', async () => {
  const { session, dial, parked } = await startSessionInTest();
  const socket = await dial();
  socket.write(next);
  await expect.poll(parked).toBe(1);
  session.deliver({
    ...event,
    traceHeader: 'Root=1\r\nEvil: yes',
    clientContext: '{"a":\u0000"ü"}',
  });
  const text = await read(socket);
  expect(text).toContain('Lambda-Runtime-Trace-Id: Root=1  Evil: yes\r\n');
  expect(text).toContain('Lambda-Runtime-Client-Context: {"a": "ü"}\r\n');
  socket.destroy();
});

test('a client that trickles its headers is cut off', async () => {
  const { dial } = await startSessionInTest({ headersTimeoutMs: 50 });
  const socket = await dial();
  socket.write('GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nX: ');
  socket.resume();
  await once(socket, 'close');
});

test('headers without end are refused', async () => {
  const { dial } = await startSessionInTest();
  const socket = await dial();
  socket.write(`GET /2018-06-01/ping HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`);
  expect(await read(socket)).toContain('431');
  socket.destroy();
});

test('a request with both a length and chunks is refused', async () => {
  const { dial, answers } = await startSessionInTest();
  const socket = await dial();
  socket.write(
    'POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\nHost: x\r\n' +
      'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  );
  expect(await read(socket)).toContain('HTTP/1.1 400');
  expect(answers).toEqual([]);
  socket.destroy();
});

test('a sandbox that opens too many connections loses the surplus', async () => {
  const { dial } = await startSessionInTest();
  const sockets = await Promise.all(Array.from({ length: 64 }, dial));
  const surplus = await dial();
  surplus.resume();
  await once(surplus, 'close');
  for (const socket of sockets) socket.destroy();
});

test('an ended session answers nothing, takes nobody new, and is cut when its sandbox is dead', async () => {
  const { session, dial, answers } = await startSessionInTest();
  const socket = await dial();
  socket.write(next);
  await new Promise((resolve) => setTimeout(resolve, 50));
  session.deliver(event);
  await once(socket, 'data');
  session.end();
  socket.write(
    'POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}',
  );
  const late = await dial();
  late.resume();
  await once(late, 'close');
  expect(answers).toEqual([]);
  expect(socket.destroyed).toBe(false);
  session.cut();
  socket.resume();
  await once(socket, 'close');
});

test('on the loopback device of the host no web page takes an event', async () => {
  const { dial, parked } = await startSessionInTest({ isOnHostLoopback: true });
  const asPage = async (headers: string): Promise<void> => {
    const socket = await dial();
    socket.write(next.replace('Host: x', headers));
    await once(socket, 'close');
  };
  await asPage('Host: 127.0.0.1:9001\r\nOrigin: https://example.com');
  await asPage('Host: 127.0.0.1:9001\r\nSec-Fetch-Site: cross-site');
  await asPage('Host: rebound.example.com');
  expect(parked()).toBe(0);
  const runtime = await dial();
  runtime.write(next);
  await expect.poll(parked).toBe(1);
});
