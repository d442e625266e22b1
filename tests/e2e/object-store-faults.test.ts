/** What the object store keeps when its server is killed, and how much memory large objects take. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

const MEGABYTE = 1_048_576;

function clientOf(server: TestServer): S3Client {
  return new S3Client({
    ...clientSettings(server.endpoint),
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

interface Prepared {
  readonly Key: string;
  readonly UploadId: string | undefined;
  readonly parts: readonly { readonly PartNumber: number; readonly ETag: string | undefined }[];
  readonly tail: Buffer;
}

/** All share their first part, so that the disk has it once. */
async function prepare(s3: S3Client, Key: string, head: Buffer): Promise<Prepared> {
  const at = { Bucket: 'kept', Key };
  const tail = randomBytes(1_000);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const parts = [];
  for (const [index, Body] of [head, tail].entries()) {
    const part = { ...at, UploadId, PartNumber: index + 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body }));
    parts.push({ PartNumber: part.PartNumber, ETag });
  }
  return { Key, UploadId, parts, tail };
}

async function complete(s3: S3Client, { Key, UploadId, parts }: Prepared): Promise<void> {
  const at = { Bucket: 'kept', Key, UploadId };
  const MultipartUpload = { Parts: [...parts] };
  await s3.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload }));
}

async function read(s3: S3Client, Key: string): Promise<Buffer | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'kept', Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

test('a multipart upload that kill -9 meets is an object, whole, or can be completed afterwards', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-multipart-'));
  const args = ['--isolation', 'process'];
  const head = randomBytes(5 * MEGABYTE);
  const first = await startServer({ args, dataFolder });
  const s3 = clientOf(first);
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
  const uploads: Prepared[] = [];
  for (let index = 0; index < 40; index += 1) uploads.push(await prepare(s3, `key-${index}`, head));

  const acknowledged = new Set<string>();
  const enough = Promise.withResolvers<void>();
  const completions = uploads.map(async (upload) => {
    try {
      await complete(s3, upload);
    } catch {
      // Cut off by the end of the server: what came of it is looked at below.
      return;
    }
    acknowledged.add(upload.Key);
    if (acknowledged.size === 5) enough.resolve();
  });
  await enough.promise;
  await first.kill();
  await Promise.all(completions);
  s3.destroy();

  await using second = await startServer({ args, dataFolder });
  const after = clientOf(second);
  for (const upload of uploads) {
    const whole = Buffer.concat([head, upload.tail]);
    let found = await read(after, upload.Key);
    if (found === undefined) {
      expect(acknowledged).not.toContain(upload.Key);
      await complete(after, upload);
      found = await read(after, upload.Key);
    }
    expect(found?.equals(whole)).toBe(true);
  }
  const Objects = uploads.map(({ Key }) => ({ Key }));
  await after.send(new DeleteObjectsCommand({ Bucket: 'kept', Delete: { Objects } }));
  await expect.poll(() => contents(dataFolder), { timeout: 60_000 }).toEqual([]);
  after.destroy();
  await second.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

/** Names of the files that hold contents. */
async function contents(dataFolder: string): Promise<readonly string[]> {
  const folder = path.join(dataFolder, 'objects');
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((each) => each.name);
}

test('an object of 400 MB goes up and down in bounded memory', async () => {
  await using server = await startServer({ args: ['--isolation', 'process'] });
  const s3 = clientOf(server);
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
  const idle = await residentBytes(server);
  let peak = idle;
  const watch = setInterval(() => {
    void residentBytes(server).then((bytes) => {
      peak = Math.max(peak, bytes);
    });
  }, 50);
  const chunk = randomBytes(MEGABYTE);
  const ContentLength = 400 * MEGABYTE;
  const Body = Readable.from(Array.from({ length: 400 }, () => chunk));
  await s3.send(new PutObjectCommand({ Bucket: 'kept', Key: 'large', Body, ContentLength }));
  const got = await s3.send(new GetObjectCommand({ Bucket: 'kept', Key: 'large' }));
  let length = 0;
  for await (const each of got.Body as Readable) length += (each as Buffer).byteLength;
  clearInterval(watch);
  s3.destroy();
  expect(length).toBe(ContentLength);
  // A third of the object: of one that is held in memory even once there would be all of it.
  expect(peak - idle).toBeLessThan(130 * MEGABYTE);
});

async function residentBytes({ pid }: TestServer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
}
