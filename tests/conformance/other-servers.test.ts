/**
 * S3, SQS and SNS of a server that is no Hearth (fauxqs), reached through one: clients in all their manners, a
 * queue as source, a topic as destination and for dead letters.
 */
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presignUrl } from '../../packages/server/src/wire/sigv4.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const Bucket = 'elsewhere';

let there: FauxqsServer;
let front: TestServer;
let s3: S3Client;
let sqs: SQSClient;
let sns: SNSClient;
let lambda: LambdaClient;
let iam: IAMClient;
beforeAll(async () => {
  there = await startFauxqs({ port: 0, logger: false, defaultRegion: region });
  const url = `http://127.0.0.1:${there.port}`;
  front = await startServer({
    args: ['--isolation', 'process', '--async-retry', '0'],
    env: {
      HEARTH_UPSTREAM_S3: url,
      HEARTH_UPSTREAM_SQS: url,
      HEARTH_UPSTREAM_SNS: url,
      HEARTH_UPSTREAM_ACCESS_KEY_ID: 'theirs',
      HEARTH_UPSTREAM_SECRET_ACCESS_KEY: 'theirs',
    },
  });
  const options = { endpoint: front.endpoint, region, credentials, maxAttempts: 1 };
  s3 = new S3Client({ ...options, forcePathStyle: true });
  [sqs, sns] = [new SQSClient(options), new SNSClient(options)];
  [lambda, iam] = [new LambdaClient(options), new IAMClient(options)];
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  for (const client of [s3, sqs, sns, lambda, iam]) client?.destroy();
  await front?.[Symbol.asyncDispose]();
  await there?.stop();
});

const put = (Key: string, Body: string | Readable, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const textOf = async (Key: string, more: object = {}): Promise<string> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await Body?.transformToString()) ?? '';
};
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
      `${error.$metadata?.httpStatusCode} ${error.name}`,
  );

describe('a bucket', () => {
  test('takes streams with checksums in their trailers, and uploads in parts', async () => {
    // Of a stream the SDK knows the checksum when it has been sent.
    await put('streamed', Readable.from([Buffer.from('hello '), Buffer.from('stream')]), {
      ContentLength: 12,
    });
    expect(await textOf('streamed')).toBe('hello stream');
    const Body = randomBytes(12 * 1_048_576);
    await new Upload({ client: s3, params: { Bucket, Key: 'large', Body } }).done();
    const { Body: back } = await s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    expect(Buffer.compare((await back?.transformToByteArray()) ?? Buffer.of(), Body)).toBe(0);
    const range = { Range: `bytes=${12 * 1_048_576 - 4}-` };
    const { Body: end } = await s3.send(new GetObjectCommand({ Bucket, Key: 'large', ...range }));
    expect(Buffer.from((await end?.transformToByteArray()) ?? [])).toEqual(Body.subarray(-4));
  });

  test('has conditions, metadata and errors as it answers them', async () => {
    const Key = 'a b/ü';
    await put(Key, 'hello world', { Metadata: { colour: 'blue' }, ContentType: 'text/x' });
    const { ETag, ...head } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head).toMatchObject({ Metadata: { colour: 'blue' }, ContentType: 'text/x' });
    expect(await textOf(Key, { IfMatch: ETag, Range: 'bytes=6-' })).toBe('world');
    expect(await refusal(textOf(Key, { IfNoneMatch: ETag }))).toMatch(/^304 /);
    expect(await refusal(textOf(Key, { IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
    expect(await refusal(textOf(Key, { Range: 'bytes=60-' }))).toBe('416 InvalidRange');
    expect(await refusal(textOf('none'))).toBe('404 NoSuchKey');
    const elsewhere = new GetObjectCommand({ Bucket: 'not-there', Key });
    expect(await refusal(s3.send(elsewhere))).toBe('404 NoSuchBucket');
  });

  test('is reached by its host name', async () => {
    const { port } = new URL(front.endpoint);
    const httpAgent = new Agent({
      lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const options = { endpoint: `http://s3.localhost:${port}`, region, credentials };
    const byHost = new S3Client({ ...options, requestHandler: { httpAgent } });
    await byHost.send(new PutObjectCommand({ Bucket, Key: 'by/host', Body: 'named' }));
    const { Body } = await byHost.send(new GetObjectCommand({ Bucket, Key: 'by/host' }));
    expect(await Body?.transformToString()).toBe('named');
    byHost.destroy();
  });

  test('gives and takes by presigned addresses and by forms', async () => {
    const signed = (method: string, key: string): string =>
      presignUrl(`${front.endpoint}/${Bucket}/${key}`, credentials, {
        method,
        region,
        service: 's3',
        nowMs: Date.now(),
        expiresSeconds: 60,
      });
    const sent = await fetch(signed('PUT', 'by/url'), { method: 'PUT', body: 'from a URL' });
    expect(sent.status).toBe(200);
    expect(await (await fetch(signed('GET', 'by/url'))).text()).toBe('from a URL');
    const wrong = signed('GET', 'by/url').replace(/Signature=./, 'Signature=x');
    expect((await fetch(wrong)).status).toBe(403);

    const script = `import boto3, json, sys
from botocore.config import Config
s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='${region}', aws_access_key_id='test',
    aws_secret_access_key='test', config=Config(signature_version='s3v4', s3={'addressing_style': 'path'}))
print(json.dumps(s3.generate_presigned_post('${Bucket}', 'by/form')))`;
    const { stdout } = await runCommand(['/usr/bin/python3', '-c', script, front.endpoint]);
    const { url, fields } = JSON.parse(stdout) as { url: string; fields: Record<string, string> };
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob(['from a form']), 'name.txt');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
    expect(await textOf('by/form')).toBe('from a form');
  });
});

async function makeFunction(
  name: string,
  source: string,
  actions: readonly string[],
  more: Pick<CreateFunctionCommandInput, 'DeadLetterConfig'> = {},
): Promise<void> {
  const Role = await createFunctionRole(iam, name, { mayLog: false });
  const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'may', PolicyDocument }));
  const Code = { ZipFile: await zipOf({ 'index.mjs': source }) };
  await createFunction(lambda, name, { Role, Timeout: 3, Code, ...more });
}
const queueArn = (name: string): string => `arn:aws:sqs:${region}:000000000000:${name}`;
async function makeQueue(name: string, Attributes = {}): Promise<string> {
  const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return made.QueueUrl ?? '';
}
async function receive(QueueUrl: string): Promise<string | undefined> {
  const wait = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 });
  return (await sqs.send(wait)).Messages?.[0]?.Body;
}

test('a queue is a source: in batches, with failures of their own that come again', async () => {
  // Fails for one message, once, and tells the bucket what it has seen in which company.
  const source = `import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async ({ Records }) => {
  const bodies = Records.map(({ body }) => body).sort();
  const isFirst = ({ attributes }) => attributes.ApproximateReceiveCount === '1';
  const failed = Records.filter((each) => each.body === 'bad' && isFirst(each));
  await s3.send(new PutObjectCommand({
    Bucket: '${Bucket}', Key: 'batches/' + (failed.length > 0 ? 'failed' : 'done'), Body: JSON.stringify(bodies),
  }));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;
  await makeFunction('takes', source, ['sqs:*', 's3:PutObject']);
  const QueueUrl = await makeQueue('work', { VisibilityTimeout: '3' });
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: ['a', 'b', 'bad', 'c'].map((MessageBody) => ({ Id: MessageBody, MessageBody })),
    }),
  );
  await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: 'takes',
      EventSourceArn: queueArn('work'),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 10,
    }),
  );
  const seen = (name: string) => () => textOf(`batches/${name}`).catch(() => 'none yet');
  await expect.poll(seen('failed'), { timeout: 60_000 }).toBe('["a","b","bad","c"]');
  await expect.poll(seen('done'), { timeout: 60_000 }).toBe('["bad"]');
  const left = () => {
    const { messages } = there.inspectQueue('work') ?? {};
    return [messages?.ready.length, messages?.inflight.length, messages?.delayed.length];
  };
  await expect.poll(left, { timeout: 60_000 }).toEqual([0, 0, 0]);
});

test('a topic is published to, is a destination, and takes dead letters', async () => {
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'ends' }));
  expect(TopicArn).toBe(`arn:aws:sns:${region}:000000000000:ends`);
  const subscribed = await makeQueue('subscribed');
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: queueArn('subscribed'),
      Attributes: { RawMessageDelivery: 'true' },
    }),
  );
  await sns.send(new PublishCommand({ TopicArn, Message: 'hello' }));
  expect(await receive(subscribed)).toBe('hello');
  const gone = sns.send(new PublishCommand({ TopicArn: `${TopicArn}x`, Message: 'hello' }));
  await expect(gone).rejects.toMatchObject({ name: 'NotFoundException' });

  const FunctionName = 'ends';
  const source = `export const handler = async ({ fail }) => { if (fail) throw new Error('as asked'); return 'done'; };`;
  const DeadLetterConfig = { TargetArn: TopicArn };
  await makeFunction(FunctionName, source, ['sns:Publish'], { DeadLetterConfig });
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      DestinationConfig: { OnSuccess: { Destination: TopicArn } },
    }),
  );
  const invoke = async (event: object): Promise<void> => {
    const Payload = JSON.stringify(event);
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
  };
  await invoke({});
  const told = async () => JSON.parse((await receive(subscribed)) ?? '{}') as object;
  await expect.poll(told, { timeout: 60_000 }).toMatchObject({
    requestContext: { condition: 'Success' },
    responsePayload: 'done',
  });
  await invoke({ fail: true });
  await expect.poll(told, { timeout: 60_000 }).toEqual({ fail: true });
});
