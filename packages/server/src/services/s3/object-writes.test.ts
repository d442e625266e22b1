/** Writers that come at once, that lie, or that give up; and what they leave on the disk. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { hash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingBody } from '../../core/object-body.ts';
import { context, startS3Alone, type S3Alone } from './fixtures/start-s3.ts';

let s3: S3Alone;
beforeAll(async () => {
  s3 = await startS3Alone();
});
afterEach(() => s3.forget());
afterAll(() => s3[Symbol.asyncDispose]());

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.call('GetObject', { Key });
  const chunks: Uint8Array[] = [];
  for await (const chunk of Body as OutgoingBody) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const files = (): Promise<number> => s3.contents();

describe('writers of one key at once', () => {
  /** In pieces that take turns with those of the others. */
  async function* pieces(letter: string): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 20; count += 1) {
      await new Promise(setImmediate);
      yield Buffer.alloc(10_000, letter);
    }
  }
  const put = (letter: string, more: object = {}): Promise<Record<string, unknown>> =>
    s3.call('PutObject', {
      Key: 'k',
      Body: { size: 200_000, trailers: new Map(), chunks: pieces(letter) },
      ...more,
    });

  const letters = 'abcdefgh'.split('');

  test('leave the whole of one of them, with its own ETag, and no other contents', async () => {
    const answers = await Promise.all(letters.map((letter) => put(letter)));
    const bytes = await read('k');
    const winner = letters.findIndex((letter) => bytes.equals(Buffer.alloc(200_000, letter)));
    expect(winner).not.toBe(-1);
    const head = await s3.call('HeadObject', { Key: 'k' });
    expect(head).toMatchObject({ ETag: answers[winner]?.['ETag'], ContentLength: 200_000 });
    await expect.poll(files).toBe(1);
  });

  test('that want to be the first are one', async () => {
    const outcomes = await Promise.allSettled(
      letters.map((letter) => put(letter, { IfNoneMatch: '*' })),
    );
    const refused = outcomes.filter((each) => each.status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    }
    await expect.poll(files).toBe(1);
  });

  test('that replace what they have read are one, and the others are told', async () => {
    const { ETag } = await put('x');
    const outcomes = await Promise.allSettled(
      letters.map((letter) => put(letter, { IfMatch: ETag })),
    );
    expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    await expect(put('y', { IfMatch: '"other"', Key: 'none' })).rejects.toMatchObject({
      code: 'NoSuchKey',
    });
  });
});

describe('a body', () => {
  const text = Buffer.from('the truth');
  async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const put = (more: object, body: object = {}): Promise<object> =>
    s3.call('PutObject', {
      Key: 'k',
      Body: { size: text.byteLength, trailers: new Map(), chunks: once(text), ...body },
      ...more,
    });

  test.each([
    ['its MD5', { ContentMD5: Buffer.alloc(16).toString('base64') }, {}, 'BadDigest'],
    ['its CRC32', { ChecksumCRC32: 'AAAAAA==' }, {}, 'BadDigest'],
    ['its CRC32C', { ChecksumCRC32C: 'AAAAAA==' }, {}, 'BadDigest'],
    ['its CRC64NVME', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }, {}, 'BadDigest'],
    ['its SHA-1', { ChecksumSHA1: Buffer.alloc(20).toString('base64') }, {}, 'BadDigest'],
    ['its SHA-256', { ChecksumSHA256: Buffer.alloc(32).toString('base64') }, {}, 'BadDigest'],
    ['its signed hash', {}, { statedSha256: '0'.repeat(64) }, 'XAmzContentSHA256Mismatch'],
    [
      'its trailer',
      {},
      {
        trailerNames: ['x-amz-checksum-crc32'],
        trailers: new Map([['x-amz-checksum-crc32', 'AAAAAA==']]),
      },
      'BadDigest',
    ],
    [
      'a trailer that never comes',
      {},
      { trailerNames: ['x-amz-checksum-crc32'] },
      'InvalidRequest',
    ],
    [
      'two checksums',
      { ChecksumCRC32: 'AAAAAA==', ChecksumSHA1: Buffer.alloc(20).toString('base64') },
      {},
      'InvalidRequest',
    ],
    ['an MD5 that is none', { ContentMD5: 'x' }, {}, 'InvalidDigest'],
  ])('that is not what was said of it (%s) replaces nothing', async (_, said, body, code) => {
    await s3.call('PutObject', { Key: 'k', Body: Buffer.from('before') });
    await expect(put(said, body)).rejects.toMatchObject({ code, status: 400 });
    expect((await read('k')).toString()).toBe('before');
    expect(await files()).toBe(1);
  });

  test('that is long, and not what was said of it, leaves nothing either', async () => {
    await s3.call('PutObject', { Key: 'k', Body: Buffer.from('before') });
    for (const bytes of [1_000_000, 3_000_000]) {
      const long = Buffer.alloc(bytes, 'x');
      const pieces = (async function* cut(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes; at += 100_000)
          yield Buffer.from(long.subarray(at, at + 100_000));
      })();
      const lie = { ContentMD5: hash('md5', text, 'base64') };
      const putting = put(lie, { size: bytes, chunks: pieces });
      await expect(putting).rejects.toMatchObject({ code: 'BadDigest' });
      expect((await read('k')).toString()).toBe('before');
      // What had its name already is removed behind the answer.
      await expect.poll(files).toBe(1);
    }
  });

  test('that is what was said of it in every way is kept', async () => {
    const sha256 = hash('sha256', text, 'hex');
    const said = {
      ContentMD5: hash('md5', text, 'base64'),
      ChecksumSHA256: hash('sha256', text, 'base64'),
    };
    expect(await put(said, { statedSha256: sha256 })).toMatchObject({
      ETag: `"${hash('md5', text, 'hex')}"`,
      ChecksumSHA256: said.ChecksumSHA256,
    });
    expect(await read('k')).toEqual(text);
  });

  test('of more than 5 GiB is refused before a byte of it is read', async () => {
    const chunks = (async function* unread(): AsyncGenerator<Uint8Array> {
      yield* [];
      throw new Error('read');
    })();
    const size = 5 * 1024 ** 3 + 1;
    await expect(put({}, { size, chunks })).rejects.toMatchObject({
      code: 'EntityTooLarge',
      members: { ProposedSize: '5368709121', MaxSizeAllowed: '5368709120' },
    });
  });

  test('that breaks off replaces nothing', async () => {
    await s3.call('PutObject', { Key: 'k', Body: Buffer.from('before') });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(600_000);
      throw new Error('gone');
    }
    await expect(put({}, { chunks: broken() })).rejects.toThrow('gone');
    expect((await read('k')).toString()).toBe('before');
    expect(await files()).toBe(1);
  });
});

test('an upload that is aborted leaves neither parts nor contents', async () => {
  const { UploadId } = await s3.call('CreateMultipartUpload', { Key: 'u' });
  const part = { Key: 'u', UploadId, PartNumber: 1 };
  await s3.call('UploadPart', { ...part, Body: Buffer.from('first') });
  await s3.call('UploadPart', { ...part, Body: Buffer.from('again') });
  await expect.poll(files).toBe(1);
  await s3.call('AbortMultipartUpload', { Key: 'u', UploadId });
  await expect.poll(files).toBe(0);
  for (const again of ['AbortMultipartUpload', 'ListParts']) {
    await expect(s3.call(again, { Key: 'u', UploadId })).rejects.toMatchObject({
      code: 'NoSuchUpload',
      status: 404,
    });
  }
});

test('a copy has the ETag of the whole and the checksum that is asked for, whatever its source has', async () => {
  const parts = [Buffer.alloc(5 * 1024 ** 2, 'a'), Buffer.alloc(300_000, 'b')];
  const { UploadId } = await s3.call('CreateMultipartUpload', { Key: 'u' });
  const Parts = await Promise.all(
    parts.map(async (Body, index) => {
      const part = { PartNumber: index + 1, Body };
      const { ETag } = await s3.call('UploadPart', { Key: 'u', UploadId, ...part });
      return { PartNumber: index + 1, ETag };
    }),
  );
  const { ETag } = await s3.call('CompleteMultipartUpload', {
    Key: 'u',
    UploadId,
    MultipartUpload: { Parts },
  });
  expect(ETag).toMatch(/-2"$/);
  const whole = Buffer.concat(parts);
  const copied = { Key: 'copy', CopySource: 'bucket/u', ChecksumAlgorithm: 'SHA256' };
  expect((await s3.call('CopyObject', copied))['CopyObjectResult']).toMatchObject({
    ETag: `"${hash('md5', whole, 'hex')}"`,
    ChecksumSHA256: hash('sha256', whole, 'base64'),
    ChecksumType: 'FULL_OBJECT',
  });
  expect((await read('copy')).equals(whole)).toBe(true);
});

test('a part that comes when its upload has ended leaves nothing', async () => {
  const { UploadId } = await s3.call('CreateMultipartUpload', { Key: 'u' });
  async function* late(): AsyncGenerator<Uint8Array> {
    await s3.call('AbortMultipartUpload', { Key: 'u', UploadId });
    yield Buffer.from('late');
  }
  const Body = { size: 4, trailers: new Map(), chunks: late() };
  const part = s3.call('UploadPart', { Key: 'u', UploadId, PartNumber: 1, Body });
  await expect(part).rejects.toMatchObject({ code: 'NoSuchUpload' });
  await expect.poll(files).toBe(0);
});

test('the tags of an object are replaced and removed', async () => {
  await s3.call('PutObject', { Key: 'k', Body: Buffer.from('x'), Tagging: 'a=1' });
  const tags = async (): Promise<unknown> =>
    (await s3.call('GetObjectTagging', { Key: 'k' }))['TagSet'];
  expect(await tags()).toEqual([{ Key: 'a', Value: '1' }]);
  const TagSet = [{ Key: 'b', Value: '2' }];
  await s3.call('PutObjectTagging', { Key: 'k', Tagging: { TagSet } });
  expect(await tags()).toEqual(TagSet);
  await s3.call('DeleteObjectTagging', { Key: 'k' });
  expect(await tags()).toEqual([]);
});

test('a key is any text of 1 to 1,024 bytes, and never a path', async () => {
  const odd = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const keys = [...odd.map((char) => `a${char}b`), '../../up', '/..', '.', '..', 'é'.repeat(512)];
  for (const Key of keys) await s3.call('PutObject', { Key, Body: Buffer.from(Key) });
  for (const Key of keys) expect((await read(Key)).toString()).toBe(Key);
  const { Contents } = await s3.call('ListObjectsV2', {});
  expect((Contents as { Key: string }[]).map(({ Key }) => Key)).toEqual(
    keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
  );
  // Contents are named by their hash: no key is part of any path.
  for (const name of await readdir(path.join(s3.folder, 'o'), { recursive: true })) {
    expect(name).toMatch(/^(?:incoming|blobs(?:\/[0-9a-f]{2}(?:\/[0-9a-f]{64})?)?)$/);
  }
  const long = { Key: 'x'.repeat(1_025), Body: Buffer.from('x') };
  expect(() => s3.needs('PutObject', long, context)).toThrow(
    expect.objectContaining({ code: 'KeyTooLongError' }),
  );
});
