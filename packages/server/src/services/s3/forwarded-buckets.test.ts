import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import type { IncomingBody, OutgoingBody } from '../../core/object-body.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import { systemClock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { createForwardedBuckets } from './forwarded-buckets.ts';

const account = '000000000000';
const context = createContext({ account });

/** What the upstream got. `whole` is undefined where the body did not come to its end. */
interface Got {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly whole: string | undefined;
}
let got: Got[];
let output: Record<string, unknown>;
beforeEach(() => {
  got = [];
  output = {};
});

/** Reads the body as a client sends it: until it ends, or until it is told to stop. */
const upstream = {
  url: 'http://there',
  async send(
    operation: string,
    input: object,
    _context: OperationContext,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const { Body: body, ...rest } = input as { readonly Body?: Readable | Uint8Array };
    let whole: string | undefined;
    try {
      const chunks = body instanceof Readable ? await Array.fromAsync<Uint8Array>(body) : [body];
      whole = body && Buffer.concat(chunks as Uint8Array[]).toString();
    } catch {
      expect(signal?.aborted).toBe(true);
    }
    got.push({ operation, input: rest, whole });
    if (signal?.aborted) throw new Error('aborted');
    return output;
  },
};
const service = createForwardedBuckets(
  {
    objects: { buckets: {} } as ObjectStore,
    clock: systemClock,
    ids: randomIds,
    logger: silentLogger,
    callAs: (_caller, _service, operation, input) => call(operation, input),
  },
  upstream,
);
const operationOf = (name: string) => service.operations.get(name) as Operation<object>;
const call = (name: string, input: object): Promise<object> =>
  operationOf(name).handle(input, context);

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const body = (texts: readonly string[], more: Partial<IncomingBody> = {}): IncomingBody => ({
  size: texts.join('').length,
  chunks: chunksOf(...texts),
  trailers: new Map(),
  ...more,
});
const put = (Body: IncomingBody, more: object = {}) =>
  call('PutObject', { Bucket: 'photos', Key: 'k', Body, ...more });

describe('a body', () => {
  test('is streamed with its length and its own encoding', async () => {
    await put(body(['one ', 'two']), { ContentEncoding: 'aws-chunked,gzip', ContentType: 'a/b' });
    expect(got).toEqual([
      {
        operation: 'PutObject',
        input: {
          Bucket: 'photos',
          Key: 'k',
          ContentType: 'a/b',
          ContentEncoding: 'gzip',
          ContentLength: 7,
        },
        whole: 'one two',
      },
    ]);
  });

  const trailers = new Map([['x-amz-checksum-crc32', 'AAAAAA==']]);
  test.each([
    ['its signed hash', { statedSha256: '0'.repeat(64) }, {}, 'XAmzContentSHA256Mismatch'],
    ['Content-MD5', {}, { ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' }, 'BadDigest'],
    ['a checksum in a header', {}, { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
    [
      'a checksum in a trailer',
      { trailers, trailerNames: ['x-amz-checksum-crc32'] },
      {},
      'BadDigest',
    ],
    ['a trailer that does not come', { trailerNames: ['x-amz-checksum-sha1'] }, {}, 'BadDigest'],
  ])('that is not what %s says never arrives whole', async (_, stated, members, code) => {
    await expect(put(body(['one ', 'two'], stated), members)).rejects.toMatchObject({ code });
    expect(got).toMatchObject([{ whole: undefined }]);
  });

  test('that is what its sender says arrives', async () => {
    const statedSha256 = createHash('sha256').update('one two').digest('hex');
    await put(body(['one ', 'two'], { statedSha256 }));
    expect(got).toMatchObject([{ whole: 'one two' }]);
  });

  test('that breaks off never arrives whole, and its own error is told', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ');
      throw new Error('the client has gone');
    }
    await expect(put(body(['one two'], { chunks: broken() }))).rejects.toThrow(
      'the client has gone',
    );
    expect(got).toMatchObject([{ whole: undefined }]);
  });

  test('of a form, whose size is not known, is collected, up to 16 MB', async () => {
    const { size: _, ...form } = body(['one ', 'two']);
    await put({ ...form, size: undefined });
    expect(got).toMatchObject([{ whole: 'one two' }]);
    const large = body(Array.from({ length: 17 }, () => 'x'.repeat(1_048_576)));
    await expect(put({ ...large, size: undefined })).rejects.toMatchObject({ status: 501 });
    expect(got).toHaveLength(1);
  });
});

test('a part of an object is answered as one, and can be read or left', async () => {
  output = {
    Body: Readable.from([Buffer.from('ell')]),
    ContentLength: 3,
    ContentRange: 'bytes 1-3/11',
  };
  const answer = (await call('GetObject', { Bucket: 'photos', Key: 'k' })) as {
    readonly Body: OutgoingBody;
  };
  expect(answer).toMatchObject({ $status: 206, ContentRange: 'bytes 1-3/11' });
  expect(answer.Body.size).toBe(3);
  expect(Buffer.concat(await Array.fromAsync(answer.Body)).toString()).toBe('ell');
});

test('what a caller needs is what it needs here, on a bucket that is its own', () => {
  const input = { Bucket: 'photos', Key: 'k', ExpectedBucketOwner: '999999999999' };
  expect(operationOf('GetObject').permissions(input, context)).toEqual([
    {
      action: 's3:GetObject',
      resources: ['arn:aws:s3:::photos/k'],
      resourceAccount: account,
      conditions: expect.objectContaining({ 's3:ResourceAccount': account }),
    },
  ]);
});

test('many keys are deleted one by one', async () => {
  output = { DeleteMarker: true, VersionId: 'v' };
  const Delete = { Objects: [{ Key: 'a' }, { Key: 'b' }] };
  expect(await call('DeleteObjects', { Bucket: 'photos', Delete })).toEqual({
    Deleted: ['a', 'b'].map((Key) => ({
      Key,
      DeleteMarker: true,
      DeleteMarkerVersionId: 'v',
    })),
    Errors: [],
  });
  expect(got.map(({ operation }) => operation)).toEqual(['DeleteObject', 'DeleteObject']);
});
