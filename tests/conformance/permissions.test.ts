/**
 * Permissions from end to end, with real clients: web identities, other accounts, a role that may
 * use one log group, policies that change under way, and what the server keeps to itself.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CreateLogGroupCommand, CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AddPermissionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { runCommand, type CommandResult } from '../../packages/testkit/src/run-command.ts';
import { repository } from '../../packages/testkit/src/start-server.ts';

const account = '000000000000';
const region = 'eu-west-1';
const ISSUER = 'https://id.example.com';
const VARIABLE = 'variable-that-nobody-else-may-see';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

let functions: Functions;
let folder: string;
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** Whatever must be nowhere but in the hands of its owner. */
const secrets: string[] = [VARIABLE];

const source = `import { CloudWatchLogsClient, CreateLogStreamCommand } from '@aws-sdk/client-cloudwatch-logs';
const logs = new CloudWatchLogsClient({ maxAttempts: 1 });
export const handler = async ({ group }) => {
  try {
    await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 's' }));
    return 'made';
  } catch (error) {
    return { name: error.name, message: error.message, requestId: error.$metadata.requestId };
  }
};
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-permissions-'));
  const keys = [{ ...signer.publicKey.export({ format: 'jwk' }), kid: 'one' }];
  const file = path.join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ [ISSUER]: { keys } }));
  functions = await openFunctions(['--web-identity-keys', file, '--log-level', 'debug']);
  await functions.create(
    'writes',
    'nodejs26.x',
    { 'index.mjs': source },
    { Environment: { Variables: { PASSWORD: VARIABLE } }, Timeout: 30 },
  );
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const document = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });
const options = (credentials: Keys) => ({
  endpoint: functions.server.endpoint,
  region,
  credentials,
  maxAttempts: 1,
});
const administrator: Keys = { accessKeyId: 'test', secretAccessKey: 'test' };

async function userWithKey(UserName: string): Promise<Keys> {
  await functions.iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await functions.iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
  secrets.push(secretAccessKey);
  return { accessKeyId, secretAccessKey };
}

/** The `hearth` command as a process of its own. */
function hearth(keys: Keys, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand(
    [process.execPath, path.join(repository, 'packages/cli/src/main.ts'), ...args],
    {
      env: {
        AWS_ENDPOINT_URL: functions.server.endpoint,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
    },
  );
}

test('a token of an identity provider is all that the aws CLI needs', async () => {
  await functions.iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: ISSUER,
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: ['0'.repeat(40)],
    }),
  );
  const provider = `arn:aws:iam::${account}:oidc-provider/id.example.com`;
  const { Role } = await functions.iam.send(
    new CreateRoleCommand({
      RoleName: 'deploys',
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { 'id.example.com:sub': 'repo:hearth:*' } },
      }),
    }),
  );
  const wrong = await exchange(idToken('repo:elsewhere:main'), Role?.Arn ?? '');
  expect(wrong.stderr).toContain('(AccessDenied)');
  expect(wrong.stderr).toContain('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  const right = await exchange(idToken('repo:hearth:main'), Role?.Arn ?? '');
  expect(right).toMatchObject({ status: 0 });
  const { Credentials, SubjectFromWebIdentityToken } = JSON.parse(right.stdout) as {
    Credentials: { SecretAccessKey: string; SessionToken: string };
    SubjectFromWebIdentityToken: string;
  };
  expect(SubjectFromWebIdentityToken).toBe('repo:hearth:main');
  secrets.push(Credentials.SecretAccessKey, Credentials.SessionToken);
});

function exchange(token: string, roleArn: string): Promise<CommandResult> {
  secrets.push(token);
  return runCommand(
    [
      '/usr/bin/aws',
      ...['--endpoint-url', functions.server.endpoint, '--output', 'json', 'sts'],
      ...['assume-role-with-web-identity', '--role-arn', roleArn, '--role-session-name', 'ci'],
      ...['--web-identity-token', token],
    ],
    { env: { PATH: process.env['PATH'], AWS_DEFAULT_REGION: region, AWS_PAGER: '' } },
  );
}

function idToken(sub: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub,
    aud: 'sts.amazonaws.com',
    iat: nowSeconds,
    exp: nowSeconds + 600,
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part(claims)}`;
  const key = { key: signer.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

test('another account needs the leave of both: of the function or the role, and its own', async () => {
  const { status, stdout } = await hearth(administrator, 'account', 'create', '--json');
  expect(status).toBe(0);
  const other = JSON.parse(stdout) as Keys & { readonly account: string };
  secrets.push(other.secretAccessKey);
  const FunctionName = `arn:aws:lambda:${region}:${account}:function:writes`;
  const input = { FunctionName, InvocationType: 'DryRun' } as const;
  const invoke = (keys: Keys): Promise<unknown> =>
    new LambdaClient(options(keys)).send(new InvokeCommand(input));
  await expect(invoke(other)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('because no resource-based policy allows'),
  });
  await functions.lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'other',
      Action: 'lambda:InvokeFunction',
      Principal: other.account,
    }),
  );
  expect(await invoke(other)).toMatchObject({ StatusCode: 204 });

  await functions.iam.send(
    new CreateRoleCommand({
      RoleName: 'guest',
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${other.account}:root` },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'agreed' } },
      }),
    }),
  );
  const sts = new STSClient(options(other));
  const guest = { RoleArn: `arn:aws:iam::${account}:role/guest`, RoleSessionName: 'me' };
  await expect(sts.send(new AssumeRoleCommand(guest))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  const assumed = await sts.send(new AssumeRoleCommand({ ...guest, ExternalId: 'agreed' }));
  const session: Keys = {
    accessKeyId: assumed.Credentials?.AccessKeyId ?? '',
    secretAccessKey: assumed.Credentials?.SecretAccessKey ?? '',
    sessionToken: assumed.Credentials?.SessionToken ?? '',
  };
  secrets.push(session.secretAccessKey, session.sessionToken ?? '');
  await expect(invoke(session)).rejects.toThrow('because no identity-based policy allows');
  const may = document({
    Effect: 'Allow',
    Action: 'lambda:InvokeFunction',
    Resource: FunctionName,
  });
  const policy = { RoleName: 'guest', PolicyName: 'may', PolicyDocument: may };
  await functions.iam.send(new PutRolePolicyCommand(policy));
  expect(await invoke(session)).toMatchObject({ StatusCode: 204 });
});

test('a function uses the log group that its role may use; why not another, hearth explains', async () => {
  const logs = new CloudWatchLogsClient(options(administrator));
  for (const logGroupName of ['mine', 'yours']) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
  }
  const mine = `arn:aws:logs:${region}:${account}:log-group:mine:*`;
  await functions.iam.send(
    new CreateRoleCommand({
      RoleName: 'narrow',
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
    }),
  );
  await functions.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'narrow',
      PolicyName: 'mine',
      PolicyDocument: document({ Effect: 'Allow', Action: 'logs:CreateLogStream', Resource: mine }),
    }),
  );
  const Role = `arn:aws:iam::${account}:role/narrow`;
  await functions.create('narrow', 'nodejs26.x', { 'index.mjs': source }, { Role, Timeout: 30 });
  expect((await functions.invoke('narrow', { group: 'mine' })).payload).toBe('made');
  const { payload } = await functions.invoke('narrow', { group: 'yours' });
  expect(payload).toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('is not authorized to perform: logs:CreateLogStream'),
  });
  const { requestId } = payload as { readonly requestId: string };
  const explained = await hearth(administrator, 'explain', requestId);
  expect(explained).toMatchObject({ status: 0, stderr: '' });
  expect(explained.stdout).toContain('"Action": "logs:CreateLogStream"');
  expect(explained.stdout).toContain(`arn:aws:logs:${region}:${account}:log-group:yours`);
  // Its own log is lost for the same reason, and that is shown as well.
  await expect
    .poll(async () => (await hearth(administrator, 'explain')).stdout, { timeout: 30_000 })
    .toContain('log-group:/aws/lambda/narrow:');
});

test('a policy decides from its answer on, however many invocations are under way', async () => {
  const keys = await userWithKey('racer');
  const lambda = new LambdaClient(options(keys));
  const invoke = async (): Promise<'done' | 'denied'> => {
    try {
      const input = { FunctionName: 'writes', InvocationType: 'DryRun' } as const;
      await lambda.send(new InvokeCommand(input));
      return 'done';
    } catch (error) {
      expect(error).toMatchObject({ name: 'AccessDeniedException' });
      return 'denied';
    }
  };
  const policy = { UserName: 'racer', PolicyName: 'may' };
  const PolicyDocument = document({ Effect: 'Allow', Action: 'lambda:Invoke*', Resource: '*' });
  const over = new AbortController();
  const flood = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) await invoke();
  });
  try {
    for (let round = 0; round < 10; round += 1) {
      expect(await invoke()).toBe('denied');
      await functions.iam.send(new PutUserPolicyCommand({ ...policy, PolicyDocument }));
      expect(await invoke()).toBe('done');
      await functions.iam.send(new DeleteUserPolicyCommand(policy));
    }
  } finally {
    over.abort();
    await Promise.all(flood);
  }
});

test('hearth has no server to talk to where there is none, and says so', async () => {
  const { status, stderr } = await runCommand(
    [process.execPath, path.join(repository, 'packages/cli/src/main.ts'), 'doctor'],
    { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } },
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/^hearth: No server answers at http:\/\/127\.0\.0\.1:1\. [^\n]+\n$/);
});

/** The last of the file: everything above has had its chance to leak. */
test('no secret is in the log at its most talkative, nor readable in the data folder', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  await functions.iam.send(new AttachUserPolicyCommand({ UserName: 'racer', PolicyArn }));
  const { payload } = await functions.invoke('writes', { group: 'none' });
  expect(payload).toMatchObject({ name: expect.any(String) });
  expect(secrets.length).toBeGreaterThan(6);
  const log = functions.server.output();
  expect(log).toContain('"level":"debug"');
  for (const secret of secrets) {
    expect(log.includes(secret), `the log holds ${secret.slice(0, 6)}...`).toBe(false);
  }
  for (const file of await filesIn(functions.server.dataFolder)) {
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    for (const secret of secrets) {
      const isThere = content.includes(secret) || content.includes(encodeURIComponent(secret));
      expect(isThere, `${path.basename(file)} holds ${secret.slice(0, 6)}...`).toBe(false);
    }
  }
});

/** Of the state that is kept; what a sandbox mounts is its own business. */
async function filesIn(dataFolder: string): Promise<readonly string[]> {
  const entries = await readdir(dataFolder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\/sandboxes(\/|$)/.test(entry.parentPath))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
