/** SQS by real clients: the SDK for JavaScript, boto3 of today and the older one of Debian. */
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let server: TestServer;
const common = () => ({
  ...clientSettings(server.endpoint, 'eu-west-1'),
  maxAttempts: 1,
});

beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
});
afterAll(async () => server?.[Symbol.asyncDispose]());

const journey = {
  url: true,
  urls: true,
  tags: { team: 'a' },
  body: '<one> & é\n',
  attributes: { text: 'a', bytes: '00ff', number: '7' },
  receives: '1',
  empty: [],
  batch: [['a'], ['b']],
  counts: { ApproximateNumberOfMessages: '1' },
  order: ['1', '2', '3'],
  left: [],
};
const refusals = (missing: string): unknown[] => [
  ['AWS.SimpleQueueService.NonExistentQueue', missing, 400],
  [
    'InvalidParameterValue',
    'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    400,
  ],
  ['InvalidAttributeName', 'Unknown Attribute FifoQueue.', 400],
  ['MissingParameter', 'The request must contain the parameter MessageBody.', 400],
  [
    'AWS.SimpleQueueService.PurgeQueueInProgress',
    'Only one PurgeQueue operation on py is allowed every 60 seconds.',
    403,
  ],
];

describe('a journey through SQS', () => {
  const run = async (python: string): Promise<unknown> => {
    const script = `${import.meta.dirname}/sqs-journey.py`;
    const { status, stdout, stderr } = await runCommand([python, script, server.endpoint]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return JSON.parse(stdout);
  };

  test("by Debian's boto3, which speaks the query protocol", async () => {
    expect(await run('/usr/bin/python3')).toEqual({
      ...journey,
      botocore: expect.stringMatching(/^1\.2/),
      protocol: 'query',
      refusals: refusals('The specified queue does not exist for this wsdl version.'),
    });
  });
});

test('the SDK for JavaScript sends, waits, receives and deletes', async () => {
  const sqs = new SQSClient(common());
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'js' }));
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  const [message] = (await waiting).Messages ?? [];
  expect(message?.Body).toBe('hello');
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  const gone = sqs.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'a' }));
  await expect(gone).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    message: 'The specified queue does not exist.',
    $metadata: { httpStatusCode: 400 },
  });
  sqs.destroy();
});

test('a queue policy lets a role send that has no policy of its own, and nothing else', async () => {
  const admin = new SQSClient(common());
  const { QueueUrl } = await admin.send(new CreateQueueCommand({ QueueName: 'shared' }));
  const iam = new IAMClient(common());
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::000000000000:root' },
        Action: 'sts:AssumeRole',
      },
    ],
  };
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'sender',
      AssumeRolePolicyDocument: JSON.stringify(trust),
    }),
  );
  const { Credentials } = await new STSClient(common()).send(
    new AssumeRoleCommand({
      RoleArn: 'arn:aws:iam::000000000000:role/sender',
      RoleSessionName: 'sender',
    }),
  );
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  const sqs = new SQSClient({ ...common(), credentials });
  const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
  await expect(send()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('is not authorized to perform: sqs:SendMessage'),
    $metadata: { httpStatusCode: 403 },
  });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::000000000000:role/sender' },
        Action: 'sqs:SendMessage',
        Resource: 'arn:aws:sqs:eu-west-1:000000000000:shared',
      },
    ],
  });
  await admin.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  expect((await send()).MessageId).toMatch(/^[0-9a-f-]{36}$/);
  await expect(sqs.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'sender',
      PolicyName: 'receive',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: '*' }],
      }),
    }),
  );
  expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1);
});

test('what changes in a bucket is told to the queue that lets S3 in', async () => {
  const sqs = new SQSClient(common());
  const s3 = new S3Client({ ...common(), forcePathStyle: true });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'changes' }));
  const QueueArn = 'arn:aws:sqs:eu-west-1:000000000000:changes';
  await s3.send(new CreateBucketCommand({ Bucket: 'told' }));
  const tell = () =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'told',
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
  await expect(tell()).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: QueueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::told' } },
      },
    ],
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await tell();
  await s3.send(new PutObjectCommand({ Bucket: 'told', Key: 'a/b', Body: 'new' }));
  const bodies: string[] = [];
  while (bodies.length < 2) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }),
    );
    expect(Messages).not.toEqual([]);
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
  const records = bodies.map((body) => JSON.parse(body) as { Event?: string; Records?: unknown[] });
  expect(records).toContainEqual(expect.objectContaining({ Event: 's3:TestEvent' }));
  expect(records.find((each) => each.Records !== undefined)?.Records).toMatchObject([
    { eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'told' }, object: { key: 'a/b' } } },
  ]);
});
