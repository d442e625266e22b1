/** Asynchronous invocation by the SDK for JavaScript, outside a function and inside one. */
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  type DestinationConfig,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const source = `import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
const lambda = new LambdaClient({ maxAttempts: 1 });
export const handler = async (event, context) => {
  if (event.fail) throw new Error('as asked');
  if (!event.again) return { ran: context.awsRequestId };
  try {
    await lambda.send(new InvokeCommand({
      FunctionName: context.functionName,
      InvocationType: 'Event',
      Payload: JSON.stringify({ again: true, depth: event.depth + 1 }),
    }));
    return { depth: event.depth };
  } catch (error) {
    return { depth: event.depth, stopped: error.name };
  }
};`;

let server: TestServer;
let lambda: LambdaClient;
let sqs: SQSClient;
let iam: IAMClient;
let s3: S3Client;
let roleName: string;
let Role: string;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process', '--async-retry', '0'] });
  const options = {
    ...clientSettings(server.endpoint, 'eu-west-1'),
    maxAttempts: 1,
  };
  lambda = new LambdaClient(options);
  sqs = new SQSClient(options);
  iam = new IAMClient(options);
  s3 = new S3Client({ ...options, forcePathStyle: true });
  roleName = 'async';
  Role = await createFunctionRole(iam, roleName);
  await allow(['sqs:SendMessage', 'lambda:InvokeFunction']);
  await create('async');
});
afterAll(async () => {
  for (const client of [lambda, sqs, iam, s3]) client?.destroy();
  await server?.[Symbol.asyncDispose]();
});

/** Resolves with its ARN when it can be invoked. */
async function create(FunctionName: string): Promise<string> {
  const ZipFile = await zipOf({ 'index.mjs': source });
  return await createFunction(lambda, FunctionName, { Role, Timeout: 30, Code: { ZipFile } });
}

async function setDestinations(
  FunctionName: string,
  DestinationConfig: DestinationConfig,
): Promise<void> {
  await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig }));
}

async function allow(actions: readonly string[]): Promise<void> {
  const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: roleName,
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
}

async function makeQueue(name: string): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return { url, arn: `arn:aws:sqs:eu-west-1:000000000000:${name}` };
}

interface Told {
  readonly requestContext: { readonly requestId: string; readonly condition: string };
  readonly responsePayload: Record<string, unknown>;
}

async function receive(url: string): Promise<{ body: string; attributes: unknown }[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      WaitTimeSeconds: 20,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages.map(({ Body: body = '', MessageAttributes: attributes }) => ({
    body,
    attributes,
  }));
}

const invoke = async (event: object): Promise<string> => {
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName: 'async',
      InvocationType: 'Event',
      Payload: JSON.stringify(event),
    }),
  );
  expect(answer.StatusCode).toBe(202);
  return answer.$metadata.requestId ?? '';
};

test('a function in a loop is stopped after sixteen rounds; each end reaches the queue', async () => {
  const { url, arn } = await makeQueue('ends');
  await setDestinations('async', { OnSuccess: { Destination: arn } });
  const requestId = await invoke({ again: true, depth: 0 });
  const told: Told[] = [];
  while (!told.some(({ responsePayload }) => 'stopped' in responsePayload)) {
    const messages = await receive(url);
    expect(messages).not.toEqual([]);
    told.push(...messages.map(({ body }) => JSON.parse(body) as Told));
  }
  const first = told.find(({ responsePayload }) => responsePayload['depth'] === 0);
  expect(first?.requestContext).toMatchObject({ requestId, condition: 'Success' });
  const last = told.find(({ responsePayload }) => 'stopped' in responsePayload);
  expect(last?.responsePayload).toEqual({ depth: 15, stopped: 'RecursiveInvocationException' });
});

test('what fails goes to the dead-letter queue after two retries', async () => {
  const { url, arn } = await makeQueue('dead');
  await lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'async',
      DeadLetterConfig: { TargetArn: arn },
    }),
  );
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: 'async' });
  const requestId = await invoke({ fail: true });
  expect(await receive(url)).toEqual([
    {
      body: '{"fail":true}',
      attributes: {
        RequestID: { DataType: 'String', StringValue: requestId },
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: { DataType: 'String', StringValue: 'as asked' },
      },
    },
  ]);
});

test('a success is told to another function, a failure to a bucket', async () => {
  const { url, arn } = await makeQueue('told');
  await s3.send(new CreateBucketCommand({ Bucket: 'failures' }));
  await allow(['sqs:SendMessage', 'lambda:InvokeFunction', 's3:PutObject', 's3:ListBucket']);
  // The other function tells in its turn what it was told, so that it can be read here.
  const teller = await create('teller');
  await setDestinations('teller', { OnSuccess: { Destination: arn } });
  await setDestinations('async', {
    OnSuccess: { Destination: teller },
    OnFailure: { Destination: 'arn:aws:s3:::failures' },
  });
  const succeeded = await invoke({ fine: true });
  const [told] = await receive(url);
  expect(JSON.parse(told?.body ?? '{}')).toMatchObject({
    requestPayload: {
      version: '1.0',
      requestContext: { requestId: succeeded, condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: { fine: true },
      responsePayload: { ran: succeeded },
    },
  });
  const failed = await invoke({ fail: true });
  const list = async (): Promise<readonly string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'failures' }));
    return Contents.map(({ Key = '' }) => Key);
  };
  await expect
    .poll(list, { timeout: 30_000 })
    .toEqual([
      expect.stringMatching(
        /^aws\/lambda\/async\/async\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
      ),
    ]);
  const [Key] = await list();
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'failures', Key }));
  expect(JSON.parse((await Body?.transformToString()) ?? '{}')).toMatchObject({
    requestContext: {
      requestId: failed,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload: { fail: true },
    responsePayload: { errorMessage: 'as asked' },
  });
  await setDestinations('async', { OnSuccess: { Destination: arn } });
});

test('a destination that the role may not use is told nothing, and the failure is counted', async () => {
  await allow(['lambda:InvokeFunction']);
  await invoke({});
  await expect
    .poll(
      async () => {
        const health = await fetch(`${server.endpoint}/_hearth/health`);
        return ((await health.json()) as { asynchronousInvocations: object })
          .asynchronousInvocations;
      },
      { timeout: 60_000 },
    )
    .toMatchObject({ destinationDeliveryFailures: 1 });
});
