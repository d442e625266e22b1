/**
 * Buckets and queues of one account, used from another, by the SDK for JavaScript: the policy of
 * the resource and the policy of the caller must both allow it.
 */
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  AddPermissionCommand,
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import {
  repository,
  startServer,
  type TestServer,
} from '../../packages/testkit/src/start-server.ts';

const OWNER = '000000000000';
const OTHER = '222233334444';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let server: TestServer;
/** The administrator of the other account. */
let administrator: Keys;
/** Of the other account, without any policy. */
let ann: Keys;

const owner: Keys = { accessKeyId: 'test', secretAccessKey: 'test' };
const as = (credentials: Keys) => ({
  endpoint: server.endpoint,
  region: 'eu-west-1',
  credentials,
  maxAttempts: 1,
});
const s3As = (credentials: Keys): S3Client =>
  new S3Client({ ...as(credentials), forcePathStyle: true });

beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  const hearth = `${repository}/packages/cli/src/main.ts`;
  const { stdout, stderr } = await runCommand(
    [process.execPath, hearth, 'account', 'create', OTHER, '--json'],
    {
      env: {
        PATH: process.env['PATH'],
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_ACCESS_KEY_ID: owner.accessKeyId,
        AWS_SECRET_ACCESS_KEY: owner.secretAccessKey,
      },
    },
  );
  expect(stderr).toBe('');
  administrator = JSON.parse(stdout) as Keys;
  const iam = new IAMClient(as(administrator));
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  ann = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  iam.destroy();
});
afterAll(async () => server?.[Symbol.asyncDispose]());

const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

describe('a bucket of another account', () => {
  const Bucket = 'of-the-owner';
  let own: S3Client;
  let other: S3Client;
  let nobody: S3Client;

  beforeAll(async () => {
    own = s3As(owner);
    other = s3As(administrator);
    nobody = s3As(ann);
    await own.send(new CreateBucketCommand({ Bucket }));
    await own.send(new PutObjectCommand({ Bucket, Key: 'in/page', Body: 'one' }));
  });
  afterAll(() => {
    for (const client of [own, other, nobody]) client.destroy();
  });

  test('is closed to everybody there, and its name is taken', async () => {
    const page = { Bucket, Key: 'in/page' };
    await expect(other.send(new GetObjectCommand(page))).rejects.toMatchObject(denied);
    await expect(other.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
    await expect(other.send(new PutObjectCommand({ ...page, Body: 'x' }))).rejects.toMatchObject(
      denied,
    );
    await expect(other.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketAlreadyExists',
      $metadata: { httpStatusCode: 409 },
    });
  });

  test('opens by its policy to those whose own policy allows it too', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: [`arn:aws:iam::${OTHER}:root`, `arn:aws:iam::${OTHER}:user/ann`] },
          Action: ['s3:GetObject', 's3:PutObject'],
          Resource: `arn:aws:s3:::${Bucket}/in/*`,
        },
      ],
    });
    await own.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const page = { Bucket, Key: 'in/page' };
    const got = await other.send(new GetObjectCommand(page));
    expect(await got.Body?.transformToString()).toBe('one');
    await expect(nobody.send(new GetObjectCommand(page))).rejects.toMatchObject(denied);
    await expect(
      other.send(new PutObjectCommand({ Bucket, Key: 'out', Body: 'x' })),
    ).rejects.toMatchObject(denied);
    await expect(other.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
    // What somebody else put there belongs to the bucket's owner.
    await other.send(new PutObjectCommand({ Bucket, Key: 'in/theirs', Body: 'two' }));
    const theirs = await own.send(new GetObjectCommand({ Bucket, Key: 'in/theirs' }));
    expect(await theirs.Body?.transformToString()).toBe('two');
  });

  test('is refused to a request that expects another owner', async () => {
    const page = { Bucket, Key: 'in/page' };
    const head = (ExpectedBucketOwner: string) =>
      own.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner }));
    expect((await head(OWNER)).$metadata.httpStatusCode).toBe(200);
    await expect(head(OTHER)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    const wrong = { ExpectedBucketOwner: OTHER };
    await expect(own.send(new GetObjectCommand({ ...page, ...wrong }))).rejects.toMatchObject(
      denied,
    );
    await expect(
      own.send(new PutObjectCommand({ ...page, ...wrong, Body: 'x' })),
    ).rejects.toMatchObject(denied);
    const copy = (ExpectedSourceBucketOwner: string) =>
      own.send(
        new CopyObjectCommand({
          Bucket,
          Key: 'copy',
          CopySource: `${Bucket}/in/page`,
          ExpectedBucketOwner: OWNER,
          ExpectedSourceBucketOwner,
        }),
      );
    await expect(copy(OTHER)).rejects.toMatchObject(denied);
    expect((await copy(OWNER)).CopyObjectResult?.ETag).toMatch(/^"[0-9a-f]{32}"$/);
  });
});

test('a queue of another account opens by its policy to those whose own policy allows it too', async () => {
  const [own, other, nobody] = [owner, administrator, ann].map(
    (keys) => new SQSClient(as(keys)),
  ) as [SQSClient, SQSClient, SQSClient];
  const { QueueUrl } = await own.send(new CreateQueueCommand({ QueueName: 'of-the-owner' }));
  const send = (client: SQSClient) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  const refusal = { $metadata: { httpStatusCode: 403 } };
  await expect(send(other)).rejects.toMatchObject(refusal);
  await own.send(
    new AddPermissionCommand({
      QueueUrl,
      Label: 'others',
      AWSAccountIds: [OTHER],
      Actions: ['SendMessage', 'GetQueueUrl'],
    }),
  );
  expect((await send(other)).MessageId).toMatch(/^[0-9a-f-]{36}$/);
  const byName = { QueueName: 'of-the-owner', QueueOwnerAWSAccountId: OWNER };
  expect((await other.send(new GetQueueUrlCommand(byName))).QueueUrl).toBe(QueueUrl);
  await expect(send(nobody)).rejects.toMatchObject(refusal);
  await expect(other.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toMatchObject(refusal);
  const { Messages } = await own.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['hello']);
  await own.send(new RemovePermissionCommand({ QueueUrl, Label: 'others' }));
  await expect(send(other)).rejects.toMatchObject(refusal);
  for (const client of [own, other, nobody]) client.destroy();
});
