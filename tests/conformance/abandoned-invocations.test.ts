/** Callers who leave before their answer, and more callers than there is room for. */
import { globSync } from 'node:fs';
import { Agent } from 'node:http';
import {
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

const LIMIT = 3;
const CALLERS = 200;
const slow = `export const handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, event.ms));
  console.log('ended', event.name);
  return event.name;
};`;
const streams = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  for (let chunk = 0; chunk < 30; chunk += 1) {
    stream.write('x'.repeat(50_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log('ended', event.name);
  stream.end();
});`;

let functions: Functions;
let lambda: LambdaClient;

beforeAll(async () => {
  functions = await openFunctions(['--concurrency', String(LIMIT)]);
  await functions.create('slow', 'nodejs22.x', { 'index.mjs': slow });
  await functions.create('streams', 'nodejs22.x', { 'index.mjs': streams });
  lambda = connect();
});
afterAll(async () => {
  lambda?.destroy();
  await functions?.[Symbol.asyncDispose]();
});

/** A client that opens as many connections as it has calls. */
function connect(): LambdaClient {
  return new LambdaClient({
    ...clientSettings(functions.server.endpoint, 'eu-west-1'),
    maxAttempts: 1,
    requestHandler: { httpAgent: new Agent({ maxSockets: 2 * CALLERS }) },
  });
}

async function busyEnvironments(): Promise<number> {
  const answer = await fetch(`${functions.server.endpoint}/_hearth/health`);
  const health = (await answer.json()) as {
    readonly invocations: { readonly environments: { readonly busy: number } };
  };
  return health.invocations.environments.busy;
}

const waiting = { timeout: 60_000, interval: 50 };
const becomesBusy = (count: number): Promise<void> =>
  expect.poll(busyEnvironments, waiting).toBe(count);
const ends = (name: string, group: string): Promise<void> =>
  expect.poll(() => functions.logOf(group), waiting).toContain(`ended ${name}`);

const call = (name: string, ms: number): InvokeCommand =>
  new InvokeCommand({ FunctionName: 'slow', Payload: JSON.stringify({ name, ms }) });

test('12: an invocation whose caller leaves goes on to its end, and its place is free again', async () => {
  const abandoned = Array.from({ length: LIMIT }, (_, each) => {
    const leaving = new AbortController();
    const sent = lambda.send(call(`alone-${each}`, 3_000), { abortSignal: leaving.signal });
    return { leaving, refused: expect(sent).rejects.toMatchObject({ name: 'AbortError' }) };
  });
  await becomesBusy(LIMIT);
  for (const { leaving } of abandoned) leaving.abort();
  await Promise.all(abandoned.map(({ refused }) => refused));
  // They run on, so there is no room yet.
  await expect(lambda.send(call('too many', 0))).rejects.toMatchObject({
    name: 'TooManyRequestsException',
  });
  for (let each = 0; each < LIMIT; each += 1) await ends(`alone-${each}`, 'slow');
  await becomesBusy(0);
  const { payload } = await functions.invoke('slow', { name: 'next', ms: 0 });
  expect(payload).toBe('next');
});

test('12: so does one whose caller leaves in the middle of a stream', async () => {
  const Payload = JSON.stringify({ name: 'stream' });
  const command = new InvokeWithResponseStreamCommand({ FunctionName: 'streams', Payload });
  const { EventStream = [] } = await lambda.send(command);
  for await (const event of EventStream) {
    expect(event.PayloadChunk).toBeDefined();
    break;
  }
  await ends('stream', 'streams');
  await becomesBusy(0);
});

test('12: callers who leave at any moment leave no connection open', async () => {
  const descriptors = (): number => globSync(`/proc/${functions.server.pid}/fd/*`).length;
  const client = connect();
  const before = descriptors();
  await Promise.all(
    Array.from({ length: 50 }, async (_, each) => {
      const leaves = AbortSignal.timeout(each * 4);
      await client.send(call(`leaver-${each}`, 20), { abortSignal: leaves }).catch(() => {});
    }),
  );
  client.destroy();
  await becomesBusy(0);
  // Environments that were started meanwhile have theirs.
  await expect.poll(descriptors, waiting).toBeLessThan(before + 25);
});

test('39: of many callers at once those beyond the limit get 429, and every caller an answer', async () => {
  const told = await Promise.all(
    Array.from({ length: CALLERS }, async (_, each) => {
      const answer = await lambda.send(call(`burst-${each}`, 200)).catch((error: Error) => error);
      if (!(answer instanceof Error)) {
        expect(answer.Payload?.transformToString()).toBe(`"burst-${each}"`);
        return 'answered';
      }
      expect(answer).toMatchObject({
        name: 'TooManyRequestsException',
        message: 'Rate Exceeded.',
        $metadata: { httpStatusCode: 429 },
      });
      return 'throttled';
    }),
  );
  const answered = told.filter((each) => each === 'answered').length;
  expect(answered).toBeGreaterThanOrEqual(LIMIT);
  expect(answered).toBeLessThan(CALLERS);
  await becomesBusy(0);
});
