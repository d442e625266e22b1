/**
 * Ends of asynchronous invocations that are told to topics and buses of another server, which fails in
 * every way, while this one is killed: everybody is told in the end, with the first server's permissions.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  InvokeCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import {
  signedServerKey,
  startSignedServer,
  type ReceivedRequest,
  type SignedServer,
} from '../../packages/testkit/src/start-signed-server.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const topic = 'arn:aws:sns:eu-west-1:000000000000:dead';
const bus = 'arn:aws:events:eu-west-1:000000000000:event-bus/ends';
const FunctionName = 'ends';
const source = `export const handler = async ({ number }) => {
  if (number % 2 === 1) throw new Error('odd');
  return { number };
};`;

const took: SignedServer['answer'] = ({ service }) =>
  service === 'sns'
    ? {
        text: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
      }
    : {
        type: 'application/x-amz-json-1.1',
        text: '{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}',
      };

const startFront = ({ endpoint }: SignedServer, dataFolder: string): Promise<TestServer> =>
  startServer({
    args: ['--isolation', 'process', '--log-level', 'error'],
    dataFolder,
    env: {
      HEARTH_UPSTREAM_SNS: endpoint,
      HEARTH_UPSTREAM_EVENTS: endpoint,
      HEARTH_UPSTREAM_ACCESS_KEY_ID: signedServerKey.accessKeyId,
      HEARTH_UPSTREAM_SECRET_ACCESS_KEY: signedServerKey.secretAccessKey,
    },
  });
const optionsOf = ({ endpoint }: TestServer) => ({
  ...clientSettings(endpoint, 'eu-west-1'),
  maxAttempts: 1,
});

async function allow(iam: IAMClient, actions: readonly string[]): Promise<void> {
  const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const role = { RoleName: FunctionName, PolicyName: 'may' };
  await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument }));
}

async function createTeller(lambda: LambdaClient, iam: IAMClient): Promise<void> {
  const Role = await createFunctionRole(iam, FunctionName, { mayLog: false });
  await allow(iam, ['sns:Publish', 'events:PutEvents']);
  const ZipFile = await zipOf({ 'index.mjs': source });
  const DeadLetterConfig = { TargetArn: topic };
  await createFunction(lambda, FunctionName, { Role, Code: { ZipFile }, DeadLetterConfig });
  await lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: bus }, OnFailure: { Destination: bus } },
    }),
  );
}

/** The numbers that the bus, or the topic, was told. */
function toldOf(requests: readonly ReceivedRequest[], service: 'sns' | 'events'): Set<number> {
  const told = requests
    .filter((each) => each.service === service)
    .map(({ text }) => {
      if (service === 'sns') return new URLSearchParams(text).get('Message') ?? '';
      const { Entries } = JSON.parse(text) as { readonly Entries: readonly { Detail: string }[] };
      const detail = JSON.parse(Entries[0]?.Detail ?? '{}') as { readonly requestPayload: object };
      return JSON.stringify(detail.requestPayload);
    });
  return new Set(told.map((text) => (JSON.parse(text) as { readonly number: number }).number));
}

test('a server that fails, hangs and is gone is told in the end, although this one is killed', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-told-'));
  const numbers = Array.from({ length: 8 }, (_each, at) => at);
  try {
    await using failing = await startSignedServer(() => ({ status: 503, text: 'busy' }));
    const port = Number(new URL(failing.endpoint).port);
    const first = await startFront(failing, folder);
    const lambda = new LambdaClient(optionsOf(first));
    const iam = new IAMClient(optionsOf(first));
    await createTeller(lambda, iam);
    const isTried = (least: number) =>
      expect.poll(() => failing.requests.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(least);
    for (const number of numbers) {
      // Half of them find a server that answers with an error, half one that does not answer.
      if (number === 4) {
        await isTried(4);
        failing.answer = () => new Promise(() => {});
      }
      const Payload = JSON.stringify({ number });
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
    }
    const before = failing.requests.length;
    await isTried(before + 1);
    await first.kill();
    for (const client of [lambda, iam]) client.destroy();
    await failing[Symbol.asyncDispose]();

    // Nobody is there at first.
    await using second = await startFront(failing, folder);
    const health = async (): Promise<number> => {
      const answer = await fetch(`${second.endpoint}/_hearth/health`);
      const { asynchronousInvocations: counts } = (await answer.json()) as {
        readonly asynchronousInvocations: { readonly destinationDeliveryFailures: number };
      };
      return counts.destinationDeliveryFailures;
    };
    await expect.poll(health, { timeout: 60_000 }).toBeGreaterThan(0);
    await using good = await startSignedServer(took, port);
    const toldBus = () => [...toldOf(good.requests, 'events')].toSorted((a, b) => a - b);
    const toldTopic = () => [...toldOf(good.requests, 'sns')].toSorted((a, b) => a - b);
    await expect.poll(toldBus, { timeout: 120_000 }).toEqual(numbers);
    await expect.poll(toldTopic, { timeout: 120_000 }).toEqual([1, 3, 5, 7]);
    expect(failing.refused + good.refused).toBe(0);

    // Clients reach it as well, and without the right neither they nor the function do.
    const sns = ['/usr/bin/aws', '--endpoint-url', second.endpoint, 'sns', 'publish'];
    const { stdout } = await runCommand(
      [...sns, '--topic-arn', topic, '--message', '{"number":9}'],
      {
        cwd: folder,
        env: {
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_DEFAULT_REGION: 'eu-west-1',
          AWS_PAGER: '',
        },
      },
    );
    expect(JSON.parse(stdout)).toEqual({ MessageId: 'm' });
    expect(toldTopic()).toContain(9);
    const failures = await health();
    const again = new IAMClient(optionsOf(second));
    await allow(again, ['sns:Publish']);
    const invoker = new LambdaClient(optionsOf(second));
    const Payload = JSON.stringify({ number: 10 });
    await invoker.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
    await expect.poll(health, { timeout: 60_000 }).toBe(failures + 1);
    expect(toldBus()).toEqual(numbers);
    for (const client of [again, invoker]) client.destroy();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
