/** SQS queues as sources of functions, by real clients. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const tells = `import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
const sqs = new SQSClient({});
export const handler = async (event) => {
  await sqs.send(new SendMessageCommand({
    QueueUrl: process.env.AWS_ENDPOINT_URL + '/000000000000/out',
    MessageBody: JSON.stringify(event),
  }));
};`;
/** Sends to its own queue what it was invoked with, and one more. */
const loops = `import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
const sqs = new SQSClient({});
export const handler = async ({ Records: [{ body }] }) => {
  await sqs.send(new SendMessageCommand({
    QueueUrl: process.env.AWS_ENDPOINT_URL + '/000000000000/loop',
    MessageBody: String(Number(body) + 1),
  }));
};`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
});
afterAll(async () => server?.[Symbol.asyncDispose]());

const invalid = (message: string): unknown[] => ['InvalidParameterValueException', message, 400];

describe('a queue as a source', () => {
  test("by Debian's boto3, from its creation to its end", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hearth-esm-'));
    const zip = path.join(folder, 'code.zip');
    await writeFile(zip, await zipOf({ 'index.mjs': tells }));
    const script = `${import.meta.dirname}/event-source-journey.py`;
    const { status, stdout, stderr } = await runCommand([
      '/usr/bin/python3',
      script,
      server.endpoint,
      zip,
    ]);
    await rm(folder, { recursive: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const arn = 'arn:aws:sqs:eu-west-1:000000000000:in';
    expect(JSON.parse(stdout)).toEqual({
      rights: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) =>
        invalid(`The provided execution role does not have permissions to call ${action} on SQS`),
      ),
      refusals: [
        invalid('Unrecognized event source.'),
        invalid('Function does not exist'),
        invalid(
          'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
        ),
        invalid('Queue visibility timeout: 19 seconds is less than Function timeout: 20 seconds'),
        invalid('StartingPosition is not valid for SQS event sources.'),
        invalid(
          'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
        ),
        invalid('Invalid filter pattern definition.'),
        invalid('Unsupported ParallelizationFactor parameter for given event source mapping type.'),
        invalid('Batching window is not supported for FIFO queues'),
        [
          'ValidationException',
          "1 validation error detected: Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000",
          400,
        ],
        ['ResourceNotFoundException', 'The resource you requested does not exist.', 404],
      ],
      created: [
        202,
        {
          BatchSize: 10,
          MaximumBatchingWindowInSeconds: 0,
          EventSourceArn: arn,
          FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["wanted"]}}' }] },
          FunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:esm',
          State: 'Creating',
          StateTransitionReason: 'USER_INITIATED',
          FunctionResponseTypes: [],
        },
      ],
      duplicate: [
        'ResourceConflictException',
        `An event source mapping with SQS arn (" ${arn} ") and function (" esm ") already exists. Please update or delete the existing mapping with UUID UUID`,
        409,
      ],
      enabled: 'Enabled',
      listed: [true],
      listed_of_other: [],
      tags: { team: 'a', stage: 'b' },
      other_tags: { stage: 'b' },
      record: {
        body: '{"kind":"wanted"}',
        messageAttributes: {
          a: {
            stringValue: 'b',
            stringListValues: [],
            binaryListValues: [],
            dataType: 'String',
          },
        },
        eventSource: 'aws:sqs',
        eventSourceARN: arn,
        awsRegion: 'eu-west-1',
      },
      record_names: [
        'attributes',
        'awsRegion',
        'body',
        'eventSource',
        'eventSourceARN',
        'md5OfBody',
        'md5OfMessageAttributes',
        'messageAttributes',
        'messageId',
        'receiptHandle',
      ],
      attribute_names: [
        'ApproximateFirstReceiveTimestamp',
        'ApproximateReceiveCount',
        'SenderId',
        'SentTimestamp',
      ],
      disabling: 'Disabling',
      disabled: 'Disabled',
      enabling: 'Enabling',
      later: ['later'],
      updated: ['Updating', 20, 1, ['ReportBatchItemFailures']],
      no_filter: true,
      invalid_update: invalid(
        'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
      ),
      left: {
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '0',
      },
      deleted: [202, 'Deleting'],
      gone: ['ResourceNotFoundException', 'The resource you requested does not exist.', 404],
      gone_tags: [
        'ResourceNotFoundException',
        'Event source mapping not found: arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:UUID',
        404,
      ],
    });
  });

  test('that its own function feeds is stopped after sixteen rounds, and the message goes to the dead-letter queue', async () => {
    const options = {
      ...clientSettings(server.endpoint, 'eu-west-1'),
      maxAttempts: 1,
    };
    const sqs = new SQSClient(options);
    const lambda = new LambdaClient(options);
    const iam = new IAMClient(options);
    const Role = await createFunctionRole(iam, 'loops');
    const Statement = [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(
      new PutRolePolicyCommand({ RoleName: 'loops', PolicyName: 'queues', PolicyDocument }),
    );
    await createFunction(lambda, 'loops', {
      Role,
      Timeout: 1,
      Code: { ZipFile: await zipOf({ 'index.mjs': loops }) },
    });
    const dead = await sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: 'loop',
        Attributes: {
          VisibilityTimeout: '1',
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:000000000000:dead',
            maxReceiveCount: 10,
          }),
        },
      }),
    );
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'loops',
        EventSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:loop',
        BatchSize: 1,
      }),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '0' }));
    const stopped = async (): Promise<string | undefined> => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: dead.QueueUrl, WaitTimeSeconds: 5 }),
      );
      return Messages[0]?.Body;
    };
    await expect.poll(stopped, { timeout: 120_000 }).toBe('16');
    for (const client of [sqs, lambda, iam]) client.destroy();
  });
});
