/** Objects that are put call functions, which write others with the rights of their role: once, or in a loop. */
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  LambdaClient,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const tells = `import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async ({ Records: [{ eventName, s3: { bucket, object } }] }) => {
  const Body = eventName + ' ' + decodeURIComponent(object.key.replaceAll('+', ' ')) + ' ' + object.size;
  await s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'out/told', Body }));
};`;
/** Puts the next one beside the object that it is told of; a queue has the event in its message. */
const loops = `import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async ({ Records: [record] }) => {
  const events = record.body ? JSON.parse(record.body).Records : [record];
  // The first message of a queue is S3's test.
  for (const { s3: { bucket, object } } of events ?? []) {
    const Key = String(Number(object.key) + 1);
    await s3.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: 'x' }));
  }
};`;

const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

let server: TestServer;
let s3: S3Client;
let sqs: SQSClient;
let lambda: LambdaClient;
let iam: IAMClient;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  const options = {
    ...clientSettings(server.endpoint),
    maxAttempts: 1,
  };
  s3 = new S3Client({ ...options, forcePathStyle: true });
  sqs = new SQSClient(options);
  lambda = new LambdaClient(options);
  iam = new IAMClient(options);
});
afterAll(async () => {
  for (const client of [s3, sqs, lambda, iam]) client?.destroy();
  await server?.[Symbol.asyncDispose]();
});

/** With a bucket of its name, in which it may do what the actions say. Resolves with its ARN. */
async function createWriter(
  name: string,
  source: string,
  actions: object[],
  more: Pick<CreateFunctionCommandInput, 'DeadLetterConfig'> = {},
): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  const Role = await createFunctionRole(iam, name);
  const Statement = actions.map((each) => ({ Effect: 'Allow', ...each }));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'may', PolicyDocument }));
  const ZipFile = await zipOf({ 'index.mjs': source });
  return await createFunction(lambda, name, { Role, Timeout: 60, Code: { ZipFile }, ...more });
}

async function letS3Call(name: string): Promise<void> {
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: name,
      StatementId: 's3',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceArn: `arn:aws:s3:::${name}`,
      SourceAccount: '000000000000',
    }),
  );
}

const notify = (Bucket: string, NotificationConfiguration: NotificationConfiguration) =>
  s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
const put = (Bucket: string, Key: string, Body = 'x') =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));

test('a notification calls a function that the policy lets S3 call, and no other', async () => {
  const Bucket = 'telling';
  const out = { Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/out/*` };
  const LambdaFunctionArn = await createWriter(Bucket, tells, [out]);
  const Filter = { Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' } as const] } };
  const configure = () =>
    notify(Bucket, {
      LambdaFunctionConfigurations: [{ LambdaFunctionArn, Events: ['s3:ObjectCreated:*'], Filter }],
    });
  await expect(configure()).rejects.toMatchObject({
    name: 'InvalidArgument',
    message: 'Unable to validate the following destination configurations',
  });
  await letS3Call(Bucket);
  await configure();
  await put(Bucket, 'in/a b.txt', 'seven!!');
  const told = async (): Promise<string | undefined> => {
    const answer = await s3
      .send(new GetObjectCommand({ Bucket, Key: 'out/told' }))
      .catch(() => undefined);
    return await answer?.Body?.transformToString();
  };
  await expect
    .poll(told, { timeout: 60_000, interval: 200 })
    .toBe('ObjectCreated:Put in/a b.txt 7');
});

describe('a loop is stopped after sixteen rounds', () => {
  const keysOf = async (Bucket: string): Promise<readonly number[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key }) => Number(Key)).toSorted((a, b) => a - b);
  };
  const upTo = (last: number) => Array.from({ length: last + 1 }, (_each, at) => at);

  test('through a bucket; the event that closed it is in the dead-letter queue', async () => {
    const name = 'circling';
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'circling-dead' }));
    const rights = [
      { Action: 's3:PutObject', Resource: '*' },
      { Action: 'sqs:SendMessage', Resource: '*' },
    ];
    const DeadLetterConfig = { TargetArn: queueArn('circling-dead') };
    const LambdaFunctionArn = await createWriter(name, loops, rights, { DeadLetterConfig });
    await letS3Call(name);
    const Events = ['s3:ObjectCreated:*' as const];
    await notify(name, { LambdaFunctionConfigurations: [{ LambdaFunctionArn, Events }] });
    await put(name, '0');
    const received = async (): Promise<string | undefined> => {
      const wait = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 });
      return (await sqs.send(wait)).Messages?.[0]?.Body;
    };
    await expect.poll(received, { timeout: 120_000 }).toContain('"key":"16"');
    expect(await keysOf(name)).toEqual(upTo(16));
  });

  test('through a bucket and a queue; the message that closed it is left to the queue', async () => {
    const name = 'circling-on';
    await createWriter(name, loops, [
      { Action: 's3:PutObject', Resource: '*' },
      { Action: 'sqs:*', Resource: '*' },
    ]);
    const mayS3 = {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queueArn(name),
    };
    await sqs.send(
      new CreateQueueCommand({
        QueueName: name,
        Attributes: {
          VisibilityTimeout: '60',
          Policy: JSON.stringify({ Version: '2012-10-17', Statement: [mayS3] }),
        },
      }),
    );
    const Events = ['s3:ObjectCreated:*' as const];
    await notify(name, { QueueConfigurations: [{ QueueArn: queueArn(name), Events }] });
    await put(name, '0');
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: name,
        EventSourceArn: queueArn(name),
        BatchSize: 1,
      }),
    );
    await expect
      .poll(() => server.output(), { timeout: 120_000 })
      .toContain('a message is in a loop');
    expect(await keysOf(name)).toEqual(upTo(16));
  });
});
