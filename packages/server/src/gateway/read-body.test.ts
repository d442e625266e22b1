import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { readBody, type BodyOutcome } from './read-body.ts';

/** Reads what `send` posts, with a limit of ten bytes. */
async function outcomeOf(
  headers: Record<string, string>,
  send: (write: (text: string) => void, end: () => void, destroy: () => void) => void,
): Promise<BodyOutcome> {
  const { promise, resolve } = Promise.withResolvers<BodyOutcome>();
  const arrived = Promise.withResolvers<void>();
  const server = createServer((incoming, response) => {
    arrived.resolve();
    void readBody(incoming, 10).then((outcome) => {
      resolve(outcome);
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ hostname: '127.0.0.1', port, method: 'POST', headers }, (incoming) =>
    incoming.resume(),
  );
  outgoing.on('error', () => {});
  outgoing.flushHeaders();
  send(
    (text) => outgoing.write(text),
    () => outgoing.end(),
    () => void arrived.promise.then(() => outgoing.destroy()),
  );
  const outcome = await promise;
  outgoing.destroy();
  server.closeAllConnections();
  server.close();
  return outcome;
}

test('a body within the limit is whole, however it is cut', async () => {
  const outcome = await outcomeOf({}, (write, end) => {
    write('12345');
    write('67890');
    end();
  });
  expect(outcome).toEqual({ kind: 'whole', body: Buffer.from('1234567890') });
});

test('no body is an empty one', async () => {
  const outcome = await outcomeOf({ 'content-length': '0' }, (_write, end) => end());
  expect(outcome).toEqual({ kind: 'whole', body: new Uint8Array(0) });
});

test('a body that is announced as too large is not waited for', async () => {
  expect(await outcomeOf({ 'content-length': '11' }, () => {})).toEqual({ kind: 'too-large' });
});

test('a body that grows past the limit is given up, though its end never comes', async () => {
  const outcome = await outcomeOf({}, (write) => {
    write('123456');
    write('789012');
  });
  expect(outcome).toEqual({ kind: 'too-large' });
});

test('a caller who leaves in the middle is told from one who is done', async () => {
  const outcome = await outcomeOf({ 'content-length': '10' }, (write, _end, destroy) => {
    write('123');
    destroy();
  });
  expect(outcome).toEqual({ kind: 'aborted' });
});
