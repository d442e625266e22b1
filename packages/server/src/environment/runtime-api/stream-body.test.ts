import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { ResponseSink } from '../../core/response-sink.ts';
import { reportInTrailers, responseMode, streamBody, type StreamEnd } from './stream-body.ts';

/** Sends these parts as one chunked body; resolves with how it ended and what was passed on. */
async function send(
  parts: readonly string[],
  limitBytes: number,
  write: ResponseSink['write'] = () => undefined,
): Promise<{ readonly end: StreamEnd; readonly passed: string }> {
  let passed = '';
  const ended = Promise.withResolvers<StreamEnd>();
  const sink: ResponseSink = {
    begin: () => {},
    write: (chunk) => {
      passed += Buffer.from(chunk).toString();
      return write(chunk);
    },
  };
  const server = createServer((request, response) => {
    void streamBody(request, sink, limitBytes).then((end) => {
      response.end();
      ended.resolve(end);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = httpRequest({ port, method: 'POST', agent: false });
  client.on('error', () => {}).on('response', (response) => response.resume());
  for (const part of parts) client.write(part);
  client.end();
  const end = await ended.promise;
  client.destroy();
  server.close();
  return { end, passed };
}

test('a body is passed on in its order', async () => {
  const slow = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const parts = Array.from({ length: 50 }, (_, index) => `${index},`);
  expect(await send(parts, 1_000, slow)).toEqual({ end: 'complete', passed: parts.join('') });
});

test('a body of exactly the limit is whole, and one more byte is too much', async () => {
  expect(await send(['12345', '67890'], 10)).toEqual({ end: 'complete', passed: '1234567890' });
  expect(await send(['12345', '678901'], 10)).toEqual({ end: 'too-large', passed: '1234567890' });
  expect(await send(['1234567890', 'x', 'y'], 10)).toMatchObject({ end: 'too-large' });
});

test.for([
  [{}, 'buffered'],
  [{ 'lambda-runtime-function-response-mode': 'streaming' }, 'streaming'],
  [{ 'lambda-runtime-function-response-mode': 'Streaming' }, 'invalid'],
] as const)('headers %j mean %s', ([headers, mode]) => {
  expect(responseMode(headers)).toBe(mode);
});

test('an error in the trailers is read from base64, and may have no body', () => {
  const type = { 'lambda-runtime-function-error-type': 'E' };
  const body = Buffer.from('{"a":1}').toString('base64');
  expect(
    reportInTrailers({ trailers: { ...type, 'lambda-runtime-function-error-body': body } }),
  ).toEqual({ errorType: 'E', payload: Buffer.from('{"a":1}') });
  expect(reportInTrailers({ trailers: type })?.payload).toHaveLength(0);
  expect(reportInTrailers({ trailers: {} })).toBeUndefined();
});
