/**
 * The functions of the crash test: `recorder` is fast; `perishable` performs ten a second, one after
 * the other, and what is older than a minute goes to the queue `expired`.
 */
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientSettings } from './client-settings.ts';
import { createFunction } from './create-function.ts';
import { createFunctionRole } from './create-function-role.ts';
import { zipOf } from './zip-of.ts';

const EXPIRED_URL = '/000000000000/expired';
const EXPIRED_ARN = 'arn:aws:sqs:us-east-1:000000000000:expired';
/** The shortest that AWS allows, */
const MAXIMUM_AGE_SECONDS = 60;
/** and what a run may begin later than it was decided on, with what a clock of another process is off. */
export const PERISHABLE_MS = MAXIMUM_AGE_SECONDS * 1_000 + 3_000;

export async function createCrashFunctions(endpoint: string, file: string): Promise<void> {
  const iam = new IAMClient(clientSettings(endpoint));
  const lambda = new LambdaClient(clientSettings(endpoint));
  const sqs = new SQSClient(clientSettings(endpoint));
  const Role = await createFunctionRole(iam, 'crash', { mayLog: false });
  const mayTell = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: EXPIRED_ARN };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [mayTell] });
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'crash', PolicyName: 'tells', PolicyDocument }),
  );
  await sqs.send(new CreateQueueCommand({ QueueName: 'expired' }));
  const source = (pauseMs: number): string => `import fs from 'node:fs';
export const handler = async ({ number, sentAtMs }) => {
  const now = Date.now();
  fs.appendFileSync(${JSON.stringify(file)}, \`\${number} \${now} \${now - sentAtMs}\\n\`);
  if (${pauseMs} > 0) await new Promise((resolve) => setTimeout(resolve, ${pauseMs}));
};`;
  const make = async (name: string, pauseMs: number): Promise<void> => {
    const ZipFile = await zipOf({ 'index.mjs': source(pauseMs) });
    await createFunction(lambda, name, { Role, Code: { ZipFile } });
  };
  await make('recorder', 0);
  await make('perishable', 100);
  const FunctionName = 'perishable';
  await lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }),
  );
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      MaximumEventAgeInSeconds: MAXIMUM_AGE_SECONDS,
      DestinationConfig: { OnFailure: { Destination: EXPIRED_ARN } },
    }),
  );
  for (const client of [iam, lambda, sqs]) client.destroy();
}

/** Adds those that were told as expired since it was last looked. */
export async function expiredNumbers(endpoint: string, numbers: Set<number>): Promise<void> {
  const sqs = new SQSClient(clientSettings(endpoint));
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: EXPIRED_URL, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return;
      for (const { Body = '' } of Messages) numbers.add(numberIn(Body));
      const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: EXPIRED_URL, Entries }));
    }
  } finally {
    sqs.destroy();
  }
}

function numberIn(record: string): number {
  const { requestPayload } = JSON.parse(record) as { requestPayload: { number: number } };
  return requestPayload.number;
}
