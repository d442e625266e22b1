/**
 * Bodies in the content encoding `aws-chunked`: chunks with a signature each, or without, and
 * trailers behind them. Every chunk's signature covers the one before it, so none can be left out,
 * moved or added.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash, hash } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import { scopeText, signatureOf, signingKey } from '../../wire/sigv4-key.ts';
import { signatureMismatch } from '../../wire/sigv4-errors.ts';
import type { SignedRequest } from '../../wire/sigv4.ts';

export interface ChunkedBody {
  readonly isSigned: boolean;
  readonly hasTrailers: boolean;
  readonly signed: SignedRequest;
  readonly secretAccessKey: string;
  /** Filled when the chunks have ended. */
  readonly trailers: Map<string, string>;
}

/** A line of a chunk or a trailer: far more than a signature and a checksum take. */
const LINE_BYTES = 16_384;

export async function* decodeChunks(
  source: AsyncIterable<Uint8Array>,
  body: ChunkedBody,
): AsyncGenerator<Uint8Array> {
  const reader = createReader(source);
  const verify = createVerifier(body);
  for (;;) {
    const { size, signature } = parseChunkLine(await reader.line());
    const digest = createHash('sha256');
    for (let left = size; left > 0;) {
      const piece = await reader.some(left);
      left -= piece.byteLength;
      if (body.isSigned) digest.update(piece);
      yield piece;
    }
    verify.chunk(signature, () => digest.digest('hex'));
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incompleteBody();
  }
  await readTrailers(reader, body, verify);
}

interface Reader {
  /** Without its line end. */
  line(): Promise<string>;
  /** At least one byte, at most so many. */
  some(most: number): Promise<Uint8Array>;
}

const nothing = new Uint8Array(0);

function createReader(source: AsyncIterable<Uint8Array>): Reader {
  const iterator = source[Symbol.asyncIterator]();
  let buffered: Uint8Array = nothing;
  const more = async (): Promise<void> => {
    const next = await iterator.next();
    if (next.done === true) throw incompleteBody();
    buffered = buffered.byteLength === 0 ? next.value : Buffer.concat([buffered, next.value]);
  };
  return {
    async line() {
      for (;;) {
        const end = Buffer.from(buffered.buffer, buffered.byteOffset, buffered.byteLength).indexOf(
          '\r\n',
        );
        if (end !== -1) {
          const text = Buffer.from(buffered.subarray(0, end)).toString('latin1');
          buffered = buffered.subarray(end + 2);
          return text;
        }
        if (buffered.byteLength > LINE_BYTES) throw incompleteBody();
        await more();
      }
    },
    async some(most) {
      while (buffered.byteLength === 0) await more();
      const piece = buffered.subarray(0, most);
      // Whoever takes all of it may take its memory too: not even an empty rest of it is kept.
      const isAll = piece.byteLength === buffered.byteLength;
      buffered = isAll ? nothing : buffered.subarray(piece.byteLength);
      return piece;
    },
  };
}

function parseChunkLine(line: string): { readonly size: number; readonly signature: string } {
  const found = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (found === null) throw incompleteBody();
  return { size: Number.parseInt(found[1] ?? '', 16), signature: found[2] ?? '' };
}

async function readTrailers(
  reader: Reader,
  { trailers, hasTrailers, isSigned }: ChunkedBody,
  verify: Verifier,
): Promise<void> {
  if (!hasTrailers) return;
  let signature = '';
  let text = '';
  for (;;) {
    const line = await reader.line();
    if (line === '') break;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon === -1) throw incompleteBody();
    if (name === 'x-amz-trailer-signature') signature = value;
    else {
      trailers.set(name, value);
      text += `${name}:${value}\n`;
    }
    if (text.length > LINE_BYTES) throw incompleteBody();
    // Some clients end a signed trailer with its signature.
    if (isSigned && signature !== '') break;
  }
  verify.trailers(signature, text);
}

interface Verifier {
  chunk(signature: string, digest: () => string): void;
  trailers(signature: string, text: string): void;
}

const NOTHING = hash('sha256', '', 'hex');

function createVerifier({ isSigned, signed, secretAccessKey }: ChunkedBody): Verifier {
  if (!isSigned) return { chunk: () => {}, trailers: () => {} };
  const key = signingKey(secretAccessKey, signed);
  let previous = signed.signature;
  const check = (algorithm: string, given: string, rest: string): void => {
    const text = `${algorithm}\n${signed.timestamp}\n${scopeText(signed)}\n${previous}\n${rest}`;
    previous = signatureOf(key, text);
    if (previous !== given) throw signatureMismatch();
  };
  return {
    chunk: (signature, digest) =>
      check('AWS4-HMAC-SHA256-PAYLOAD', signature, `${NOTHING}\n${digest()}`),
    trailers: (signature, text) =>
      check('AWS4-HMAC-SHA256-TRAILER', signature, hash('sha256', text, 'hex')),
  };
}

export function incompleteBody(): AwsError {
  return new AwsError(
    'IncompleteBody',
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );
}
