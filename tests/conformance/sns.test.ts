/** Topics by real clients: the SDK for JavaScript and Debian's boto3. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AddPermissionCommand, PutFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateTopicCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import {
  account,
  MessagingClients,
  region,
  toldArn,
} from '../../packages/testkit/src/told-queue.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const args = ['--isolation', 'process', '--log-level', 'error'];
const topicArn = `arn:aws:sns:${region}:${account}:orders`;

/** A topic, and a queue that has subscribed to it and lets it in. */
async function subscribeQueue(clients: MessagingClients, Attributes: object = {}): Promise<void> {
  await clients.sns.send(new CreateTopicCommand({ Name: 'orders' }));
  await clients.createToldQueue('sns.amazonaws.com', { ArnEquals: { 'aws:SourceArn': topicArn } });
  await clients.sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: toldArn,
      Attributes: { ...Attributes },
    }),
  );
}

test('a topic invokes a function that lets it in, whose failures it is told of in turn', async () => {
  await using server = await startServer({ args });
  using clients = new MessagingClients(server);
  await subscribeQueue(clients, { FilterPolicy: '{"ErrorCode":[{"exists":true}]}' });
  const { sns, lambda } = clients;
  const FunctionName = 'pay';
  const Role = await clients.createRole(FunctionName, 'sns:Publish', topicArn);
  const source = `export const handler = async ({ Records: [{ Sns }] }) => {
  throw new Error(Sns.Subject + ': ' + Sns.Message);
};`;
  await createFunction(lambda, FunctionName, {
    Role,
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
    DeadLetterConfig: { TargetArn: topicArn },
  });
  const MaximumRetryAttempts = 0;
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts }),
  );
  const Endpoint = `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
  const FilterPolicy = '{"kind":["order"]}';
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'lambda',
      Endpoint,
      Attributes: { FilterPolicy },
    }),
  );
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'topic',
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: topicArn,
    }),
  );
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'order' } };
  const published = { TopicArn: topicArn, Subject: 'Order', Message: 'no. 7', MessageAttributes };
  await sns.send(new PublishCommand(published));
  const letter = JSON.parse(await clients.told()) as {
    readonly Message: string;
    readonly MessageAttributes: Readonly<Record<string, unknown>>;
  };
  expect(JSON.parse(letter.Message)).toMatchObject({
    Records: [{ EventSource: 'aws:sns', Sns: { Subject: 'Order', Message: 'no. 7' } }],
  });
  expect(letter.MessageAttributes).toMatchObject({
    ErrorMessage: { Type: 'String', Value: 'Order: no. 7' },
    ErrorCode: { Type: 'Number', Value: '200' },
  });
});

test('a bucket tells a topic that lets S3 in, and what was acknowledged before kill -9 is delivered', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-sns-'));
  try {
    const first = await startServer({ args, dataFolder });
    {
      using clients = new MessagingClients(first);
      const { sns, s3 } = clients;
      await subscribeQueue(clients, { RawMessageDelivery: 'true' });
      const Bucket = 'photos';
      await s3.send(new CreateBucketCommand({ Bucket }));
      const configure = (): Promise<unknown> =>
        s3.send(
          new PutBucketNotificationConfigurationCommand({
            Bucket,
            NotificationConfiguration: {
              TopicConfigurations: [{ TopicArn: topicArn, Events: ['s3:ObjectCreated:*'] }],
            },
          }),
        );
      await expect(configure()).rejects.toMatchObject({ name: 'InvalidArgument' });
      const statement = {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::photos' } },
      };
      const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      const policy = { TopicArn: topicArn, AttributeName: 'Policy', AttributeValue };
      await sns.send(new SetTopicAttributesCommand(policy));
      await configure();
      expect(JSON.parse(await clients.told())).toMatchObject({ Event: 's3:TestEvent' });
      await s3.send(new PutObjectCommand({ Bucket, Key: 'a.jpg', Body: 'x' }));
      expect(JSON.parse(await clients.told())).toMatchObject({
        Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: 'a.jpg' } } }],
      });
      for (let number = 0; number < 5; number += 1) {
        await sns.send(new PublishCommand({ TopicArn: topicArn, Message: String(number) }));
      }
      await first.kill();
    }
    await using second = await startServer({ args, dataFolder });
    using clients = new MessagingClients(second);
    const seen = new Set<string>();
    while (seen.size < 5) seen.add(await clients.told());
    expect([...seen].toSorted()).toEqual(['0', '1', '2', '3', '4']);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});

test('a function that answers its topic by publishing to it is stopped after sixteen rounds', async () => {
  await using server = await startServer({ args });
  using clients = new MessagingClients(server);
  await subscribeQueue(clients, { RawMessageDelivery: 'true' });
  const { sns, lambda } = clients;
  const FunctionName = 'circling';
  const Role = await clients.createRole(FunctionName, ['sns:Publish', 'sqs:SendMessage'], '*');
  const source = `import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
const sns = new SNSClient();
export const handler = async ({ Records: [{ Sns: { TopicArn, Message } }] }) => {
  await sns.send(new PublishCommand({ TopicArn, Message: String(Number(Message) + 1) }));
};`;
  const Code = { ZipFile: await zipOf({ 'index.mjs': source }) };
  const DeadLetterConfig = { TargetArn: toldArn };
  await createFunction(lambda, FunctionName, { Role, Timeout: 60, Code, DeadLetterConfig });
  const Endpoint = `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
  const subscription = { TopicArn: topicArn, Protocol: 'lambda', Endpoint };
  await sns.send(new SubscribeCommand(subscription));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'topic',
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: topicArn,
    }),
  );
  await sns.send(new PublishCommand({ TopicArn: topicArn, Message: '0' }));
  // The event that closed it is a dead letter in the same queue.
  const seen: string[] = [];
  while (!seen.some((each) => each.startsWith('{'))) seen.push(await clients.told());
  const numbers = seen.filter((each) => !each.startsWith('{')).map(Number);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 17 }, (_, number) => number),
  );
});

test("Debian's boto3 makes, shows, shares and deletes topics and subscriptions", async () => {
  await using server = await startServer({ args });
  const script = path.join(import.meta.dirname, 'sns-journey.py');
  const command = ['/usr/bin/python3', script, server.endpoint];
  const { status, stdout, stderr } = await runCommand(command);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const arn = `arn:aws:sns:ap-south-1:${account}:py`;
  expect(JSON.parse(stdout)).toEqual({
    arn,
    topics: [arn],
    name: 'Python',
    tags: [{ Key: 'team', Value: 'blue' }],
    protocol: 'sqs',
    filter: '{"kind": ["large"]}',
    batch: [['a', 'b'], []],
    shared: ['__default_statement_ID', 'shop'],
    refusals: [
      ['NotFound', 'Topic does not exist', 404],
      ['InvalidParameter', 'Invalid parameter: Empty message', 400],
      [
        'InvalidParameter',
        'Invalid parameter: Hearth does not implement the protocol email of subscriptions yet.',
        400,
      ],
      [
        'NotImplementedException',
        'Hearth does not implement sns:ListPhoneNumbersOptedOut yet.',
        501,
      ],
    ],
    left: [[], []],
  });
});
