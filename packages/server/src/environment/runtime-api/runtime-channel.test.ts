import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startSessionInTest } from './start-session-in-test.ts';

const UPGRADE =
  'GET /hearth/channel HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: hearth-runtime\r\n\r\n';
const NEXT = Buffer.from('N\0\0\0\0', 'latin1');
const event = {
  requestId: 'one',
  deadlineAtMs: 1,
  invokedArn: 'arn',
  traceHeader: 'Root=1',
  payload: Buffer.from('{"n":1}'),
};

interface Dialled {
  readonly socket: Socket;
  readonly received: () => string;
}

function response(id: string, payload: string, length = payload.length): Buffer {
  const head = Buffer.alloc(6);
  head.write('R', 'latin1');
  head.writeUInt32BE(1 + id.length + length, 1);
  head[5] = id.length;
  return Buffer.concat([head, Buffer.from(id + payload, 'latin1')]);
}

/** However: a reset is an end as well. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

function listenTo(socket: Socket): Dialled {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return { socket, received: () => text };
}

async function openChannel(dial: () => Promise<Socket>): Promise<Dialled> {
  const dialled = listenTo(await dial());
  dialled.socket.write(UPGRADE);
  await expect.poll(dialled.received).toContain('101 Switching Protocols');
  return dialled;
}

test('an answer and the question for the next event may come in one packet', async () => {
  const { session, answers, parked, dial } = await startSessionInTest();
  const { socket, received } = await openChannel(dial);
  socket.write(NEXT);
  await expect.poll(parked).toBe(1);
  session.deliver(event);
  await expect.poll(received).toContain('{"n":1}');
  socket.write(Buffer.concat([response('one', '"done"'), NEXT]));
  await expect.poll(parked).toBe(2);
  expect(answers).toEqual([{ kind: 'response', payload: Buffer.from('"done"') }]);
  session.deliver({ ...event, requestId: 'two', payload: Buffer.from('{"n":2}') });
  await expect.poll(received).toContain('{"n":2}');
});

test('an answer to no event, or to another, changes nothing and is refused', async () => {
  const { session, answers, parked, dial } = await startSessionInTest();
  const { socket, received } = await openChannel(dial);
  socket.write(response('one', '1'));
  await expect.poll(received).toContain('InvalidRequestID');
  socket.write(NEXT);
  await expect.poll(parked).toBe(1);
  session.deliver(event);
  socket.write(response('other', '1'));
  await expect.poll(() => received().split('InvalidRequestID').length).toBe(3);
  expect(answers).toEqual([]);
});

test('an event has one taker, over HTTP and by the channel', async () => {
  const { parked, dial } = await startSessionInTest();
  const { socket, received } = await openChannel(dial);
  socket.write(NEXT);
  await expect.poll(parked).toBe(1);
  socket.write(NEXT);
  await expect.poll(received).toContain('InvalidStateTransition');
  const http = listenTo(await dial());
  http.socket.write('GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(http.received).toContain('403');
});

test('an answer beyond the limit is not kept, and is told', async () => {
  const { session, answers, parked, dial } = await startSessionInTest();
  const { socket } = await openChannel(dial);
  socket.write(NEXT);
  await expect.poll(parked).toBe(1);
  session.deliver(event);
  const chunk = 'x'.repeat(1_048_576);
  socket.write(response('one', chunk, 9 * chunk.length));
  for (let sent = 1; sent < 9; sent += 1) socket.write(chunk);
  socket.write(NEXT);
  await expect.poll(parked, { timeout: 10_000 }).toBe(2);
  expect(answers).toMatchObject([{ kind: 'too-large' }]);
});

test('an event waits for a runtime whose channel broke while it was parked', async () => {
  const { session, parked, dial } = await startSessionInTest();
  const { socket } = await openChannel(dial);
  socket.write(NEXT);
  await expect.poll(parked).toBe(1);
  socket.destroy();
  const next = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n';
  // Until the server has seen the end of the channel, another one is refused.
  const ask = async (): Promise<Dialled> => {
    const dialled = listenTo(await dial());
    dialled.socket.write(next);
    const refused = await Promise.race([
      once(dialled.socket, 'data').then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 200)),
    ]);
    return refused ? ask() : dialled;
  };
  const { received } = await ask();
  session.deliver(event);
  await expect.poll(received).toContain('Lambda-Runtime-Aws-Request-Id: one');
});

test('a sandbox has one channel, and what is no frame closes it', async () => {
  const { dial } = await startSessionInTest();
  const first = await openChannel(dial);
  const second = await dial();
  second.write(UPGRADE);
  await closed(second);
  first.socket.write('what is this?');
  await closed(first.socket);
});

test('refusals that nobody reads end the channel', async () => {
  const { dial } = await startSessionInTest();
  const { socket } = await openChannel(dial);
  socket.pause();
  const end = closed(socket);
  const nonsense = Buffer.concat(Array.from({ length: 1_000 }, () => response('no', '1')));
  const flood = setInterval(() => {
    if (socket.destroyed || socket.writableLength > 1_048_576) socket.resume();
    else socket.write(nonsense);
  }, 1);
  await end;
  clearInterval(flood);
});
