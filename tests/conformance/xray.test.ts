/** Traces of functions by real clients: the aws CLI and the SDK for JavaScript. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AttachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  BatchGetTracesCommand,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { copyPackages } from '../../packages/testkit/src/copy-packages.ts';
import { createFunction } from '../../packages/testkit/src/create-function.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import {
  repository,
  startServer,
  type TestServer,
} from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };
const region = 'eu-west-1';
const root = '1-69a42840-0123456789abcdef01234567';

let server: TestServer;
let lambda: LambdaClient;
let iam: IAMClient;
let xray: XRayClient;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
});
beforeEach(() => open(server.endpoint));
afterEach(() => {
  for (const client of [lambda, iam, xray]) client.destroy();
});
afterAll(() => server[Symbol.asyncDispose]());

/** The clients are those of this server until the end of the test. */
function open(endpoint: string): void {
  const options = { ...clientSettings(endpoint, region), maxAttempts: 1 };
  lambda = new LambdaClient(options);
  iam = new IAMClient(options);
  xray = new XRayClient(options);
}

/** What AWS's example functions have: a role that may write segments. */
async function createTracedRole(name: string): Promise<string> {
  const role = await createFunctionRole(iam, name);
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess';
  await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
  return role;
}

const tellsItsTrace = async (): Promise<{ ZipFile: Buffer }> => ({
  ZipFile: await zipOf({
    'index.mjs': `export const handler = async ({ fails }) => {
      if (fails) throw new Error('as asked');
      return process.env._X_AMZN_TRACE_ID;
    };`,
  }),
});

async function invoke(FunctionName: string, event: object = {}): Promise<unknown> {
  const Payload = Buffer.from(JSON.stringify(event));
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
  return JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as unknown;
}

async function documentsOf(traceId: string): Promise<readonly Record<string, unknown>[]> {
  const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [traceId] }));
  return (Traces?.[0]?.Segments ?? []).map(
    ({ Document }) => JSON.parse(Document ?? '') as Record<string, unknown>,
  );
}

async function summariesOf(FilterExpression: string) {
  const range = { StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date() };
  const found = await xray.send(new GetTraceSummariesCommand({ ...range, FilterExpression }));
  return found.TraceSummaries ?? [];
}

test('a function with active tracing shows both of its segments to the aws CLI', async () => {
  const settings = { Code: await tellsItsTrace(), TracingConfig: { Mode: 'Active' } } as const;
  const arn = await createFunction(lambda, 'traced', {
    ...settings,
    Role: await createTracedRole('traced'),
  });
  const told = String(await invoke('traced'));
  const [, traceId = '', parent = ''] = /^Root=([^;]+);Parent=([^;]+);Sampled=1;/.exec(told) ?? [];
  await expect.poll(() => documentsOf(traceId), PATIENCE).toHaveLength(2);

  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_PAGER: '' };
  const aws = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const command = ['/usr/bin/aws', '--endpoint-url', server.endpoint, '--region', region];
    const { status, stdout, stderr } = await runCommand([...command, 'xray', ...args], { env });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const now = Math.floor(Date.now() / 1000);
  const range = ['--start-time', String(now - 3_600), '--end-time', String(now + 60)];
  const filter = ['--filter-expression', 'service("traced") { ok }'];
  expect(await aws('get-trace-summaries', ...range, ...filter)).toMatchObject({
    TraceSummaries: [
      {
        Id: traceId,
        HasFault: false,
        IsPartial: false,
        Http: { HttpStatus: 200 },
        EntryPoint: { Name: 'traced', Type: 'AWS::Lambda' },
        ResourceARNs: [{ ARN: arn }],
      },
    ],
    TracesProcessedCount: 1,
  });
  const { Traces } = await aws('batch-get-traces', '--trace-ids', traceId);
  const [trace] = Traces as { Segments: { Document: string }[] }[];
  const [ofLambda, ofFunction] = trace!.Segments.map(
    ({ Document }) => JSON.parse(Document) as Record<string, unknown>,
  ).toSorted((left, right) => String(left['origin']).localeCompare(String(right['origin'])));
  expect(ofLambda).toMatchObject({ origin: 'AWS::Lambda', resource_arn: arn });
  expect(ofFunction).toMatchObject({
    origin: 'AWS::Lambda::Function',
    parent_id: ofLambda?.['id'],
    aws: { account_id: '000000000000', function_arn: arn, cold_start: true },
    subsegments: [
      { name: 'Initialization' },
      { name: 'Invocation', id: parent },
      { name: 'Overhead' },
    ],
  });
});

test('a failure shows as a fault with its cause, in a trace that the caller samples', async () => {
  await createFunction(lambda, 'fails', {
    Code: await tellsItsTrace(),
    Role: await createTracedRole('fails'),
  });
  lambda.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['X-Amzn-Trace-Id'] = `Root=${root};Parent=0123456789abcdef;Sampled=1`;
      return next(args);
    },
    { step: 'build', name: 'samples' },
  );
  await invoke('fails', { fails: true });
  lambda.middlewareStack.remove('samples');
  await expect.poll(() => documentsOf(root), PATIENCE).toHaveLength(2);
  expect(await summariesOf('service("fails") { fault AND message = "as asked" }')).toMatchObject([
    { Id: root, HasFault: true, HasError: false },
  ]);
  const { Services } = await xray.send(new GetTraceGraphCommand({ TraceIds: [root] }));
  const called = (type: string) => Services?.find(({ Type }) => Type === type);
  const [client, service, ran] = ['client', 'AWS::Lambda', 'AWS::Lambda::Function'].map(called);
  expect(client).toMatchObject({ Edges: [{ ReferenceId: service?.ReferenceId }] });
  expect(service).toMatchObject({ Root: true, Edges: [{ ReferenceId: ran?.ReferenceId }] });
  expect(ran).toMatchObject({ SummaryStatistics: { FaultStatistics: { TotalCount: 1 } } });
  const documents = await documentsOf(root);
  expect(documents).toContainEqual(
    expect.objectContaining({ origin: 'AWS::Lambda', parent_id: '0123456789abcdef' }),
  );
});

test('a role that may not write segments leaves no trace, and the denial says why', async () => {
  await createFunction(lambda, 'silent', {
    Code: await tellsItsTrace(),
    Role: await createFunctionRole(iam, 'silent'),
    TracingConfig: { Mode: 'Active' },
  });
  expect(await invoke('silent')).toContain('Sampled=1');
  const cli = [process.execPath, path.join(repository, 'packages/cli/src/main.ts'), 'explain'];
  const env = { AWS_ENDPOINT_URL: server.endpoint };
  const explained = async (): Promise<string> => (await runCommand(cli, { env })).stdout;
  await expect.poll(explained, PATIENCE).toContain('xray:PutTraceSegments');
  expect(await summariesOf('service("silent")')).toEqual([]);
});

/** Where its name is that of a part of a trace: the function's segment with that in it. */
async function functionWith(traceId: string, part: string): Promise<string | undefined> {
  const documents = await documentsOf(traceId);
  return documents
    .filter((each) => each['origin'] === 'AWS::Lambda::Function')
    .map((each) => JSON.stringify(each))
    .find((each) => each.includes(`"${part}"`));
}

const invocationOf = (document: string | undefined): unknown =>
  (JSON.parse(document ?? '') as { subsegments: { name: string }[] }).subsegments.find(
    ({ name }) => name === 'Invocation',
  );

test('a datagram to the daemon becomes part of the invocation, also without isolation', async () => {
  const source = `import { createSocket } from 'node:dgram';
    export const handler = async () => {
      const told = Object.fromEntries(
        process.env._X_AMZN_TRACE_ID.split(';').map((part) => part.split('=')));
      const now = Date.now() / 1000;
      const segment = { type: 'subsegment', name: 'own work', id: 'e'.repeat(16),
        trace_id: told.Root, parent_id: told.Parent, start_time: now, end_time: now };
      const [host, port] = process.env.AWS_XRAY_DAEMON_ADDRESS.split(':');
      const socket = createSocket('udp4');
      const text = '{"format": "json", "version": 1}\\n' + JSON.stringify(segment);
      await new Promise((sent) => socket.send(text, Number(port), host, sent));
      socket.close();
      return told.Root;
    };`;
  await createFunction(lambda, 'sends', {
    Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
    Role: await createTracedRole('sends'),
    TracingConfig: { Mode: 'Active' },
  });
  const traceId = String(await invoke('sends'));
  await expect.poll(() => functionWith(traceId, 'own work'), PATIENCE).toBeDefined();
  expect(invocationOf(await functionWith(traceId, 'own work'))).toMatchObject({
    subsegments: [{ name: 'own work' }],
  });
});

test("X-Ray's SDK in a sandbox reaches the daemon, and its annotations find the trace", async () => {
  await using isolated = await startServer();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-xray-sdk-'));
  await copyPackages(['aws-xray-sdk-core'], folder);
  await writeFile(
    path.join(folder, 'index.js'),
    `const xray = require('aws-xray-sdk-core');
    exports.handler = async ({ order }) => {
      await xray.captureAsyncFunc('charge', async (part) => {
        part.addAnnotation('order', order);
        part.close();
      });
      return process.env._X_AMZN_TRACE_ID;
    };`,
  );
  const zip = path.join(folder, 'function.zip');
  const zipping = ['python3', '-m', 'zipfile', '-c', zip, 'index.js', 'node_modules'];
  expect(await runCommand(zipping, { cwd: folder })).toMatchObject({ status: 0 });
  const code = await readFile(zip);
  await rm(folder, { recursive: true });
  open(isolated.endpoint);
  await createFunction(lambda, 'charges', {
    Runtime: 'nodejs22.x',
    Code: { ZipFile: code },
    Role: await createTracedRole('charges'),
    TracingConfig: { Mode: 'Active' },
    MemorySize: 512,
    Timeout: 60,
  });
  const [, traceId = ''] =
    /^Root=([^;]+);/.exec(String(await invoke('charges', { order: 7 }))) ?? [];
  await expect.poll(() => functionWith(traceId, 'charge'), PATIENCE).toBeDefined();
  expect(invocationOf(await functionWith(traceId, 'charge'))).toMatchObject({
    subsegments: [{ name: 'charge', annotations: { order: 7 } }],
  });
  const found = await summariesOf('annotation.order = 7 AND service("charges")');
  expect(found.map(({ Id }) => Id)).toEqual([traceId]);
});
