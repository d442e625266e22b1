import { describe, expect, test } from 'vitest';
import type { SignedRequest } from '../../wire/sigv4.ts';
import { signatureOf, signingKey } from '../../wire/sigv4-key.ts';
import { hash } from 'node:crypto';
import { decodeChunks } from './aws-chunked.ts';

/** The example of AWS's page on chunked uploads. */
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const signed: SignedRequest = {
  kind: 'header',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  date: '20130524',
  region: 'us-east-1',
  service: 's3',
  signedHeaders: ['host'],
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  sessionToken: undefined,
  timestamp: '20130524T000000Z',
  signedAtMs: Date.parse('2013-05-24T00:00:00Z'),
  expiresSeconds: undefined,
  payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
};
const signatures = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
] as const;
const example = [
  `10000;chunk-signature=${signatures[0]}\r\n${'a'.repeat(65_536)}\r\n`,
  `400;chunk-signature=${signatures[1]}\r\n${'a'.repeat(1_024)}\r\n`,
  `0;chunk-signature=${signatures[2]}\r\n\r\n`,
].join('');

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function decode(
  text: string,
  options: {
    readonly isSigned?: boolean;
    readonly hasTrailers?: boolean;
    readonly cutAt?: number;
  } = {},
): Promise<{ readonly text: string; readonly trailers: ReadonlyMap<string, string> }> {
  const trailers = new Map<string, string>();
  const { isSigned = true, hasTrailers = false, cutAt = 1_000 } = options;
  const chunks: Uint8Array[] = [];
  const body = { isSigned, hasTrailers, signed, secretAccessKey, trailers };
  for await (const chunk of decodeChunks(cut(text, cutAt), body)) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString('latin1'), trailers };
}

describe('signed chunks', () => {
  test.each([1, 7, 1_000, 100_000])(
    'of the example of AWS are decoded, cut every %i bytes',
    async (cutAt) => {
      const short = cutAt === 1 ? { cutAt: 50 } : { cutAt };
      expect((await decode(example, short)).text).toBe('a'.repeat(66_560));
    },
  );

  test.each([
    ['a changed byte', example.replace('aaab', 'aaaa').replace(/a\r\n0;/, 'b\r\n0;')],
    ['a chunk that is shorter than it says', example.replace('400;', '401;')],
    ['a changed signature', example.replace(signatures[1], signatures[0])],
    ['chunks in another order', example.replace(signatures[0], signatures[2])],
    ['a last chunk that was signed for nothing', example.replace(signatures[2], '0'.repeat(64))],
  ])('are refused for %s', async (_what, text) => {
    await expect(decode(text)).rejects.toMatchObject({ code: 'InvalidSignatureException' });
  });

  test.each([
    ['the end is missing', example.slice(0, -100)],
    ['a length is no number', example.replace('10000;', 'zz;')],
    ['there is nothing', ''],
  ])('are incomplete where %s', async (_what, text) => {
    await expect(decode(text)).rejects.toMatchObject({ code: 'IncompleteBody', status: 400 });
  });
});

describe('trailers', () => {
  test('come behind unsigned chunks', async () => {
    const text = '3\r\nabc\r\n0\r\nx-amz-checksum-crc32: NSRBwg==\r\n\r\n';
    for (const cutAt of [1, 5, 500]) {
      const decoded = await decode(text, { isSigned: false, hasTrailers: true, cutAt });
      expect(decoded.text).toBe('abc');
      expect([...decoded.trailers]).toEqual([['x-amz-checksum-crc32', 'NSRBwg==']]);
    }
  });

  test('have a signature of their own where the chunks have', async () => {
    const key = signingKey(secretAccessKey, signed);
    const scope = '20130524/us-east-1/s3/aws4_request';
    const sign = (kind: string, previous: string, rest: string): string =>
      signatureOf(
        key,
        `AWS4-HMAC-SHA256-${kind}\n${signed.timestamp}\n${scope}\n${previous}\n${rest}`,
      );
    const nothing = hash('sha256', '', 'hex');
    const last = sign('PAYLOAD', signed.signature, `${nothing}\n${nothing}`);
    const trailer = 'x-amz-checksum-crc32:AAAAAA==\n';
    const own = sign('TRAILER', last, hash('sha256', trailer, 'hex'));
    const text = (signature: string): string =>
      `0;chunk-signature=${last}\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
    const decoded = await decode(text(own), { hasTrailers: true });
    expect([...decoded.trailers.keys()]).toEqual(['x-amz-checksum-crc32']);
    await expect(decode(text(last), { hasTrailers: true })).rejects.toMatchObject({
      code: 'InvalidSignatureException',
    });
  });
});

test('pieces may be taken with their memory, wherever the body was cut', async () => {
  const cutFrom = async function* (): AsyncGenerator<Uint8Array> {
    // Each with memory of its own, as a request's chunks have it.
    for (const text of ['6\r\n', 'abc', 'def\r\n2\r\n', 'gh', '\r\n0\r\n', '\r\n']) {
      yield new TextEncoder().encode(text).slice();
    }
  };
  const body = { isSigned: false, hasTrailers: false, signed, secretAccessKey };
  let text = '';
  for await (const piece of decodeChunks(cutFrom(), { ...body, trailers: new Map() })) {
    text += Buffer.from(piece).toString();
    const buffer = piece.buffer as ArrayBuffer;
    if (buffer.byteLength === piece.byteLength) structuredClone(buffer, { transfer: [buffer] });
  }
  expect(text).toBe('abcdefgh');
});
