/**
 * A server whose disk is full, over HTTP: who sends something is refused before anything is
 * acknowledged, nothing half-written stays, and everything goes on once there is room. The disk is
 * a file system in memory of the test's own.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const MEGABYTE = 1_048_576;

let disk: string;
/** On another disk: what the function writes. */
let beside: string;
let server: TestServer;

/** Only root may mount. */
const mayMount = process.getuid?.() === 0;

beforeAll(async () => {
  if (!mayMount) return;
  beside = await mkdtemp(path.join(os.tmpdir(), 'hearth-beside-'));
  disk = await mkdtemp(path.join(os.tmpdir(), 'hearth-full-'));
  const mounted = await runCommand(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'none', disk]);
  expect(mounted).toMatchObject({ status: 0 });
  server = await startServer({
    args: ['--isolation', 'process', '--log-level', 'error'],
    dataFolder: path.join(disk, 'data'),
  });
});
afterEach(async () => {
  if (mayMount) await freeDisk();
});
afterAll(async () => {
  if (!mayMount) return;
  await server?.[Symbol.asyncDispose]();
  // A process that the server has ended may take a moment to let go of its files.
  await vi.waitFor(
    async () => expect(await runCommand(['umount', disk])).toMatchObject({ status: 0 }),
    { timeout: 30_000, interval: 100 },
  );
  for (const folder of [disk, beside]) await rm(folder, { recursive: true, force: true });
});

const common = () => ({
  ...clientSettings(server.endpoint),
  maxAttempts: 1,
});

const ballast = (): string => path.join(disk, 'ballast');

/** Leaves not one page. */
async function fillDisk(): Promise<void> {
  await using file = await open(ballast(), 'w');
  for (let bytes = MEGABYTE; bytes >= 512; bytes /= 2) {
    const block = Buffer.alloc(bytes);
    try {
      for (;;) await file.write(block);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
}

const freeDisk = (): Promise<void> => rm(ballast(), { force: true });

/** Sends until one is refused (a journal may have room of its own), then frees the disk. */
async function untilRefused(send: (number: number) => Promise<unknown>): Promise<{
  readonly acknowledged: readonly number[];
  readonly refusal: unknown;
}> {
  const acknowledged: number[] = [];
  await fillDisk();
  try {
    for (let number = 0; number < 1_000; number += 1) {
      await send(number);
      acknowledged.push(number);
    }
    throw new Error('The disk was not full.');
  } catch (refusal) {
    return { acknowledged, refusal };
  } finally {
    await freeDisk();
  }
}

describe.skipIf(!mayMount)('on a full disk', () => {
  test('an object is refused, the one that is there stays, and nothing half-written is left', async () => {
    const s3 = new S3Client({ ...common(), forcePathStyle: true });
    const Bucket = 'full';
    await s3.send(new CreateBucketCommand({ Bucket }));
    const put = (Key: string, Body: Uint8Array) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const bytes = async (Key: string): Promise<Buffer> => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const before = randomBytes(MEGABYTE);
    await put('kept', before);
    await fillDisk();
    for (const size of [10, 2 * MEGABYTE]) {
      await expect(put('kept', randomBytes(size))).rejects.toMatchObject({
        name: 'InsufficientStorage',
        $metadata: { httpStatusCode: 507 },
      });
    }
    expect((await bytes('kept')).equals(before)).toBe(true);
    await freeDisk();
    await expect.poll(async () => (await files()).length).toBe(1);
    const after = randomBytes(2 * MEGABYTE);
    await put('kept', after);
    expect((await bytes('kept')).equals(after)).toBe(true);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([['kept', 2 * MEGABYTE]]);
    s3.destroy();
  });

  test('a message is refused, and the queue has those that were acknowledged', async () => {
    const sqs = new SQSClient(common());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'full' }));
    const filler = 'x'.repeat(200_000);
    const send = (number: number) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `${number} ${filler}` }));
    const { acknowledged, refusal } = await untilRefused(send);
    expect(refusal).toMatchObject({ $metadata: { httpStatusCode: 500 } });
    await send(acknowledged.length + 1);
    const received: number[] = [];
    while (received.length < acknowledged.length + 1) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 10 }),
      );
      expect(Messages).toHaveLength(1);
      for (const { Body, ReceiptHandle } of Messages) {
        received.push(Number.parseInt(Body ?? '', 10));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    expect(received.toSorted((a, b) => a - b)).toEqual([...acknowledged, acknowledged.length + 1]);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages ?? []).toEqual([]);
    sqs.destroy();
  });

  test('an event is refused, and the function runs for those that were acknowledged', async () => {
    const lambda = new LambdaClient(common());
    const ran = path.join(beside, 'ran');
    await writeFile(ran, '');
    const iam = new IAMClient(common());
    const Role = await createFunctionRole(iam, 'records', { mayLog: false });
    // Only the process driver lets it see a file of the host.
    const source = `import fs from 'node:fs';
export const handler = async ({ number }) => {
  fs.appendFileSync(${JSON.stringify(ran)}, number + '\\n');
};`;
    const ZipFile = await zipOf({ 'index.mjs': source });
    await createFunction(lambda, 'records', { Role, Code: { ZipFile } });
    const filler = 'x'.repeat(200_000);
    const send = (number: number) =>
      lambda.send(
        new InvokeCommand({
          FunctionName: 'records',
          InvocationType: 'Event',
          Payload: JSON.stringify({ number, filler }),
        }),
      );
    const { acknowledged, refusal } = await untilRefused(send);
    expect(refusal).toMatchObject({
      name: 'ServiceException',
      $metadata: { httpStatusCode: 500 },
    });
    const last = acknowledged.length + 1;
    expect((await send(last)).StatusCode).toBe(202);
    const numbers = async (): Promise<readonly number[]> => {
      const lines = (await readFile(ran, 'utf8')).split('\n').filter(Boolean).map(Number);
      return [...new Set(lines)].sort((a, b) => a - b);
    };
    await expect.poll(numbers, { timeout: 120_000 }).toEqual([...acknowledged, last]);
    for (const client of [lambda, iam]) client.destroy();
  });
});

/** The files that hold contents of objects, half-written ones too. */
async function files(): Promise<readonly string[]> {
  const folder = path.join(disk, 'data/objects');
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((each) => each.name);
}
