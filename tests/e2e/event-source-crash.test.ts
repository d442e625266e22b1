/** A server that is killed while a function has a batch: its messages come again, all others too. */
import { appendFile, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AttachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const VISIBILITY_SECONDS = 10;

/** Writes what it is given into a file of the host, and waits while another one is there. */
const source = (file: string): string => `import fs from 'node:fs';
export const handler = async ({ Records }) => {
  for (const { body } of Records) fs.appendFileSync(${JSON.stringify(file)}, body + '\\n');
  while (fs.existsSync(${JSON.stringify(`${file}.hold`)})) await new Promise((done) => setTimeout(done, 20));
};`;

test('what a killed server had given to a function comes again, and nothing is lost', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-esm-crash-'));
  const file = path.join(folder, 'ran');
  await writeFile(file, '');
  await writeFile(`${file}.hold`, '');
  const seen = async (): Promise<string[]> =>
    (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  const start = () =>
    startServer({
      args: ['--isolation', 'process', '--log-level', 'error'],
      dataFolder: path.join(folder, 'data'),
    });
  try {
    const first = await start();
    const options = {
      ...clientSettings(first.endpoint),
      maxAttempts: 1,
    };
    const lambda = new LambdaClient(options);
    const iam = new IAMClient(options);
    const sqs = new SQSClient(options);
    const Role = await createFunctionRole(iam, 'takes');
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole';
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'takes', PolicyArn }));
    await createFunction(lambda, 'takes', {
      Role,
      Timeout: VISIBILITY_SECONDS,
      Code: { ZipFile: await zipOf({ 'index.mjs': source(file) }) },
    });
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: 'work',
        Attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS) },
      }),
    );
    const { UUID } = await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'takes',
        EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:work',
        BatchSize: 2,
        ScalingConfig: { MaximumConcurrency: 2 },
      }),
    );
    const bodies = Array.from({ length: 10 }, (_each, at) => String(at));
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: bodies.map((MessageBody) => ({ Id: MessageBody, MessageBody })),
      }),
    );
    await expect.poll(seen, { timeout: 60_000 }).not.toEqual([]);
    const before = await seen();
    await first.kill();
    for (const client of [lambda, iam, sqs]) client.destroy();
    await unlink(`${file}.hold`);
    await appendFile(file, 'killed\n');

    await using second = await start();
    const after = async (): Promise<string[]> => {
      const lines = await seen();
      return lines.slice(lines.indexOf('killed') + 1);
    };
    // None had been removed: the function had answered for none.
    await expect.poll(async () => (await after()).toSorted(), { timeout: 120_000 }).toEqual(bodies);
    expect(await after()).toEqual(expect.arrayContaining(before));
    const again = new LambdaClient({ ...options, endpoint: second.endpoint });
    expect(await again.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
      State: 'Enabled',
    });
    again.destroy();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
