/**
 * Layers by the AWS SDK for JavaScript against a server with real sandboxes: libraries of layers are
 * imported by functions in Node and Python, layers lie over each other in the order of the list,
 * and another account gets in by the policy of a layer version alone.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  AddLayerVersionPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  GetLayerVersionByArnCommand,
  LambdaClient,
  ListLayersCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { copyPackages } from '../../packages/testkit/src/copy-packages.ts';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { repository } from '../../packages/testkit/src/start-server.ts';
import { zipOf, type ZipEntry } from '../../packages/testkit/src/zip-of.ts';

let functions: Functions;
beforeAll(async () => {
  functions = await openFunctions();
});
afterAll(async () => functions?.[Symbol.asyncDispose]());

type Files = Readonly<Record<string, string | Uint8Array | ZipEntry>>;
/** Resolves to the ARN of the new version. */
async function publish(LayerName: string, files: Files): Promise<string> {
  const { LayerVersionArn: arn } = await functions.lambda.send(
    new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: await zipOf(files) } }),
  );
  return arn ?? '';
}

test('a library of a layer is required and imported in Node, and a program of it is on the path', async () => {
  const layer = await publish('node-library', {
    'nodejs/node_modules/greeter/package.json': JSON.stringify({
      name: 'greeter',
      exports: { import: './index.mjs', require: './index.cjs' },
    }),
    'nodejs/node_modules/greeter/index.cjs': "exports.greet = () => 'required';",
    'nodejs/node_modules/greeter/index.mjs': "export const greet = () => 'imported';",
    'bin/greet': { content: '#!/bin/sh\necho from the layer\n', mode: 0o100_755 },
  });
  await functions.create(
    'required',
    'nodejs26.x',
    {
      'index.js': `const { greet } = require('greeter');
        const { execFileSync } = require('node:child_process');
        exports.handler = async () => [greet(), execFileSync('greet', { encoding: 'utf8' })];`,
    },
    { Layers: [layer] },
  );
  expect((await functions.invoke('required')).payload).toEqual(['required', 'from the layer\n']);
  await functions.create(
    'imported',
    'nodejs26.x',
    { 'index.mjs': "import { greet } from 'greeter'; export const handler = async () => greet();" },
    { Layers: [layer] },
  );
  expect((await functions.invoke('imported')).payload).toBe('imported');
});

test('libraries of several layers are imported in Python, and the later layer wins', async () => {
  const below = await publish('below', {
    'python/both.py': "word = 'below'",
    'python/only_below.py': "word = 'there'",
  });
  const above = await publish('above', { 'python/both.py': "word = 'above'" });
  const files = {
    'index.py':
      'import both, only_below\ndef handler(event, context):\n    return [both.word, only_below.word]',
  };
  await functions.create('merged', 'python3.11', files, { Layers: [below, above] });
  expect((await functions.invoke('merged')).payload).toEqual(['above', 'there']);
  const FunctionName = 'merged';
  await functions.lambda.send(new PublishVersionCommand({ FunctionName }));
  await waitUntilPublishedVersionActive(waiting(), { FunctionName, Qualifier: '1' });

  await functions.lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Layers: [above, below] }),
  );
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
  expect((await functions.invoke('merged')).payload).toEqual(['below', 'there']);
  // The version that was published has the layers that it was published with.
  expect((await functions.invoke('merged:1')).payload).toEqual(['above', 'there']);
});

test('a runtime may come as a layer', async () => {
  const layer = await publish('runtime', {
    bootstrap: {
      mode: 0o100_755,
      content: `#!/bin/sh
        while true; do
          head=$(mktemp)
          curl -sS -D "$head" -o /tmp/event "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
          id=$(grep -i Lambda-Runtime-Aws-Request-Id "$head" | tr -d '[:space:]' | cut -d: -f2)
          curl -sS -d '"by a layer"' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" >/dev/null
        done`,
    },
  });
  await functions.create('layered', 'provided.al2023', { data: 'x' }, { Layers: [layer] });
  expect((await functions.invoke('layered')).payload).toBe('by a layer');
});

test('a deleted layer version goes on working for the functions that have it', async () => {
  const layer = await publish('short-lived', {
    'nodejs/node_modules/kept.js': 'module.exports = 7;',
  });
  const files = { 'index.js': "exports.handler = async () => require('kept');" };
  await functions.create('keeper', 'nodejs26.x', files, { Layers: [layer] });
  await functions.lambda.send(
    new DeleteLayerVersionCommand({ LayerName: 'short-lived', VersionNumber: 1 }),
  );
  await expect(
    functions.lambda.send(new GetLayerVersionByArnCommand({ Arn: layer })),
  ).rejects.toThrow('The resource you requested does not exist.');
  expect((await functions.invoke('keeper')).payload).toBe(7);
  const { Configuration } = await functions.lambda.send(
    new GetFunctionCommand({ FunctionName: 'keeper' }),
  );
  expect(Configuration?.Layers).toEqual([{ Arn: layer, CodeSize: expect.any(Number) }]);
});

test('the content that is handed out is what was uploaded', async () => {
  const zip = await zipOf({ 'python/x.py': 'x = 1' });
  const { Content } = await functions.lambda.send(
    new PublishLayerVersionCommand({ LayerName: 'same-bytes', Content: { ZipFile: zip } }),
  );
  const answer = await fetch(Content?.Location ?? '');
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(zip);
});

test('another account uses a layer only where its policy says so', async () => {
  const layer = await publish('shared', { 'nodejs/node_modules/shared.js': 'module.exports = 1;' });
  const account = await otherAccount();
  const create = (): Promise<unknown> =>
    account.lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'guest',
        Runtime: 'nodejs26.x',
        Handler: 'index.handler',
        Role: account.role,
        Code: { ZipFile: account.zip },
        Layers: [layer],
      }),
    );
  const refused = `is not authorized to perform: lambda:GetLayerVersion on resource: ${layer} because no resource-based policy allows the lambda:GetLayerVersion action`;
  await expect(create()).rejects.toThrow(refused);
  await expect(
    account.lambda.send(new GetLayerVersionByArnCommand({ Arn: layer })),
  ).rejects.toThrow(refused);
  await functions.lambda.send(
    new AddLayerVersionPermissionCommand({
      LayerName: 'shared',
      VersionNumber: 1,
      StatementId: 'guests',
      Action: 'lambda:GetLayerVersion',
      Principal: account.id,
    }),
  );
  await expect(create()).resolves.toMatchObject({ Layers: [{ Arn: layer }] });
  await expect(
    account.lambda.send(new GetLayerVersionByArnCommand({ Arn: layer })),
  ).resolves.toMatchObject({ LayerVersionArn: layer });
  account.lambda.destroy();
});

test('hearth layer import serves a zip under the ARN that functions of others name', async () => {
  const arn = 'arn:aws:lambda:eu-west-1:094274105915:layer:AWSLambdaPowertoolsTypeScriptV2:41';
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-import-'));
  const zip = path.join(folder, 'layer.zip');
  const library = "exports.Logger = class { name() { return 'a logger'; } };";
  await writeFile(
    zip,
    await zipOf({ 'nodejs/node_modules/@aws-lambda-powertools/logger/index.js': library }),
  );
  const { endpoint } = functions.server;
  const said = await hearth('--endpoint-url', endpoint, 'layer', 'import', arn, zip);
  expect(said).toBe(`${arn} is served\n`);
  await rm(folder, { recursive: true });
  const files = {
    'index.js': `const { Logger } = require('@aws-lambda-powertools/logger');
      exports.handler = async () => new Logger().name();`,
  };
  await functions.create('powered', 'nodejs26.x', files, { Layers: [arn] });
  expect((await functions.invoke('powered')).payload).toBe('a logger');
  // The upload's own name is gone.
  const { Layers } = await functions.lambda.send(new ListLayersCommand({}));
  expect(Layers?.map(({ LayerName }) => LayerName)).not.toContain('hearth-import');
  expect(await hearth('--endpoint-url', endpoint, 'layer', 'remove', arn)).toContain('not served');
  await expect(hearth('--endpoint-url', endpoint, 'layer', 'remove', arn)).rejects.toThrow(
    `Layer version ${arn} does not exist.`,
  );
  await expect(hearth('--endpoint-url', endpoint, 'layer', 'import', 'x', zip)).rejects.toThrow(
    'The ARN is that of a layer version',
  );
  await expect(hearth('--endpoint-url', endpoint, 'layer', 'import', arn, zip)).rejects.toThrow(
    'cannot be read',
  );
});

test('Powertools from npm, imported as the documentation says, serves a function that imports it', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-powertools-'));
  const packages = ['logger', 'metrics'].map((name) => `@aws-lambda-powertools/${name}`);
  await copyPackages(packages, path.join(folder, 'nodejs'));
  const zip = path.join(folder, 'powertools.zip');
  const zipping = ['python3', '-m', 'zipfile', '-c', zip, 'nodejs'];
  expect(await runCommand(zipping, { cwd: folder })).toMatchObject({ status: 0 });
  const arn = 'arn:aws:lambda:eu-west-1:094274105915:layer:AWSLambdaPowertoolsTypeScriptV2:42';
  await hearth('--endpoint-url', functions.server.endpoint, 'layer', 'import', arn, zip);
  await rm(folder, { recursive: true });
  const source = `import { Logger } from '@aws-lambda-powertools/logger';
    import { Metrics } from '@aws-lambda-powertools/metrics';
    const logger = new Logger({ serviceName: 'payments' });
    const metrics = new Metrics({ namespace: 'shop', serviceName: 'payments' });
    export const handler = async (event, context) => {
      logger.addContext(context);
      logger.info('paid', { amount: event.amount });
      metrics.addMetric('paid', 'Count', 1);
      metrics.publishStoredMetrics();
      return 'done';
    };`;
  await functions.create('paid', 'nodejs22.x', { 'index.mjs': source }, { Layers: [arn] });
  const { payload, log, requestId } = await functions.invoke('paid', { amount: 5 });
  expect(payload).toBe('done');
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const [logged, measured] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged).toMatchObject({
    level: 'INFO',
    message: 'paid',
    service: 'payments',
    amount: 5,
    function_name: 'paid',
    function_request_id: requestId,
    cold_start: true,
  });
  expect(measured).toMatchObject({ service: 'payments', paid: 1 });
});

test('an extension of a layer starts, and sees invocations and the end', async () => {
  const file = 'packages/server/src/environment/fixtures/extensions/python-extension';
  const program = { content: await readFile(path.join(repository, file)), mode: 0o100_755 };
  const layer = await publish('observer', { 'extensions/observes': program });
  const source = 'exports.handler = async (event) => event;';
  await functions.create('observed', 'nodejs22.x', { 'index.js': source }, { Layers: [layer] });
  const { payload, requestId } = await functions.invoke('observed', { a: 1 });
  expect(payload).toEqual({ a: 1 });
  const log = (): Promise<string> => functions.logOf('observed');
  await expect.poll(log, { timeout: 60_000 }).toContain(`observes saw INVOKE ${requestId}`);
  expect(await log()).toContain('observes registered for observed $LATEST');
  await functions.lambda.send(new DeleteFunctionCommand({ FunctionName: 'observed' }));
  await expect.poll(log, { timeout: 60_000 }).toContain('observes saw SHUTDOWN spindown');
});

test('functions and layers take their code from S3, and what is not there is named', async () => {
  const { endpoint } = functions.server;
  const s3 = new S3Client({
    ...clientSettings(endpoint, 'eu-west-1'),
    forcePathStyle: true,
  });
  const Bucket = 'packages';
  await s3.send(
    new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    }),
  );
  const library = await zipOf({ 'nodejs/node_modules/stored.js': "module.exports = 'in S3';" });
  const code = await zipOf({ 'index.js': "exports.handler = async () => require('stored');" });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'layer.zip', Body: library }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'code.zip', Body: code }));
  s3.destroy();
  const publishFrom = (S3Key: string) =>
    functions.lambda.send(
      new PublishLayerVersionCommand({ LayerName: 'stored', Content: { S3Bucket: Bucket, S3Key } }),
    );
  const { LayerVersionArn: layer = '' } = await publishFrom('layer.zip');
  const settings = { Layers: [layer], Code: { S3Bucket: Bucket, S3Key: 'code.zip' } };
  await functions.create('stored', 'nodejs26.x', {}, settings);
  expect((await functions.invoke('stored')).payload).toBe('in S3');
  await expect(publishFrom('absent.zip')).rejects.toThrow(
    'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
  );
});

const waiting = (): { client: LambdaClient; maxWaitTime: number; minDelay: number } => ({
  client: functions.lambda,
  maxWaitTime: 60,
  minDelay: 1,
});

interface OtherAccount {
  readonly id: string;
  readonly lambda: LambdaClient;
  readonly role: string;
  readonly zip: Uint8Array;
}

/** As its administrator makes it with the `hearth` command. */
async function otherAccount(): Promise<OtherAccount> {
  const { endpoint } = functions.server;
  const made = JSON.parse(
    await hearth('--endpoint-url', endpoint, 'account', 'create', '--json'),
  ) as Record<'account' | 'accessKeyId' | 'secretAccessKey', string>;
  const options = { endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: made };
  const iam = new IAMClient(options);
  const role = await createFunctionRole(iam, 'guest');
  iam.destroy();
  const zip = await zipOf({ 'index.js': 'exports.handler = async () => 1;' });
  return { id: made.account, lambda: new LambdaClient(options), role, zip };
}

async function hearth(...args: readonly string[]): Promise<string> {
  const program = path.join(repository, 'packages/cli/src/main.ts');
  const { status, stdout, stderr } = await runCommand([process.execPath, program, ...args]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
