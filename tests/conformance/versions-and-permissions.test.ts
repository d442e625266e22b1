/**
 * Versions, aliases and resource policies by the AWS SDK for JavaScript and the aws CLI, against a
 * server started as a user starts it: what is published goes on running as it was, an alias splits
 * its callers, and a policy of the function lets in exactly whom it names.
 */
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  ResourceConflictException,
  ResourceNotFoundException,
  TooManyRequestsException,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
  type InvokeCommandOutput,
} from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const region = 'eu-west-1';
const FunctionName = 'greeter';
const arn = `arn:aws:lambda:${region}:000000000000:function:${FunctionName}`;
const roleArn = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

let server: TestServer;
let lambda: LambdaClient;
let iam: IAMClient;
let sts: STSClient;
let firstZip: Uint8Array;
const clientOf = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) => ({
  endpoint: server.endpoint,
  region,
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
});
const code = (greeting: string): Promise<Uint8Array> =>
  zipOf({
    'index.mjs': `export const handler = async (event, context) => ({
      greeting: '${greeting}',
      version: context.functionVersion,
      variable: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      arn: context.invokedFunctionArn,
      stream: context.logStreamName,
    });`,
  });
const wait = (): { client: LambdaClient; maxWaitTime: number; minDelay: number } => ({
  client: lambda,
  maxWaitTime: 30,
  minDelay: 1,
});

beforeAll(async () => {
  firstZip = await code('one');
  server = await startServer();
  const options = clientOf('test', 'test');
  [lambda, iam, sts] = [new LambdaClient(options), new IAMClient(options), new STSClient(options)];
  const trust = (Principal: object): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
    });
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'runs',
      AssumeRolePolicyDocument: trust({ Service: 'lambda.amazonaws.com' }),
    }),
  );
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'runs', PolicyArn }));
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'guest',
      AssumeRolePolicyDocument: trust({ AWS: 'arn:aws:iam::000000000000:root' }),
    }),
  );
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs26.x',
      Role: roleArn('runs'),
      Handler: 'index.handler',
      Code: { ZipFile: firstZip },
      Publish: true,
    }),
  );
  await waitUntilFunctionActiveV2(wait(), { FunctionName });
  await waitUntilPublishedVersionActive(wait(), { FunctionName, Qualifier: '1' });
});
afterAll(async () => {
  for (const client of [lambda, iam, sts]) client?.destroy();
  await server?.[Symbol.asyncDispose]();
});

const bodyOf = ({ Payload }: InvokeCommandOutput): Record<string, string> =>
  JSON.parse(Buffer.from(Payload ?? []).toString());
const invoke = (Qualifier?: string, client = lambda): Promise<InvokeCommandOutput> =>
  client.send(new InvokeCommand({ FunctionName, Qualifier }));

describe('versions', () => {
  test('a published version runs its own code when $LATEST has other', async () => {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await code('two') }));
    await waitUntilFunctionUpdatedV2(wait(), { FunctionName });
    const first = await invoke('1');
    expect(first.ExecutedVersion).toBe('1');
    expect(bodyOf(first)).toMatchObject({
      greeting: 'one',
      version: '1',
      variable: '1',
      arn: `${arn}:1`,
      stream: expect.stringContaining('[1]'),
    });
    expect(bodyOf(await invoke())).toMatchObject({ greeting: 'two', version: '$LATEST', arn });
  });

  test('publishing gives the next number once, and lists show all', async () => {
    const published = await lambda.send(
      new PublishVersionCommand({ FunctionName, Description: 'second' }),
    );
    expect(published).toMatchObject({ Version: '2', FunctionArn: `${arn}:2`, State: 'Pending' });
    await waitUntilPublishedVersionActive(wait(), { FunctionName, Qualifier: '2' });
    const again = await lambda.send(new PublishVersionCommand({ FunctionName }));
    expect(again).toMatchObject({ Version: '2', Description: 'second', State: 'Active' });
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);
  });

  test('the code of a version is downloaded as it was uploaded', async () => {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: `${arn}:1` }));
    const answer = await fetch(Code?.Location ?? '');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(firstZip));
  });
});

describe('aliases', () => {
  test('an alias runs what it points to, under its own name, and moves', async () => {
    const alias = await lambda.send(
      new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }),
    );
    expect(alias).toMatchObject({ AliasArn: `${arn}:live`, FunctionVersion: '1' });
    expect(bodyOf(await invoke('live'))).toMatchObject({ greeting: 'one', arn: `${arn}:live` });
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '2' }));
    const moved = await invoke('live');
    expect(moved.ExecutedVersion).toBe('2');
    expect(bodyOf(moved)).toMatchObject({ greeting: 'two', version: '2', arn: `${arn}:live` });
  });

  test('weights send some to the other version', async () => {
    const RoutingConfig = { AdditionalVersionWeights: { 1: 0.5 } };
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', RoutingConfig }));
    const seen = new Set<string | undefined>();
    // Both come within this many, or a coin fell to one side 100 times.
    for (let each = 0; each < 100 && seen.size < 2; each++) {
      seen.add((await invoke('live')).ExecutedVersion);
    }
    expect(seen).toEqual(new Set(['1', '2']));
  });

  test('a version with an alias stays; without it goes', async () => {
    const remove = new DeleteFunctionCommand({ FunctionName, Qualifier: '1' });
    await expect(lambda.send(remove)).rejects.toThrow(ResourceConflictException);
    await lambda.send(new DeleteAliasCommand({ FunctionName, Name: 'live' }));
    await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '1' }));
    await expect(invoke('1')).rejects.toThrow(ResourceNotFoundException);
    expect(bodyOf(await invoke('2'))).toMatchObject({ greeting: 'two' });
  });
});

describe('permissions', () => {
  test('a role without policies invokes what names it, and nothing else', async () => {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn('guest'), RoleSessionName: 'one' }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    const guest = new LambdaClient(clientOf(AccessKeyId, SecretAccessKey, SessionToken));
    const denied = {
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        /^User: arn:aws:sts::000000000000:assumed-role\/guest\/one is not authorized to perform: lambda:InvokeFunction on resource: .* because no identity-based policy allows the lambda:InvokeFunction action$/,
      ),
    };
    await expect(invoke('2', guest)).rejects.toMatchObject(denied);
    const permission = { FunctionName, Qualifier: '2', StatementId: 'guest' };
    await lambda.send(
      new AddPermissionCommand({
        ...permission,
        Action: 'lambda:InvokeFunction',
        Principal: roleArn('guest'),
      }),
    );
    expect(bodyOf(await invoke('2', guest))).toMatchObject({ greeting: 'two' });
    await expect(invoke(undefined, guest)).rejects.toMatchObject(denied);
    await lambda.send(new RemovePermissionCommand(permission));
    await expect(invoke('2', guest)).rejects.toMatchObject(denied);
    guest.destroy();
  });

  test('the aws CLI adds, shows and removes a permission', async () => {
    const aws = async (...args: readonly string[]): Promise<unknown> => {
      const command = ['/usr/bin/aws', '--endpoint-url', server.endpoint, '--output', 'json'];
      const { status, stdout, stderr } = await runCommand([...command, 'lambda', ...args], {
        env: {
          PATH: process.env['PATH'],
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_DEFAULT_REGION: region,
          AWS_PAGER: '',
        },
      });
      expect({ args, status, stderr }).toMatchObject({ status: 0 });
      return stdout.trim() === '' ? {} : JSON.parse(stdout);
    };
    const on = ['--function-name', FunctionName];
    const statement = ['--statement-id', 's3', '--action', 'lambda:InvokeFunction'];
    const source = ['--source-arn', 'arn:aws:s3:::orders', '--source-account', '000000000000'];
    await aws(
      'add-permission',
      ...on,
      ...statement,
      ...['--principal', 's3.amazonaws.com'],
      ...source,
    );
    const { Policy } = (await aws('get-policy', ...on)) as { Policy: string };
    expect(JSON.parse(Policy)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        {
          Sid: 's3',
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'lambda:InvokeFunction',
          Resource: arn,
          Condition: {
            StringEquals: { 'AWS:SourceAccount': '000000000000' },
            ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::orders' },
          },
        },
      ],
    });
    await aws('remove-permission', ...on, '--statement-id', 's3');
    await expect(lambda.send(new GetPolicyCommand({ FunctionName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The resource you requested does not exist.',
    });
  });
});

test('a function with nothing reserved is throttled with the reason, and free again after', async () => {
  const put = { FunctionName, ReservedConcurrentExecutions: 0 };
  await lambda.send(new PutFunctionConcurrencyCommand(put));
  const error = await invoke().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TooManyRequestsException);
  expect(error).toMatchObject({
    message: 'Rate Exceeded.',
    Type: 'User',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
  await expect(invoke('2')).rejects.toThrow(TooManyRequestsException);
  await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  expect((await invoke()).StatusCode).toBe(200);
});
