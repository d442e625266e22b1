/**
 * Provisioned concurrency, tenants and changes under load by the AWS SDK for JavaScript, against a
 * server started as a user starts it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListProvisionedConcurrencyConfigsCommand,
  ProvisionedConcurrencyConfigNotFoundException,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  TooManyRequestsException,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

let dataFolder: string;
let server: TestServer;
let lambda: LambdaClient;
let Role: string;

async function start(): Promise<void> {
  server = await startServer({ dataFolder });
  lambda = new LambdaClient(options());
}
const options = () => ({
  ...clientSettings(server.endpoint, 'eu-west-1'),
  maxAttempts: 1,
});

beforeAll(async () => {
  dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-concurrency-'));
  await start();
  Role = await createFunctionRole(new IAMClient(options()), 'runs');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(dataFolder, { recursive: true, force: true });
});

const waiter = (): { client: LambdaClient; maxWaitTime: number; minDelay: number } => ({
  client: lambda,
  maxWaitTime: 60,
  minDelay: 1,
});

async function invoke(
  FunctionName: string,
  more: { readonly Qualifier?: string; readonly TenantId?: string } = {},
  event: object = {},
): Promise<Record<string, unknown>> {
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }),
  );
  return JSON.parse(Payload?.transformToString() ?? 'null') as Record<string, unknown>;
}

async function untilReady(FunctionName: string, Qualifier: string): Promise<void> {
  for (;;) {
    const { Status, StatusReason } = await lambda.send(
      new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }),
    );
    if (Status === 'READY') return;
    expect(Status, StatusReason).toBe('IN_PROGRESS');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function untilBusy(): Promise<void> {
  for (;;) {
    const health = (await (await fetch(`${server.endpoint}/_hearth/health`)).json()) as {
      readonly invocations: { readonly environments: { readonly busy: number } };
    };
    if (health.invocations.environments.busy > 0) return;
  }
}

test('provisioned environments serve an alias, follow it, and are there after a restart', async () => {
  const FunctionName = 'ready';
  const source = `export const handler = async () => ({
    type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE,
    version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  });`;
  await createFunction(lambda, FunctionName, {
    Role,
    Timeout: 10,
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
    Publish: true,
  });
  await waitUntilPublishedVersionActive(waiter(), { FunctionName, Qualifier: '1' });
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }));
  const Qualifier = 'live';
  await expect(
    lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier })),
  ).rejects.toBeInstanceOf(ProvisionedConcurrencyConfigNotFoundException);
  const put = await lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      FunctionName,
      Qualifier,
      ProvisionedConcurrentExecutions: 2,
    }),
  );
  expect(put).toMatchObject({ Status: 'IN_PROGRESS', $metadata: { httpStatusCode: 202 } });
  await untilReady(FunctionName, Qualifier);
  const type = 'provisioned-concurrency';
  expect(await invoke(FunctionName, { Qualifier })).toEqual({ type, version: '1' });
  expect(await invoke(FunctionName)).toEqual({ type: 'on-demand', version: '$LATEST' });

  const ZipFile = await zipOf({
    'index.mjs': `export const handler = async () => ({
      type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, version: 'two' });`,
  });
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
  await waitUntilFunctionUpdatedV2(waiter(), { FunctionName });
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  await waitUntilPublishedVersionActive(waiter(), { FunctionName, Qualifier: '2' });
  await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }));
  await untilReady(FunctionName, Qualifier);
  expect(await invoke(FunctionName, { Qualifier })).toEqual({ type, version: 'two' });

  await server.stop();
  await start();
  await untilReady(FunctionName, Qualifier);
  expect(await invoke(FunctionName, { Qualifier })).toEqual({ type, version: 'two' });
  const listed = await lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }));
  expect(listed.ProvisionedConcurrencyConfigs).toMatchObject([
    {
      FunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${FunctionName}:live`,
      Status: 'READY',
      AllocatedProvisionedConcurrentExecutions: 2,
    },
  ]);

  // All that is reserved is provisioned: nothing is left for $LATEST.
  await lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 2 }),
  );
  const refused = await invoke(FunctionName).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(TooManyRequestsException);
  expect(refused).toMatchObject({
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    retryAfterSeconds: '1',
  });
  expect(await invoke(FunctionName, { Qualifier })).toEqual({ type, version: 'two' });
  await lambda.send(new DeleteFunctionCommand({ FunctionName }));
});

test.each(['nodejs26.x', 'python3.11'] as const)(
  'tenants of a %s function never meet, and the handler knows for whom it runs',
  async (Runtime) => {
    const isNode = Runtime.startsWith('node');
    const FunctionName = `tenants-${isNode ? 'node' : 'python'}`;
    const files: Record<string, string> = isNode
      ? {
          'index.mjs': `const seen = [];
export const handler = async (event, context) => (seen.push(context.tenantId), { seen });`,
        }
      : {
          'index.py': `seen = []
def handler(event, context):
    seen.append(context.tenant_id)
    return {"seen": seen}
`,
        };
    await createFunction(lambda, FunctionName, {
      Runtime,
      Role,
      Timeout: 10,
      Code: { ZipFile: await zipOf(files) },
      TenancyConfig: { TenantIsolationMode: 'PER_TENANT' },
    });
    const answers: Record<string, unknown>[] = [];
    for (const TenantId of ['blue', 'green', 'blue', 'green']) {
      answers.push(await invoke(FunctionName, { TenantId }));
    }
    for (const { seen } of answers) expect(new Set(seen as string[]).size).toBe(1);
    await expect(invoke(FunctionName)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: /Add a valid tenant ID/,
    });
  },
);

test('under load each answer is wholly of one release, whichever way it came; deletion lets them end', async () => {
  const FunctionName = 'moving';
  const source = (release: string): string =>
    `import { release } from './release.mjs';
export const handler = async (event) => {
  if (event.ms) await new Promise((resolve) => setTimeout(resolve, event.ms));
  return { code: '${release}', file: release };
};`;
  const zip = (release: string): Promise<Uint8Array> =>
    zipOf({
      'index.mjs': source(release),
      'release.mjs': `export const release = '${release}';`,
    });
  await createFunction(lambda, FunctionName, {
    Role,
    Timeout: 10,
    Code: { ZipFile: await zip('1') },
    Publish: true,
  });
  await waitUntilPublishedVersionActive(waiter(), { FunctionName, Qualifier: '1' });
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }));

  const released = new AbortController();
  const answers = { latest: [] as unknown[], live: [] as unknown[] };
  const load = async (kind: 'latest' | 'live'): Promise<void> => {
    const qualifier = kind === 'live' ? { Qualifier: 'live' } : {};
    while (!released.signal.aborted) answers[kind].push(await invoke(FunctionName, qualifier));
  };
  const callers = [load('latest'), load('latest'), load('live'), load('live')];
  for (const release of ['2', '3']) {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await zip(release) }));
    await waitUntilFunctionUpdatedV2(waiter(), { FunctionName });
    // What was answered after this is what was asked for.
    expect(await invoke(FunctionName)).toEqual({ code: release, file: release });
    const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }));
    await waitUntilPublishedVersionActive(waiter(), { FunctionName, Qualifier: Version });
    await lambda.send(
      new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: Version }),
    );
    expect(await invoke(FunctionName, { Qualifier: 'live' })).toEqual({
      code: release,
      file: release,
    });
  }
  released.abort();
  await Promise.all(callers);
  for (const each of [...answers.latest, ...answers.live] as { code: string; file: string }[]) {
    expect(each.file).toBe(each.code);
    expect(['1', '2', '3']).toContain(each.code);
  }
  for (const kind of ['latest', 'live'] as const) {
    expect(new Set(answers[kind].map((each) => (each as { code: string }).code)).size).toBe(3);
  }

  // What runs when the function is deleted is answered; what comes after finds nothing.
  const running = invoke(FunctionName, {}, { ms: 1500 });
  await untilBusy();
  await lambda.send(new DeleteFunctionCommand({ FunctionName }));
  await expect(invoke(FunctionName)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(await running).toEqual({ code: '3', file: '3' });
});
