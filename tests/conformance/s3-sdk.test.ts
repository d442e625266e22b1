/** S3 by the AWS SDK for JavaScript: the whole life of buckets and objects. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteBucketPolicyCommand,
  GetObjectAclCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketLocationCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let server: TestServer;
let s3: S3Client;
const Bucket = 'first.bucket';

beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  s3 = new S3Client({
    ...clientSettings(server.endpoint, 'eu-west-1'),
    forcePathStyle: true,
    maxAttempts: 1,
  });
  await s3.send(
    new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    }),
  );
});
afterAll(async () => {
  s3?.destroy();
  await server?.[Symbol.asyncDispose]();
});

const textOf = async (Key: string, more: object = {}): Promise<string> => {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await answer.Body?.transformToString()) ?? '';
};

describe('buckets', () => {
  test('are listed with their region', async () => {
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets).toMatchObject([{ Name: Bucket, BucketRegion: 'eu-west-1' }]);
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBe('eu-west-1');
  });

  test('that exist, or are not empty, are refused in AWS words', async () => {
    const again = new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    });
    await expect(s3.send(again)).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'stays', Body: 'x' }));
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
      $metadata: { httpStatusCode: 409 },
    });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'stays' }));
  });

  test('that do not exist are told apart from objects that do not', async () => {
    const missing = (bucket: string) =>
      s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'nothing' }));
    await expect(missing('not-there')).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(missing(Bucket)).rejects.toMatchObject({
      name: 'NoSuchKey',
      message: 'The specified key does not exist.',
    });
    const head = s3.send(new HeadObjectCommand({ Bucket, Key: 'nothing' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('objects', () => {
  test('come back with their bytes, headers and metadata', async () => {
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'a/b c+d/ü%.txt',
        Body: 'hello',
        ContentType: 'text/plain; charset=utf-8',
        CacheControl: 'max-age=60',
        Metadata: { colour: 'green' },
        Tagging: 'team=red&stage=test',
      }),
    );
    expect(put).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ServerSideEncryption: 'AES256',
      ChecksumCRC32: 'NhCmhg==',
      ChecksumType: 'FULL_OBJECT',
    });
    const got = await s3.send(
      new GetObjectCommand({ Bucket, Key: 'a/b c+d/ü%.txt', ChecksumMode: 'ENABLED' }),
    );
    expect(got).toMatchObject({
      ContentLength: 5,
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'max-age=60',
      Metadata: { colour: 'green' },
      TagCount: 2,
      ChecksumCRC32: 'NhCmhg==',
    });
    expect(await got.Body?.transformToString()).toBe('hello');
  });

  test.each([
    '../up',
    './here',
    'a//b',
    '/leading',
    'trailing/',
    '%2F',
    'a\u0001b',
    ' ',
    '\u{1F600}',
    '?a&b=c#d',
    'a\\b',
    'q\'"<&>',
  ])('may be called %j', async (Key) => {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    expect(await textOf(Key)).toBe(Key);
    const { Contents } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: 'url' }),
    );
    expect(decodeURIComponent(Contents?.[0]?.Key ?? '')).toBe(Key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  });

  test('are read in ranges and under conditions', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'digits', Body: '0123456789' }));
    expect(await textOf('digits', { Range: 'bytes=2-4' })).toBe('234');
    expect(await textOf('digits', { Range: 'bytes=-3' })).toBe('789');
    expect(await textOf('digits', { Range: 'bytes=8-' })).toBe('89');
    await expect(textOf('digits', { Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'digits' }));
    await expect(textOf('digits', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(textOf('digits', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    const again = new PutObjectCommand({ Bucket, Key: 'digits', Body: 'no', IfNoneMatch: '*' });
    await expect(s3.send(again)).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await textOf('digits')).toBe('0123456789');
  });

  test('of a stream of unknown length and with every checksum are verified', async () => {
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const Body = randomBytes(300_000);
      const Key = `sum-${ChecksumAlgorithm}`;
      const put = new PutObjectCommand({
        Bucket,
        Key,
        Body: Readable.from([Body.subarray(0, 99_999), Body.subarray(99_999)]),
        ContentLength: Body.byteLength,
        ChecksumAlgorithm,
      });
      await s3.send(put);
      const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);
      expect(got[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/);
    }
    const lying = new PutObjectCommand({
      Bucket,
      Key: 'lie',
      Body: 'x',
      ChecksumCRC32: 'AAAAAA==',
    });
    await expect(s3.send(lying)).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(textOf('lie')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('are copied with their own or with new metadata, and tagged', async () => {
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'source é', Body: 'body', Metadata: { a: '1' } }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent('source é')}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    const replace = { MetadataDirective: 'REPLACE', Metadata: { b: '2' } } as const;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy2', CopySource, ...replace }));
    const heads = ['copy', 'copy2'].map((Key) => s3.send(new HeadObjectCommand({ Bucket, Key })));
    expect((await Promise.all(heads)).map((each) => each.Metadata)).toEqual([
      { a: '1' },
      { b: '2' },
    ]);
    expect(await textOf('copy2')).toBe('body');
    const TagSet = [{ Key: 'k', Value: 'v' }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'copy', Tagging: { TagSet } }));
    const tags = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'copy' }));
    expect(tags.TagSet).toEqual(TagSet);
  });

  test('are listed by bytes, in pages, and grouped by a delimiter', async () => {
    const keys = ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/z', 'l/ä/1', 'l/\u{1F600}'];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const pages: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix: 'l/',
          Delimiter: '/',
          MaxKeys: 2,
          ContinuationToken,
        }),
      );
      pages.push(
        ...(page.Contents ?? []).map((each) => each.Key ?? ''),
        ...(page.CommonPrefixes ?? []).map((each) => each.Prefix ?? ''),
      );
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    // Within a page, keys and prefixes are two lists.
    const expected = ['l/a', 'l/b/', 'l/c', 'l/z', 'l/ä/', 'l/\u{1F600}'];
    expect(pages.toSorted(byBytes)).toEqual(expected);
    const old = await s3.send(
      new ListObjectsCommand({ Bucket, Prefix: 'l/', Delimiter: '/', MaxKeys: 2, Marker: 'l/a' }),
    );
    expect(old).toMatchObject({ IsTruncated: true, NextMarker: 'l/c' });
    const gone = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    expect(gone.Deleted).toHaveLength(keys.length);
  });
});

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

describe('versions', () => {
  test('are kept, hidden by markers, and come back when those go', async () => {
    const bucket = 'versioned';
    const at = { Bucket: bucket, Key: 'k' };
    await s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    await s3.send(new PutObjectCommand({ ...at, Body: 'before' }));
    await s3.send(
      new PutBucketVersioningCommand({
        Bucket: bucket,
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    );
    const first = await s3.send(new PutObjectCommand({ ...at, Body: 'one' }));
    const second = await s3.send(new PutObjectCommand({ ...at, Body: 'two' }));
    expect(first.VersionId).not.toBe(second.VersionId);
    const marker = await s3.send(new DeleteObjectCommand(at));
    expect(marker).toMatchObject({ DeleteMarker: true });
    await expect(s3.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'NoSuchKey' });
    const read = async (VersionId?: string): Promise<string | undefined> => {
      const answer = await s3.send(new GetObjectCommand({ ...at, VersionId }));
      return await answer.Body?.transformToString();
    };
    expect(await read(first.VersionId)).toBe('one');
    expect(await read('null')).toBe('before');
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 3 }));
    expect(listed.Versions?.map((each) => each.VersionId)).toEqual([
      second.VersionId,
      first.VersionId,
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ IsLatest: true, VersionId: marker.VersionId }]);
    const rest = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        KeyMarker: listed.NextKeyMarker,
        VersionIdMarker: listed.NextVersionIdMarker,
      }),
    );
    expect(rest.Versions?.map((each) => each.VersionId)).toEqual(['null']);
    await s3.send(new DeleteObjectCommand({ ...at, VersionId: marker.VersionId }));
    expect(await read()).toBe('two');
    // A policy can name the version that a request names, whatever is done to it.
    const Statement = {
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetObjectVersionAcl', 's3:GetObjectVersion'],
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: { StringEquals: { 's3:VersionId': first.VersionId } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    for (const Command of [GetObjectCommand, GetObjectAclCommand]) {
      const of = (VersionId?: string): Promise<object> =>
        s3.send(new Command({ ...at, VersionId }));
      await expect(of(first.VersionId)).rejects.toMatchObject({ name: 'AccessDenied' });
      expect(await of(second.VersionId)).toMatchObject({});
    }
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    await s3.send(new DeleteObjectCommand({ ...at, VersionId: second.VersionId }));
    expect(await read()).toBe('one');
  });
});

describe('multipart uploads', () => {
  test('by lib-storage arrive whole and tell of their parts', async () => {
    const Body = randomBytes(13 * 1_048_576);
    const upload = new Upload({
      client: s3,
      params: { Bucket, Key: 'large', Body: Readable.from(cut(Body, 700_001)) },
    });
    const done = await upload.done();
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    expect(hashOf(bytes)).toBe(hashOf(Body));
    const part = await s3.send(new HeadObjectCommand({ Bucket, Key: 'large', PartNumber: 3 }));
    expect(part).toMatchObject({ PartsCount: 3, ContentLength: 3 * 1_048_576 });
    const range = await s3.send(
      new GetObjectCommand({ Bucket, Key: 'large', Range: 'bytes=5242870-10485770' }),
    );
    const middle = Buffer.from((await range.Body?.transformToByteArray()) ?? []);
    expect(middle.equals(Body.subarray(5_242_870, 10_485_771))).toBe(true);
    const attributes = await s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'large',
        ObjectAttributes: ['ObjectParts', 'ObjectSize', 'Checksum'],
      }),
    );
    expect(attributes).toMatchObject({
      ObjectSize: Body.byteLength,
      ObjectParts: { TotalPartsCount: 3 },
    });
  });

  test('are put together from what was uploaded and copied, or refused', async () => {
    const at = { Bucket, Key: 'parts' };
    await s3.send(new PutObjectCommand({ Bucket, Key: 'big', Body: Buffer.alloc(6_000_000, 7) }));
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'SHA256' }),
    );
    const one = await s3.send(
      new UploadPartCopyCommand({
        ...at,
        UploadId,
        PartNumber: 1,
        CopySource: `${Bucket}/big`,
        CopySourceRange: 'bytes=0-5242879',
      }),
    );
    const two = await s3.send(
      new UploadPartCommand({
        ...at,
        UploadId,
        PartNumber: 9,
        Body: 'end',
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    const listed = await s3.send(new ListPartsCommand({ ...at, UploadId }));
    expect(listed.Parts?.map((each) => each.PartNumber)).toEqual([1, 9]);
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(uploads.Uploads).toMatchObject([{ Key: 'parts', UploadId }]);
    const parts = [
      {
        PartNumber: 1,
        ETag: one.CopyPartResult?.ETag,
        ChecksumSHA256: one.CopyPartResult?.ChecksumSHA256,
      },
      { PartNumber: 9, ETag: two.ETag, ChecksumSHA256: two.ChecksumSHA256 },
    ];
    const complete = (Parts: typeof parts) =>
      s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    await expect(complete(parts.toReversed())).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([{ ...parts[0]!, ETag: '"0123"' }, parts[1]!])).rejects.toMatchObject({
      name: 'InvalidPart',
    });
    const done = await complete(parts);
    expect(done).toMatchObject({ ChecksumSHA256: expect.stringMatching(/=-2$/) });
    const got = await s3.send(new GetObjectCommand({ ...at, Range: 'bytes=5242879-' }));
    expect(await got.Body?.transformToString()).toBe('\u0007end');
    await expect(complete(parts)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('bucket policies', () => {
  test('serve nobody while public access is blocked, then what they say', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'public/page', Body: 'for all' }));
    const page = `${server.endpoint}/${Bucket}/public/page`;
    expect((await fetch(page)).status).toBe(403);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${Bucket}/public/*`,
        },
      ],
    });
    const put = new PutBucketPolicyCommand({ Bucket, Policy });
    await expect(s3.send(put)).rejects.toMatchObject({ name: 'AccessDenied' });
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await s3.send(put);
    const answer = await fetch(page);
    expect([answer.status, await answer.text()]).toEqual([200, 'for all']);
    const other = await fetch(`${server.endpoint}/${Bucket}/digits`);
    expect(other.status).toBe(403);
    expect(await other.text()).toContain('<Code>AccessDenied</Code>');
  });
});
