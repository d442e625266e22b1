/**
 * The main job by the AWS SDK for JavaScript v3, set up by AWS_ENDPOINT_URL alone, and what a
 * function can do with the SDK that its runtime carries: its role's rights and nothing else.
 */
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListCapacityProvidersCommand,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
  type Runtime,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

let server: TestServer;
let lambda: LambdaClient;
let iam: IAMClient;
let logs: CloudWatchLogsClient;
let role: string;

beforeAll(async () => {
  server = await startServer();
  process.env['AWS_ENDPOINT_URL'] = server.endpoint;
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  process.env['AWS_REGION'] = 'sa-east-1';
  lambda = new LambdaClient({ maxAttempts: 1 });
  iam = new IAMClient({ maxAttempts: 1 });
  logs = new CloudWatchLogsClient({ maxAttempts: 1 });
  role = await createFunctionRole(iam, 'js-role');
});
afterAll(async () => {
  lambda?.destroy();
  iam?.destroy();
  logs?.destroy();
  await server?.[Symbol.asyncDispose]();
});

async function createFunction(name: string, runtime: Runtime, source: string): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtime,
      Handler: 'index.handler',
      Role: role,
      Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
      Timeout: 60,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: name });
}

async function invoke(name: string, event: object): Promise<unknown> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  return JSON.parse(answer.Payload?.transformToString() ?? '');
}

describe('the AWS SDK for JavaScript', () => {
  test('finds the server by AWS_ENDPOINT_URL, and gets typed errors', async () => {
    const missing = lambda.send(new InvokeCommand({ FunctionName: 'nobody' }));
    await expect(missing).rejects.toThrow(ResourceNotFoundException);
    await expect(missing).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      Type: 'User',
    });
  });

  test('is told by name of an operation that is not implemented yet', async () => {
    await expect(lambda.send(new ListCapacityProvidersCommand({}))).rejects.toMatchObject({
      name: 'NotImplementedException',
      message: 'Hearth does not implement lambda:ListCapacityProviders yet.',
      $metadata: { httpStatusCode: 501 },
    });
  });

  test.each(['nodejs20.x', 'nodejs22.x', 'nodejs24.x', 'nodejs26.x'] as const)(
    'inside a %s function it has the rights of the execution role, and no others',
    async (runtime) => {
      const name = `sdk-${runtime.replace('.', '-')}`;
      await createFunction(
        name,
        runtime,
        `import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
const outcome = (promise) => promise.then(() => 'allowed', (error) => error.name + ': ' + error.message);
export const handler = async () => {
  const asAdministrator = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    node: process.version,
    arn: (await new STSClient().send(new GetCallerIdentityCommand())).Arn,
    iam: await outcome(new IAMClient().send(new ListRolesCommand())),
    lambda: await outcome(new LambdaClient().send(new ListFunctionsCommand())),
    administrator: await outcome(new LambdaClient(asAdministrator).send(new ListFunctionsCommand())),
  };
};`,
      );
      const session = `arn:aws:sts::000000000000:assumed-role/js-role/${name}`;
      expect(await invoke(name, {})).toEqual({
        node: expect.stringMatching(new RegExp(`^v${runtime.slice(6, 8)}\\.`)),
        arn: session,
        iam: expect.stringContaining(
          `AccessDenied: User: ${session} is not authorized to perform: iam:ListRoles on resource`,
        ),
        lambda: expect.stringContaining(
          `AccessDeniedException: User: ${session} is not authorized to perform: lambda:ListFunctions on resource: *`,
        ),
        administrator:
          'UnrecognizedClientException: The security token included in the request is invalid.',
      });
    },
  );

  test('a policy added to the role is in force at the next call', async () => {
    const document = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'lambda:List*', Resource: '*' }],
    };
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'js-role',
        PolicyName: 'list',
        PolicyDocument: JSON.stringify(document),
      }),
    );
    expect(await invoke('sdk-nodejs26-x', {})).toMatchObject({ lambda: 'allowed' });
  });

  test('a role without permission to log loses its logs, and the function still runs', async () => {
    const silent = await createFunctionRole(iam, 'silent', { mayLog: false });
    const source = `export const handler = async () => { console.log('unheard'); return 'ran'; };`;
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'silent',
        Runtime: 'nodejs26.x',
        Handler: 'index.handler',
        Role: silent,
        Timeout: 60,
        Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 60 },
      { FunctionName: 'silent' },
    );
    expect(await invoke('silent', {})).toBe('ran');
    await createFunction('loud', 'nodejs26.x', source);
    expect(await invoke('loud', {})).toBe('ran');
    await expect
      .poll(async () => {
        const events = await logs
          .send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/loud' }))
          .catch(() => ({ events: [] }));
        return events.events?.some((event) => event.message?.includes('unheard'));
      })
      .toBe(true);
    const groups = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/silent' }),
    );
    expect(groups.logGroups).toEqual([]);
  });
});
