/** Events on buses, by the SDK for JavaScript: who may put them, whom rules tell of them, and what a kill leaves. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AddPermissionCommand, PutFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import {
  account,
  MessagingClients,
  region,
  toldArn,
} from '../../packages/testkit/src/told-queue.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const args = ['--isolation', 'process', '--log-level', 'error'];
const busArn = (name: string): string => `arn:aws:events:${region}:${account}:event-bus/${name}`;

async function rule(
  { events }: MessagingClients,
  Name: string,
  pattern: object,
  { EventBusName, target = toldArn }: { EventBusName?: string; target?: string } = {},
): Promise<string> {
  const EventPattern = JSON.stringify(pattern);
  const put = new PutRuleCommand({ Name, EventPattern, EventBusName });
  const { RuleArn = '' } = await events.send(put);
  const Targets = [{ Id: 'it', Arn: target }];
  await events.send(new PutTargetsCommand({ Rule: Name, EventBusName, Targets }));
  return RuleArn;
}

interface Told {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

async function told(clients: MessagingClients): Promise<Told> {
  return JSON.parse(await clients.told()) as Told;
}

test('a rule of a bus invokes a function, whose result is an event again, with the rights of its role', async () => {
  await using server = await startServer({ args });
  using clients = new MessagingClients(server);
  await clients.createToldQueue('events.amazonaws.com');
  const { events, lambda } = clients;
  await events.send(new CreateEventBusCommand({ Name: 'orders' }));
  const FunctionName = 'placed';
  const Role = await clients.createRole(FunctionName, 'events:PutEvents', busArn('default'));
  const source = `export const handler = async ({ detail }) => ({ total: detail.total * 2 });`;
  await createFunction(lambda, FunctionName, {
    Role,
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
  });
  const target = `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
  const order = { source: ['shop'], detail: { total: [{ numeric: ['>', 10] }] } };
  const SourceArn = await rule(clients, 'large', order, { EventBusName: 'orders', target });
  await lambda.send(
    new AddPermissionCommand({
      ...{ FunctionName, StatementId: 'rule', Action: 'lambda:InvokeFunction', SourceArn },
      Principal: 'events.amazonaws.com',
    }),
  );
  await rule(clients, 'results', { source: ['lambda'] });
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      DestinationConfig: { OnSuccess: { Destination: busArn('default') } },
    }),
  );
  const entry = { Source: 'shop', DetailType: 'Order placed', EventBusName: 'orders' };
  const { FailedEntryCount } = await events.send(
    new PutEventsCommand({
      Entries: [5, 21].map((total) => ({ ...entry, Detail: JSON.stringify({ total }) })),
    }),
  );
  expect(FailedEntryCount).toBe(0);
  expect(await told(clients)).toMatchObject({
    source: 'lambda',
    'detail-type': 'Lambda Function Invocation Result - Success',
    detail: {
      requestPayload: { source: 'shop', detail: { total: 21 } },
      responsePayload: { total: 42 },
    },
  });
});

test('who may not put events on a bus puts none, until its identity or the policy of the bus says so', async () => {
  await using server = await startServer({ args });
  using clients = new MessagingClients(server);
  await clients.createToldQueue('events.amazonaws.com');
  const { events, iam } = clients;
  await events.send(new CreateEventBusCommand({ Name: 'orders' }));
  await rule(clients, 'all', { source: ['shop'] }, { EventBusName: 'orders' });
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const ann = new EventBridgeClient({
    ...clientSettings(server.endpoint, region),
    maxAttempts: 1,
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
  });
  const entry = { Source: 'shop', DetailType: 'n', Detail: '{}', EventBusName: 'orders' };
  const put = (Source: string): Promise<unknown> =>
    ann.send(new PutEventsCommand({ Entries: [{ ...entry, Source }] }));
  await expect(put('shop')).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(`perform: events:PutEvents on resource: ${busArn('orders')}`),
  });
  const allowed = { 'events:source': 'shop' };
  const Statement = [
    {
      ...{ Effect: 'Allow', Action: 'events:PutEvents', Resource: busArn('orders') },
      Condition: { StringEquals: allowed },
    },
  ];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'may', PolicyDocument }));
  await expect(put('stock')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await put('shop');
  expect(await told(clients)).toMatchObject({ source: 'shop' });
  ann.destroy();
});

test('what S3 tells the default bus reaches the queue of the rule that matches', async () => {
  await using server = await startServer({ args });
  using clients = new MessagingClients(server);
  await clients.createToldQueue('events.amazonaws.com');
  const { s3 } = clients;
  const Bucket = 'photos';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
  );
  const suffix = { object: { key: [{ suffix: '.jpg' }] } };
  await rule(clients, 'photos', {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: suffix,
  });
  for (const Key of ['a.txt', 'a.jpg']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  }
  expect(await told(clients)).toMatchObject({
    source: 'aws.s3',
    detail: { bucket: { name: Bucket }, object: { key: 'a.jpg', size: 1 }, reason: 'PutObject' },
  });
});

test('an event that was acknowledged before kill -9 is delivered', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-event-buses-'));
  try {
    const first = await startServer({ args, dataFolder });
    {
      using clients = new MessagingClients(first);
      await clients.createToldQueue('events.amazonaws.com');
      await rule(clients, 'all', { source: ['shop'] });
      const numbers = Array.from({ length: 10 }, (_, number) => number);
      const Entries = numbers.map((number) => ({
        ...{ Source: 'shop', DetailType: 'n', Detail: JSON.stringify({ number }) },
      }));
      await clients.events.send(new PutEventsCommand({ Entries }));
      await first.kill();
    }
    await using second = await startServer({ args, dataFolder });
    using clients = new MessagingClients(second);
    const seen = new Set<unknown>();
    while (seen.size < 10) seen.add((await told(clients)).detail['number']);
    expect([...seen].map(Number).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});
