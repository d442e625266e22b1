/**
 * Users, access keys, groups and boundaries by the aws CLI: who acts here is decided as on AWS, and
 * who may not is told so in AWS's words.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAwsCli } from '../../packages/testkit/src/open-aws-cli.ts';
import type { CommandResult } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

const account = '000000000000';
const ann = `arn:aws:iam::${account}:user/team/ann`;
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: ann }, Action: 'sts:AssumeRole' }],
});
const allowing = (...Action: readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });

interface Keys {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string;
}

let server: TestServer;
let folder: string;
const cli = openAwsCli();

beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-identities-'));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const administrator: Keys = { AccessKeyId: 'test', SecretAccessKey: 'test' };

function aws(keys: Keys, ...args: readonly string[]): Promise<CommandResult> {
  const { AccessKeyId, SecretAccessKey, SessionToken } = keys;
  return cli.run(['--endpoint-url', server.endpoint, '--output', 'json', ...args], {
    env: {
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      ...(SessionToken === undefined ? {} : { AWS_SESSION_TOKEN: SessionToken }),
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_PAGER: '',
    },
    cwd: folder,
  });
}

/** Runs a command that must succeed, and reads its JSON (or nothing). */
async function awsJson(keys: Keys, ...args: readonly string[]): Promise<Record<string, never>> {
  const { status, stdout, stderr } = await aws(keys, ...args);
  expect({ args, status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, never>);
}

const iam = (...args: readonly string[]): Promise<Record<string, never>> =>
  awsJson(administrator, 'iam', ...args);

describe('a user of the aws CLI', () => {
  let key: Keys;

  test('is created with a key, whose secret works and is shown once', async () => {
    await iam('create-user', '--user-name', 'ann', '--path', '/team/', '--tags', 'Key=a,Value=b');
    const created = await iam('create-access-key', '--user-name', 'ann');
    key = created['AccessKey'] as unknown as Keys;
    const identity = await awsJson(key, 'sts', 'get-caller-identity');
    expect(identity).toMatchObject({ Account: account, Arn: ann });
    const wrong = { ...key, SecretAccessKey: `${key.SecretAccessKey.slice(1)}x` };
    const refused = await aws(wrong, 'sts', 'get-caller-identity');
    expect(refused.stderr).toContain('(SignatureDoesNotMatch)');
    const listed = await iam('list-access-keys', '--user-name', 'ann');
    expect(JSON.stringify(listed)).not.toContain(key.SecretAccessKey);
  });

  test('may do nothing, and is told why', async () => {
    const denied = await aws(key, 'iam', 'list-roles');
    expect(denied.status).not.toBe(0);
    expect(denied.stderr).toContain(
      `An error occurred (AccessDenied) when calling the ListRoles operation: User: ${ann} is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::${account}:role/ because no identity-based policy allows the iam:ListRoles action`,
    );
  });

  test('may do what its group may', async () => {
    await iam('create-group', '--group-name', 'readers');
    const name = ['--policy-name', 'read'];
    const document = ['--policy-document', allowing('iam:List*', 'iam:Get*', 'lambda:List*')];
    await iam('put-group-policy', '--group-name', 'readers', ...name, ...document);
    await iam('add-user-to-group', '--group-name', 'readers', '--user-name', 'ann');
    expect(await awsJson(key, 'iam', 'list-roles')).toEqual({ Roles: [] });
    expect(await awsJson(key, 'lambda', 'list-functions')).toEqual({ Functions: [] });
    expect(await awsJson(key, 'iam', 'get-user')).toMatchObject({
      User: { UserName: 'ann', Tags: [{ Key: 'a', Value: 'b' }] },
    });
  });

  test('may not do what its boundary leaves out', async () => {
    const document = allowing('iam:List*', 'sts:*');
    const made = ['--policy-name', 'fence', '--policy-document', document];
    await iam('create-policy', ...made);
    const fence = ['--permissions-boundary', `arn:aws:iam::${account}:policy/fence`];
    await iam('put-user-permissions-boundary', '--user-name', 'ann', ...fence);
    expect(await awsJson(key, 'iam', 'list-roles')).toEqual({ Roles: [] });
    const denied = await aws(key, 'lambda', 'list-functions');
    expect(denied.stderr).toContain(
      'because no permissions boundary allows the lambda:ListFunctions action',
    );
    const simulated = await iam(
      ...['simulate-principal-policy', '--policy-source-arn', ann],
      ...['--action-names', 'iam:ListRoles', 'lambda:ListFunctions'],
    );
    expect(simulated).toMatchObject({
      EvaluationResults: [{ EvalDecision: 'allowed' }, { EvalDecision: 'implicitDeny' }],
    });
  });

  test('assumes a role that trusts it, with less than the role may', async () => {
    await iam('create-role', '--role-name', 'app', '--assume-role-policy-document', trust);
    const administrators = ['--policy-arn', 'arn:aws:iam::aws:policy/AdministratorAccess'];
    await iam('attach-role-policy', '--role-name', 'app', ...administrators);
    const role = ['--role-arn', `arn:aws:iam::${account}:role/app`, '--role-session-name', 'ann'];
    const policy = ['--policy', allowing('iam:GetRole')];
    const assumed = await awsJson(key, 'sts', 'assume-role', ...role, ...policy);
    const session = assumed['Credentials'] as unknown as Keys;
    expect(await awsJson(session, 'iam', 'get-role', '--role-name', 'app')).toMatchObject({
      Role: { RoleName: 'app' },
    });
    const denied = await aws(session, 'iam', 'list-roles');
    expect(denied.stderr).toContain('because no session policy allows the iam:ListRoles action');
  });

  test('has a key that tells its last use, and stops when it is inactive', async () => {
    const used = await iam('get-access-key-last-used', '--access-key-id', key.AccessKeyId);
    expect(used).toMatchObject({
      UserName: 'ann',
      AccessKeyLastUsed: { Region: 'eu-central-1', ServiceName: 'sts' },
    });
    const update = ['update-access-key', '--user-name', 'ann', '--access-key-id', key.AccessKeyId];
    await iam(...update, '--status', 'Inactive');
    const refused = await aws(key, 'sts', 'get-caller-identity');
    expect(refused.stderr).toContain('(InvalidClientTokenId)');
  });

  test('is deleted when nothing is left of it', async () => {
    const refused = await aws(administrator, 'iam', 'delete-user', '--user-name', 'ann');
    expect(refused.stderr).toContain('must remove users from group first.');
    const user = ['--user-name', 'ann'];
    await iam('remove-user-from-group', '--group-name', 'readers', ...user);
    await iam('delete-access-key', '--access-key-id', key.AccessKeyId, ...user);
    await iam('delete-user', ...user);
    expect(await iam('list-users')).toEqual({ Users: [] });
  });
});
