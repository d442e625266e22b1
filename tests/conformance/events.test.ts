/** Scheduled rules of EventBridge by real clients: boto3 and the SDK for JavaScript. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateUserCommand,
  CreateAccessKeyCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const args = ['--isolation', 'process'];
const optionsOf = (endpoint: string) => ({
  ...clientSettings(endpoint, 'eu-west-1'),
  maxAttempts: 1,
});
const ruleArn = 'arn:aws:events:eu-west-1:000000000000:rule/every-minute';
const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

test("Debian's boto3 makes, lists, switches, tags and deletes a rule with its targets", async () => {
  await using server = await startServer({ args });
  const script = path.join(import.meta.dirname, 'events-journey.py');
  const command = ['/usr/bin/python3', script, server.endpoint];
  const { status, stdout, stderr } = await runCommand(command);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const arn = 'arn:aws:events:ap-south-1:000000000000:rule/nightly';
  expect(JSON.parse(stdout)).toEqual({
    arn,
    described: {
      Name: 'nightly',
      Arn: arn,
      ScheduleExpression: 'cron(30 2 ? * MON-FRI *)',
      State: 'ENABLED',
      Description: 'at night',
      EventBusName: 'default',
      CreatedBy: '000000000000',
    },
    failed: 0,
    targets: [{ Id: 'q', Arn: 'arn:aws:sqs:ap-south-1:000000000000:py', Input: '{"night": true}' }],
    names: ['nightly'],
    disabled: ['DISABLED'],
    enabled: 'ENABLED',
    tags: [{ Key: 'cost', Value: '7' }],
    refusals: [
      ['ResourceNotFoundException', 'Rule none does not exist on EventBus default.', 400],
      ['ValidationException', 'Parameter ScheduleExpression is not valid.', 400],
      [
        'ValidationException',
        'Parameter(s) EventPattern or ScheduleExpression must be specified.',
        400,
      ],
      [
        'InvalidEventPatternException',
        'Event pattern is not valid. Reason: source is neither an object nor a list.',
        400,
      ],
      ['ValidationException', "Rule can't be deleted since it has targets.", 400],
    ],
    bus: 'arn:aws:events:ap-south-1:000000000000:event-bus/orders',
    put: {
      FailedEntryCount: 1,
      Entries: [{}, { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }],
    },
    buses: ['default', 'orders'],
    left: [],
  });
});

test('a caller needs the right on the rule, and may be held to targets', async () => {
  await using server = await startServer({ args });
  const iam = new IAMClient(optionsOf(server.endpoint));
  await iam.send(new CreateUserCommand({ UserName: 'ann' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }));
  const statements = [
    { Effect: 'Allow', Action: 'events:PutRule', Resource: ruleArn },
    {
      Effect: 'Allow',
      Action: 'events:PutTargets',
      Resource: ruleArn,
      Condition: { 'ForAllValues:ArnEquals': { 'events:TargetArn': queueArn('own') } },
    },
  ];
  await iam.send(
    new PutUserPolicyCommand({
      UserName: 'ann',
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    }),
  );
  const events = new EventBridgeClient({
    ...optionsOf(server.endpoint),
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
  });
  const ScheduleExpression = 'rate(1 day)';
  await events.send(new PutRuleCommand({ Name: 'every-minute', ScheduleExpression }));
  const target = (Arn: string) =>
    events.send(new PutTargetsCommand({ Rule: 'every-minute', Targets: [{ Id: 'a', Arn }] }));
  await target(queueArn('own'));
  const denied = {
    name: 'AccessDeniedException',
    message: expect.stringMatching(
      /is not authorized to perform: events:Put(Targets|Rule) on resource: arn:aws:events:/,
    ),
    $metadata: { httpStatusCode: 400 },
  };
  await expect(target(queueArn('other'))).rejects.toMatchObject(denied);
  const other = new PutRuleCommand({ Name: 'other', ScheduleExpression });
  await expect(events.send(other)).rejects.toMatchObject(denied);
  iam.destroy();
  events.destroy();
});

interface Clients {
  readonly events: EventBridgeClient;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly iam: IAMClient;
}

/** Queues and a function that let EventBridge in, one queue that does not, and a rule for all of them. */
async function setUp({ events, sqs, lambda, iam }: Clients): Promise<void> {
  const queue = async (QueueName: string): Promise<string> =>
    (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  for (const name of ['open', 'dead']) {
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queueArn(name),
      Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    const QueueUrl = await queue(name);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  }
  await queue('closed');
  await queue('ran');
  const Role = await createFunctionRole(iam, 'runs');
  const may = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn('ran') };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'runs',
      PolicyName: 'may',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [may] }),
    }),
  );
  const FunctionName = 'ticks';
  const ZipFile = await zipOf({ 'index.mjs': 'export const handler = async (e) => e;' });
  const FunctionArn = await createFunction(lambda, FunctionName, { Role, Code: { ZipFile } });
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'rule',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: ruleArn,
    }),
  );
  const DestinationConfig = { OnSuccess: { Destination: queueArn('ran') } };
  await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig }));
  const rule = { Name: 'every-minute', ScheduleExpression: 'rate(1 minute)' };
  await events.send(new PutRuleCommand(rule));
  await events.send(
    new PutTargetsCommand({
      Rule: 'every-minute',
      Targets: [
        { Id: 'open', Arn: queueArn('open') },
        {
          Id: 'closed',
          Arn: queueArn('closed'),
          DeadLetterConfig: { Arn: queueArn('dead') },
        },
        {
          Id: 'function',
          Arn: FunctionArn,
          InputTransformer: {
            InputPathsMap: { at: '$.time' },
            InputTemplate: '{"at": <at>, "by": "<aws.events.rule-name>"}',
          },
        },
      ],
    }),
  );
}

test('a rule that was made before kill -9 fires; those who let EventBridge in get its event, others do not', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-events-'));
  const killed = await startServer({ args, dataFolder });
  const first = clientsOf(killed.endpoint);
  await setUp(first);
  destroy(first);
  await killed.kill();

  await using server = await startServer({ args, dataFolder });
  const clients = clientsOf(server.endpoint);
  /** The first message of a queue, waited for. */
  const receive = async (name: string): Promise<{ body: unknown; attributes: object }> => {
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const { Messages: [message] = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: `${server.endpoint}/000000000000/${name}`,
          WaitTimeSeconds: 20,
          MessageAttributeNames: ['All'],
        }),
      );
      if (message === undefined) continue;
      return {
        body: JSON.parse(message.Body ?? '') as unknown,
        attributes: message.MessageAttributes ?? {},
      };
    }
    throw new Error(`nothing came to ${name}:\n${server.output()}`);
  };
  const { body: event } = await receive('open');
  expect(event).toEqual({
    version: '0',
    id: expect.any(String),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: 'eu-west-1',
    resources: [ruleArn],
    detail: {},
  });
  expect(await receive('ran')).toMatchObject({
    body: {
      requestPayload: { at: (event as { time: string }).time, by: 'every-minute' },
      responsePayload: { by: 'every-minute' },
    },
  });
  expect(await receive('dead')).toMatchObject({
    body: event,
    attributes: {
      RULE_ARN: { StringValue: ruleArn },
      TARGET_ARN: { StringValue: queueArn('closed') },
      ERROR_CODE: { StringValue: 'AccessDenied' },
    },
  });
  destroy(clients);
  await server.stop();
  await rm(dataFolder, { recursive: true, force: true });
}, 300_000);

function clientsOf(endpoint: string): Clients {
  const options = optionsOf(endpoint);
  return {
    events: new EventBridgeClient(options),
    sqs: new SQSClient(options),
    lambda: new LambdaClient(options),
    iam: new IAMClient(options),
  };
}

function destroy(clients: Clients): void {
  for (const client of Object.values(clients) as { destroy(): void }[]) client.destroy();
}
