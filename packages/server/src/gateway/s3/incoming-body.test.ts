import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { RawHead } from '../raw-request.ts';
import type { S3Caller } from './authenticate-s3.ts';
import { incomingBody } from './incoming-body.ts';

const unsigned = 'UNSIGNED-PAYLOAD';
const chunked = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

async function read(
  text: string,
  headers: Readonly<Record<string, string>>,
  payload = unsigned,
): Promise<string> {
  const message = Readable.from([Buffer.from(text)]) as unknown as IncomingMessage;
  const head: RawHead = { method: 'PUT', path: '/b/k', query: '', headers };
  const caller = { payload, signed: {}, secretAccessKey: '' } as unknown as S3Caller;
  const chunks: Uint8Array[] = [];
  for await (const chunk of incomingBody(message, head, caller).chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a body', () => {
  const three = '3\r\nabc\r\n0\r\n\r\n';
  const decoded = 'x-amz-decoded-content-length';

  test('of the length that was announced is read', async () => {
    expect(await read('abc', { 'content-length': '3' })).toBe('abc');
    expect(await read(three, { [decoded]: '3' }, chunked)).toBe('abc');
  });

  test.each([
    ['shorter', 'abc', { 'content-length': '4' }, unsigned],
    ['longer', 'abc', { 'content-length': '2' }, unsigned],
    ['shorter, in chunks', three, { [decoded]: '4' }, chunked],
    ['longer, in chunks', three, { [decoded]: '2' }, chunked],
    ['cut off in its chunks', three.slice(0, 5), { [decoded]: '3' }, chunked],
  ])('that is %s than was announced is refused', async (_, text, headers, payload) => {
    await expect(read(text, headers, payload)).rejects.toMatchObject({
      code: 'IncompleteBody',
      status: 400,
    });
  });

  test.each([
    ['no length', {}, unsigned, 'MissingContentLength'],
    ['no decoded length', { 'content-length': '3' }, chunked, 'MissingContentLength'],
    ['a length that is none', { 'content-length': '-1' }, unsigned, 'InvalidArgument'],
    ['a transfer encoding', { 'transfer-encoding': 'chunked' }, unsigned, 'NotImplemented'],
  ])('with %s is refused before it is read', async (_, headers, payload, code) => {
    await expect(read('abc', headers, payload)).rejects.toMatchObject({ code });
  });
});
