/**
 * SQS as a source, from SendMessage to the start of the handler: one message at a time to a queue
 * and a function at rest, and messages per second while they are sent, all on the same cores.
 */
import { AttachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';
import { cpuTimeOf } from '../cpu-time.ts';
import { createFunction, role, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed, type InvokeClient } from '../invoke-client.ts';
import { milliseconds, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const QUEUE = '/000000000000/bench';
const BATCH = 10;
const SENDERS = 4;
/** Longer than an environment runs on before it is frozen. */
const REST_MS = 200;

/** Keeps how long the messages have been on their way that tell when they were sent. */
const handler = `const delays = [];
export const handler = async (event) => {
  if (event.read) return delays.splice(0);
  const startedAt = performance.timeOrigin + performance.now();
  for (const { body } of event.Records) if (body > 0) delays.push(startedAt - body);
};`;

export async function sqs(rounds: number, messages: number): Promise<readonly Line[]> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'takes',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: { 'index.mjs': handler },
  });
  const client = createInvokeClient(server.endpoint, SENDERS);
  await allowQueues(server);
  await call(client, 'CreateQueue', { QueueName: 'bench' });
  await createMapping(client);
  await send(client, messages / 5);
  const lines = [await latency(client, rounds), await throughput(client, server.pid, messages)];
  client.close();
  return lines;
}

async function latency(client: InvokeClient, rounds: number): Promise<Line> {
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const MessageBody = String(performance.timeOrigin + performance.now());
    await call(client, 'SendMessage', { QueueUrl: QUEUE, MessageBody });
    await untilEmpty(client);
  }
  const answer = await client.invoke('takes', '{"read":true}');
  mustSucceed(answer);
  const { count, p50, p99 } = summarise(JSON.parse(answer.body.toString('utf8')) as number[]);
  if (count !== rounds) throw new Error(`${count} of ${rounds} messages were told of`);
  return {
    row: 'sqs',
    metric: 'SendMessage to the start of the handler, at rest, p50 (p99)',
    value: `${milliseconds(p50)} (${milliseconds(p99)})`,
    control: '',
    target: '<= 15 ms',
    holds: p50 <= 15,
    numbers: { p50, p99 },
  };
}

async function throughput(client: InvokeClient, pid: number, messages: number): Promise<Line> {
  const cpuBeforeMs = cpuMs(pid);
  const startedAt = performance.now();
  await send(client, messages);
  const perSecond = (messages * 1_000) / (performance.now() - startedAt);
  const cpuPerMessageMs = (cpuMs(pid) - cpuBeforeMs) / messages;
  return {
    row: 'sqs',
    metric: `messages per second from SendMessageBatch to their end, batches of ${BATCH}`,
    value: `${Math.round(perSecond)}/s, ${milliseconds(cpuPerMessageMs)} of the server's CPU each`,
    control: '',
    target: '>= 3,000/s',
    holds: perSecond >= 3_000,
    numbers: { perSecond, cpuPerMessageMs },
  };
}

/** What a process costs is seen on a busy machine too. */
function cpuMs(pid: number): number {
  const { mainThreadUs, otherThreadsUs } = cpuTimeOf(pid, []);
  return (mainThreadUs + otherThreadsUs) / 1_000;
}

/** Resolves when the function has had all of them. */
async function send(client: InvokeClient, messages: number): Promise<void> {
  const Entries = Array.from({ length: BATCH }, (_each, at) => ({
    Id: String(at),
    MessageBody: 'a message of no meaning '.repeat(8),
  }));
  let left = messages / BATCH;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call(client, 'SendMessageBatch', { QueueUrl: QUEUE, Entries });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await untilEmpty(client);
}

async function untilEmpty(client: InvokeClient): Promise<void> {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];
  for (;;) {
    const answer = await call(client, 'GetQueueAttributes', { QueueUrl: QUEUE, AttributeNames });
    const { Attributes } = answer as { readonly Attributes: Readonly<Record<string, string>> };
    if (Object.values(Attributes).every((count) => count === '0')) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function call(client: InvokeClient, operation: string, input: object): Promise<unknown> {
  const answer = await client.sqs(operation, JSON.stringify(input));
  mustSucceed(answer);
  return JSON.parse(answer.body.toString('utf8') || '{}') as unknown;
}

async function allowQueues({ endpoint }: TestServer): Promise<void> {
  const iam = new IAMClient(clientSettings(endpoint));
  const RoleName = role.split('/')[1];
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole';
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  iam.destroy();
}

async function createMapping(client: InvokeClient): Promise<void> {
  const input = {
    FunctionName: 'takes',
    EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:bench',
    BatchSize: BATCH,
  };
  const answer = await client.send(
    'POST',
    '/2015-03-31/event-source-mappings',
    JSON.stringify(input),
  );
  if (answer.status !== 202) throw new Error(answer.body.toString('utf8'));
}
