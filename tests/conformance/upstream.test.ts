/**
 * S3 and SQS of another server (`HEARTH_UPSTREAM_S3`, `HEARTH_UPSTREAM_SQS`), which is a second Hearth here:
 * clients, code of functions and destinations reach it through the first, with the first one's permissions.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { openAwsCli } from '../../packages/testkit/src/open-aws-cli.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const args = ['--isolation', 'process'];
const test1 = { accessKeyId: 'test', secretAccessKey: 'test' };
const optionsOf = ({ endpoint }: TestServer, credentials = test1) => ({
  endpoint,
  region: 'eu-west-1',
  credentials,
  maxAttempts: 1,
});
/** A server that forwards S3 and SQS to `upstream`. */
const startFront = ({ endpoint }: Pick<TestServer, 'endpoint'>): Promise<TestServer> =>
  startServer({
    args,
    env: {
      HEARTH_UPSTREAM_S3: endpoint,
      HEARTH_UPSTREAM_SQS: `${endpoint}/`,
      HEARTH_UPSTREAM_ACCESS_KEY_ID: test1.accessKeyId,
      HEARTH_UPSTREAM_SECRET_ACCESS_KEY: test1.secretAccessKey,
    },
  });

let upstream: TestServer;
let front: TestServer;
let folder: string;
let s3: S3Client;
let there: S3Client;
let sqs: SQSClient;
const cli = openAwsCli();
beforeAll(async () => {
  upstream = await startServer({ args });
  front = await startFront(upstream);
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-upstream-'));
  s3 = new S3Client({ ...optionsOf(front), forcePathStyle: true });
  there = new S3Client({ ...optionsOf(upstream), forcePathStyle: true });
  sqs = new SQSClient(optionsOf(front));
  await s3.send(new CreateBucketCommand({ Bucket: 'forwarded' }));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  for (const client of [s3, there, sqs]) client?.destroy();
  await front?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function aws(...command: readonly string[]): Promise<void> {
  const { status, stderr } = await cli.run(['--endpoint-url', front.endpoint, ...command], {
    cwd: folder,
    env: {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_PAGER: '',
    },
  });
  expect({ command, status, stderr }).toMatchObject({ status: 0 });
}
const textOf = async (client: S3Client, Key: string, more: object = {}): Promise<string> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'forwarded', Key, ...more }));
  return (await Body?.transformToString()) ?? '';
};
const put = (client: S3Client, Key: string, Body: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: 'forwarded', Key, Body, ...more }));

describe('S3', () => {
  test('the aws CLI copies and syncs through it, large files in parts', async () => {
    const large = randomBytes(20 * 1_048_576);
    await mkdir(path.join(folder, 'tree/inner'), { recursive: true });
    await writeFile(path.join(folder, 'tree/large'), large);
    await writeFile(path.join(folder, 'tree/inner/small'), 'small');
    await aws('s3', 'sync', 'tree', 's3://forwarded/tree');
    expect(await textOf(there, 'tree/inner/small')).toBe('small');
    await aws('s3', 'cp', 's3://forwarded/tree/large', 'back');
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await readFile(path.join(folder, 'back')))).toBe(hash(large));
    await aws('s3', 'sync', 's3://forwarded/tree', 'again');
    expect((await readdir(path.join(folder, 'again'))).toSorted()).toEqual(['inner', 'large']);
    await aws('s3', 'rm', '--recursive', 's3://forwarded/tree');
    const { KeyCount } = await there.send(
      new ListObjectsV2Command({ Bucket: 'forwarded', Prefix: 'tree/' }),
    );
    expect(KeyCount).toBe(0);
  });

  test('metadata, ranges and conditions go through both ways, and errors are passed on', async () => {
    await put(s3, 'a b/ü', 'hello world', { Metadata: { colour: 'blue' }, ContentType: 'text/x' });
    expect(await textOf(s3, 'a b/ü', { Range: 'bytes=6-' })).toBe('world');
    const Key = 'a b/ü';
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'forwarded', Key }));
    expect(head).toMatchObject({ Metadata: { colour: 'blue' }, ContentType: 'text/x' });
    const { ETag } = await there.send(new HeadObjectCommand({ Bucket: 'forwarded', Key }));
    expect(head.ETag).toBe(ETag);
    const answers = (work: Promise<unknown>) =>
      work.then(
        () => 'served',
        (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
          `${error.$metadata?.httpStatusCode} ${error.name}`,
      );
    expect(await answers(textOf(s3, Key, { IfNoneMatch: ETag }))).toMatch(/^304 /);
    expect(await answers(textOf(s3, Key, { IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
    expect(await answers(textOf(s3, 'none'))).toBe('404 NoSuchKey');
    const none = new HeadObjectCommand({ Bucket: 'forwarded', Key: 'none' });
    expect(await answers(s3.send(none))).toMatch(/^404 /);
    const elsewhere = new GetObjectCommand({ Bucket: 'not-there', Key });
    expect(await answers(s3.send(elsewhere))).toBe('404 NoSuchBucket');
  });

  test('what is not what its sender states does not arrive', async () => {
    const bad = put(s3, 'bad', 'x', { ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' });
    await expect(bad).rejects.toMatchObject({ name: 'BadDigest' });
    const head = new HeadObjectCommand({ Bucket: 'forwarded', Key: 'bad' });
    await expect(there.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  test('a caller has the rights that it has here, key by key', async () => {
    const iam = new IAMClient(optionsOf(front));
    await iam.send(new CreateUserCommand({ UserName: 'ann' }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
    const may = {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource: 'arn:aws:s3:::forwarded/ann/*',
    };
    await iam.send(
      new PutUserPolicyCommand({
        UserName: 'ann',
        PolicyName: 'own',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [may] }),
      }),
    );
    iam.destroy();
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };
    const ann = new S3Client({ ...optionsOf(front, credentials), forcePathStyle: true });
    await put(ann, 'ann/1', 'mine');
    await put(s3, 'other', 'kept');
    const denied = {
      name: 'AccessDenied',
      message: expect.stringContaining('is not authorized to perform: s3:'),
    };
    await expect(put(ann, 'other', 'hers')).rejects.toMatchObject(denied);
    await expect(textOf(ann, 'other')).rejects.toMatchObject(denied);
    const { Deleted, Errors } = await ann.send(
      new DeleteObjectsCommand({
        Bucket: 'forwarded',
        Delete: { Objects: [{ Key: 'ann/1' }, { Key: 'other' }] },
      }),
    );
    expect(Deleted).toMatchObject([{ Key: 'ann/1' }]);
    expect(Errors).toMatchObject([{ Key: 'other', Code: 'AccessDenied' }]);
    expect(await textOf(there, 'other')).toBe('kept');
    ann.destroy();
  });
});

describe('SQS', () => {
  test('queues have addresses here, and messages go through', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
    expect(QueueUrl).toBe(`${front.endpoint}/000000000000/jobs`);
    expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).toMatchObject({
      QueueUrl,
    });
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'jo' }));
    expect(QueueUrls).toEqual([QueueUrl]);
    const waiting = sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: 20,
        MessageAttributeNames: ['All'],
      }),
    );
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' } };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes }));
    const [message] = (await waiting).Messages ?? [];
    expect(message).toMatchObject({
      Body: 'hello',
      MessageAttributes: { kind: { StringValue: 'x' } },
    });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    const direct = new SQSClient(optionsOf(upstream));
    const { Attributes } = await direct.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${upstream.endpoint}/000000000000/jobs`,
        AttributeNames: ['ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessages'],
      }),
    );
    direct.destroy();
    expect(Attributes).toEqual({
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessages: '0',
    });
    const gone = new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'a' });
    await expect(sqs.send(gone)).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      message: 'The specified queue does not exist.',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test("Debian's boto3 makes its journey through it by the query protocol", async () => {
    const script = path.join(import.meta.dirname, 'sqs-journey.py');
    const empty = await startServer({ args });
    await using there2 = empty;
    await using between = await startFront(there2);
    const { status, stdout, stderr } = await runCommand([
      '/usr/bin/python3',
      script,
      between.endpoint,
    ]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      url: true,
      urls: true,
      body: '<one> & é\n',
      attributes: { text: 'a', bytes: '00ff', number: '7' },
      order: ['1', '2', '3'],
      left: [],
    });
  });
});

test("a function's code comes from the upstream's bucket, and its results go to the upstream's queue", async () => {
  const iam = new IAMClient(optionsOf(front));
  const lambda = new LambdaClient(optionsOf(front));
  const Role = await createFunctionRole(iam, 'runs');
  const source = 'export const handler = async (event) => ({ doubled: event.n * 2 });';
  const zip = await zipOf({ 'index.mjs': source });
  await s3.send(new PutObjectCommand({ Bucket: 'forwarded', Key: 'code.zip', Body: zip }));
  const FunctionName = 'doubles';
  await createFunction(lambda, FunctionName, {
    Role,
    Code: { S3Bucket: 'forwarded', S3Key: 'code.zip' },
  });
  const missing = new CreateFunctionCommand({
    FunctionName: 'missing',
    Runtime: 'nodejs26.x',
    Handler: 'index.handler',
    Role,
    Code: { S3Bucket: 'forwarded', S3Key: 'none.zip' },
  });
  await expect(lambda.send(missing)).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message:
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
  });

  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'results' }));
  const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:results';
  const may = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'runs',
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [may] }),
    }),
  );
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      DestinationConfig: { OnSuccess: { Destination: queueArn } },
    }),
  );
  await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"n": 21}' }),
  );
  const { Messages: [message] = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
  );
  expect(JSON.parse(message?.Body ?? '{}')).toMatchObject({ responsePayload: { doubled: 42 } });
  iam.destroy();
  lambda.destroy();
});

test("a queue of the upstream's is the source of a function", async () => {
  const iam = new IAMClient(optionsOf(front));
  const lambda = new LambdaClient(optionsOf(front));
  const Role = await createFunctionRole(iam, 'relays');
  const may = { Effect: 'Allow', Action: 'sqs:*', Resource: '*' };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'relays',
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [may] }),
    }),
  );
  const source = `import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
    export const handler = ({ Records: [{ body }] }) => new SQSClient({}).send(new SendMessageCommand({
      QueueUrl: process.env.AWS_ENDPOINT_URL + '/000000000000/relayed',
      MessageBody: body + ' relayed',
    }));`;
  const FunctionName = 'relays';
  await createFunction(lambda, FunctionName, {
    Role,
    Timeout: 20,
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
  });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'incoming' }));
  const { QueueUrl: relayed } = await sqs.send(new CreateQueueCommand({ QueueName: 'relayed' }));
  const EventSourceArn = 'arn:aws:sqs:eu-west-1:000000000000:incoming';
  await lambda.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'news' }));
  const received = async () => {
    const wait = new ReceiveMessageCommand({
      QueueUrl: relayed,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['AWSTraceHeader'],
    });
    return (await sqs.send(wait)).Messages?.[0];
  };
  await expect.poll(received, { timeout: 60_000 }).toMatchObject({
    Body: 'news relayed',
    // By it a loop through the upstream is found.
    Attributes: { AWSTraceHeader: expect.stringContaining(';Lineage=1:') },
  });
  iam.destroy();
  lambda.destroy();
}, 120_000);

test('an upstream that does not answer is told of in the words of each service', async () => {
  await using lost = await startFront({ endpoint: 'http://127.0.0.1:1' });
  const buckets = new S3Client({ ...optionsOf(lost), forcePathStyle: true });
  const queues = new SQSClient(optionsOf(lost));
  const unavailable = (service: string) => ({
    name: 'ServiceUnavailable',
    message: `Hearth forwards ${service} to http://127.0.0.1:1, which does not answer: ECONNREFUSED.`,
    $metadata: { httpStatusCode: 503 },
  });
  await expect(put(buckets, 'a', 'b')).rejects.toMatchObject(unavailable('s3'));
  await expect(queues.send(new ListQueuesCommand({}))).rejects.toMatchObject(unavailable('sqs'));
  buckets.destroy();
  queues.destroy();
});
