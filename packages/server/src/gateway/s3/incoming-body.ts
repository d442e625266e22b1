/**
 * The body of an S3 request as a stream of its real bytes: decoded where it is `aws-chunked` and
 * counted against what was announced. What is wrong shows as a rejection at the latest when the
 * chunks end, before anything is kept of them.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../../core/aws-error.ts';
import type { IncomingBody } from '../../core/object-body.ts';
import { entityTooLarge } from '../../services/s3/s3-errors.ts';
import { contentHashMismatch, signatureMismatch } from '../../wire/sigv4-errors.ts';
import type { RawHead } from '../raw-request.ts';
import type { S3Caller } from './authenticate-s3.ts';
import { decodeChunks, incompleteBody } from './aws-chunked.ts';
import { flowingChunks } from './flowing-chunks.ts';

/** The client has gone: there is nobody to answer. */
export class ClientGone extends Error {
  override get name(): string {
    return 'ClientGone';
  }
}

export function incomingBody(
  message: IncomingMessage,
  head: RawHead,
  caller: S3Caller,
): IncomingBody & { readonly size: number } {
  const trailers = new Map<string, string>();
  const size = sizeOf(head, caller.payload);
  const source = chunksOf(message);
  const isHash = /^[0-9a-f]{64}$/i.test(caller.payload);
  return {
    size,
    trailers,
    trailerNames: (head.headers['x-amz-trailer'] ?? '').toLowerCase().split(/\s*,\s*/),
    chunks: counted(decoded(source, caller, trailers), size),
    ...(isHash ? { statedSha256: caller.payload.toLowerCase() } : {}),
  };
}

/** An operation's whole body, which is a document. */
export async function collectBody(
  body: IncomingBody & { readonly size: number },
  most: number,
): Promise<Uint8Array> {
  if (body.size > most) throw entityTooLarge(body.size, most);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  const actual = hash('sha256', whole, 'hex');
  if (body.statedSha256 !== undefined && body.statedSha256 !== actual) {
    throw contentHashMismatch(body.statedSha256, actual);
  }
  return whole;
}

function sizeOf({ headers, method }: RawHead, payload: string): number {
  if (payload.startsWith('STREAMING-')) return announced(headers['x-amz-decoded-content-length']);
  if (headers['transfer-encoding'] !== undefined) {
    throw new AwsError(
      'NotImplemented',
      501,
      'A header you provided implies functionality that is not implemented',
      { members: { Header: 'Transfer-Encoding' } },
    );
  }
  const length = headers['content-length'];
  return length === undefined && method !== 'PUT' ? 0 : announced(length);
}

function announced(text: string | undefined): number {
  if (text === undefined) {
    throw new AwsError(
      'MissingContentLength',
      411,
      'You must provide the Content-Length HTTP header.',
    );
  }
  if (!/^\d{1,15}$/.test(text)) {
    throw new AwsError('InvalidArgument', 400, 'The Content-Length is not a number.');
  }
  return Number(text);
}

/** Leaving it early must not cost the connection, on which the refusal is still to be answered. */
async function* chunksOf(message: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* flowingChunks(message);
  } catch (cause) {
    throw new ClientGone('The client has gone.', { cause });
  }
}

function decoded(
  source: AsyncIterable<Uint8Array>,
  { payload, signed, secretAccessKey }: S3Caller,
  trailers: Map<string, string>,
): AsyncIterable<Uint8Array> {
  if (payload.startsWith('STREAMING-')) {
    if (signed === undefined) throw signatureMismatch();
    return decodeChunks(source, {
      isSigned: payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      hasTrailers: payload.endsWith('-TRAILER'),
      signed,
      secretAccessKey,
      trailers,
    });
  }
  return source;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.byteLength;
    if (seen > size) throw incompleteBody();
    yield chunk;
  }
  if (seen !== size) throw incompleteBody();
}
