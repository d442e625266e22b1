/**
 * S3 that another server serves. Bodies stream through both ways; a bucket that is asked for is
 * taken to be there and to be the caller's, and the upstream says what is true.
 */
import type { Readable } from 'node:stream';
import type { IncomingBody, OutgoingBody } from '../../core/object-body.ts';
import { serviceOf, type Operation, type OperationContext } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { ForwardedOperation, Upstream } from '../upstream.ts';
import { checkedStream, type StatesOfBody } from './forwarded-body.ts';
import type { ObjectEvents } from './object-events.ts';
import { notImplemented } from './s3-errors.ts';
import type { S3Deps } from './s3-deps.ts';
import { createS3Service, type S3Service } from './service.ts';

export function createForwardedBuckets(
  deps: Omit<S3Deps, 'events' | 'hasEventBuses'>,
  upstream: Upstream,
): S3Service {
  const perAccount = new Map<string, S3Service['operations']>();
  const operationsOf = (account: string): S3Service['operations'] => {
    const known = perAccount.get(account);
    if (known !== undefined) return known;
    const made = createS3Service(
      withBucketsOf(account, { ...deps, events: noEvents, hasEventBuses: false }),
    ).operations;
    perAccount.set(account, made);
    return made;
  };
  const operations = [...operationsOf('').keys()].map((name) =>
    forward(upstream, name, (account) => operationsOf(account).get(name) as ForwardedOperation),
  );
  return { ...serviceOf('s3', operations), corsOf: () => undefined };
}

/** What changes in an upstream's bucket is not told of here. */
const noEvents: ObjectEvents = { statements: () => [], wake: () => {} };

/** Whatever bucket is asked for is the account's, without policy and configurations. */
function withBucketsOf(account: string, deps: S3Deps): S3Deps {
  const find = (name: string): Bucket => ({
    id: 0,
    name,
    rowVersion: 0,
    account,
    region: '',
    createdMs: 0,
  });
  // Nothing else of it is asked: what operations do with buckets is done by the upstream.
  return { ...deps, objects: { ...deps.objects, buckets: { ...deps.objects.buckets, find } } };
}

function forward(
  upstream: Upstream,
  name: string,
  localOf: (account: string) => ForwardedOperation,
): Operation<Sent> {
  return {
    name,
    permissions: (input, context) => {
      // Whose the upstream's buckets are there, the upstream knows.
      const { ExpectedBucketOwner: _owner, ExpectedSourceBucketOwner: _source, ...rest } = input;
      return localOf(context.account).permissions(rest, context);
    },
    handle: (input, context) => {
      // It asks for each key by itself, in the caller's name, and each of these is forwarded.
      if (name === 'DeleteObjects') return localOf(context.account).handle(input, context);
      const { Body: body, ...rest } = input;
      if (body === undefined || body instanceof Uint8Array) {
        return upstream.send(name, input, context).then(received);
      }
      if (body.size === undefined) {
        return sendForm(upstream, name, { ...rest, Body: body }, context);
      }
      return sendStream(upstream, name, { ...rest, Body: body }, context);
    },
  };
}

interface Sent extends StatesOfBody {
  readonly ExpectedBucketOwner?: string;
  readonly ExpectedSourceBucketOwner?: string;
  readonly Body?: IncomingBody | Uint8Array;
  readonly ContentEncoding?: string;
}

/** A body that breaks off, or is not what was stated, ends the request to the upstream as well. */
async function sendStream(
  upstream: Upstream,
  operation: string,
  input: Sent & { readonly Body: IncomingBody },
  context: OperationContext,
): Promise<object> {
  const { Body: body, ContentEncoding: encoding, ...rest } = input;
  const stream = checkedStream(body, input);
  const broken = new AbortController();
  stream.on('error', (error) => broken.abort(error));
  const ownEncoding = withoutChunking(encoding);
  const sent = {
    ...rest,
    Body: stream,
    ContentLength: body.size,
    ...(ownEncoding === undefined ? {} : { ContentEncoding: ownEncoding }),
  };
  try {
    const signal = AbortSignal.any([context.signal, broken.signal]);
    return received(await upstream.send(operation, sent, context, signal));
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    stream.destroy();
  }
}

/** A form does not say how large its file is, and the upstream wants to know. */
async function sendForm(
  upstream: Upstream,
  operation: string,
  input: Sent & { readonly Body: IncomingBody },
  context: OperationContext,
): Promise<object> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of checkedStream(input.Body, input) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MOST_FORM_BYTES) {
      throw notImplemented(`forms of more than ${MOST_FORM_BYTES} bytes that are forwarded`);
    }
    chunks.push(chunk);
  }
  const sent = { ...input, Body: Buffer.concat(chunks) };
  return received(await upstream.send(operation, sent, context));
}

const MOST_FORM_BYTES = 16 * 1_048_576;

/** How the bytes came from the caller, which is not how they are kept. */
function withoutChunking(encoding: string | undefined): string | undefined {
  const rest = (encoding ?? '').split(',').map((each) => each.trim());
  const kept = rest.filter((each) => each !== '' && each !== 'aws-chunked');
  return kept.length === 0 ? undefined : kept.join(',');
}

function received(output: Record<string, unknown>): object {
  const { Body: body, ContentRange: range, ContentLength: length } = output;
  return {
    ...output,
    ...(range === undefined ? {} : { $status: 206 }),
    ...(body === undefined ? {} : { Body: outgoing(body as Readable, Number(length ?? 0)) }),
  };
}

function outgoing(body: Readable, size: number): OutgoingBody {
  return {
    size,
    [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
    cancel: async () => void body.destroy(),
  };
}
