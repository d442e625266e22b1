import type { AssumeRoleResponse, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';
import type { Principal } from '../../core/principal.ts';
import { roleSessionPrincipal } from '../../iam/credentials.ts';

const ACCOUNT = '000000000000';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const TARGET = `arn:aws:iam::${ACCOUNT}:role/x/target`;
const NOW = Date.parse('2026-11-24T12:00:00Z');

let iam: OpenedIam;
beforeEach(async () => {
  iam = await openIam(NOW);
});

test('GetCallerIdentity tells the administrator who it is', async () => {
  const identity = await iam.call('sts', 'GetCallerIdentity', {});
  expect(identity).toEqual({ UserId: ACCOUNT, Account: ACCOUNT, Arn: ROOT });
});

test('GetCallerIdentity is allowed for a session that everything is denied', async () => {
  const principal = await session('app', { Effect: 'Deny', Action: '*', Resource: '*' });
  const { RoleId } = await roleOf('app');
  expect(await iam.call('sts', 'GetCallerIdentity', {}, principal)).toEqual({
    UserId: `${RoleId}:one`,
    Account: ACCOUNT,
    Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/one`,
  });
});

describe('AssumeRole', () => {
  test('gives credentials that work until they expire', async () => {
    await createRole('target', { AWS: ROOT }, { Path: '/x/' });
    const { Credentials, AssumedRoleUser } = await assume({ DurationSeconds: 900 });
    const { RoleId } = await roleOf('target');
    expect(AssumedRoleUser).toEqual({
      AssumedRoleId: `${RoleId}:me`,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/target/me`,
    });
    expect(Credentials?.Expiration).toEqual(new Date(NOW + 900_000));
    const find = (): unknown =>
      iam.identities.findCredentials(
        Credentials?.AccessKeyId ?? '',
        Credentials?.SessionToken ?? '',
        'sandbox',
        'lambda',
      );
    expect(find()).toMatchObject({
      secretAccessKey: Credentials?.SecretAccessKey,
      principal: { kind: 'role-session', roleArn: TARGET, sessionName: 'me' },
    });
    iam.clock.now += 900_000;
    expect(find).toThrow('expired');
  });

  test('lasts an hour where nothing is said, and no longer than the role allows', async () => {
    await createRole('target', { AWS: ROOT }, { Path: '/x/' });
    expect((await assume()).Credentials?.Expiration).toEqual(new Date(NOW + 3_600_000));
    await expect(assume({ DurationSeconds: 3601 })).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    });
  });

  test('by a session of another role ends after an hour, whatever the role allows', async () => {
    await createRole('target', { AWS: ROOT }, { Path: '/x/', MaxSessionDuration: 43_200 });
    const caller = await session('app', {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: '*',
    });
    await expect(assume({ DurationSeconds: 3601 }, caller)).rejects.toMatchObject({
      code: 'ValidationError',
      message:
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    });
    expect(await assume({ DurationSeconds: 3600 }, caller)).toBeDefined();
  });

  test('is refused alike for a role that does not exist and one that does not trust', async () => {
    const message = `User: ${ROOT} is not authorized to perform: sts:AssumeRole on resource: ${TARGET}`;
    await expect(assume()).rejects.toMatchObject({ code: 'AccessDenied', status: 403, message });
    await createRole('target', { Service: 'lambda.amazonaws.com' }, { Path: '/x/' });
    await expect(assume()).rejects.toMatchObject({ code: 'AccessDenied', status: 403, message });
  });

  test('of a role that trusts the account needs an identity policy', async () => {
    await createRole('target', { AWS: ROOT }, { Path: '/x/' });
    const nothing = await session('app', { Effect: 'Allow', Action: 's3:*', Resource: '*' });
    await expect(assume({}, nothing)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/app/one is not authorized to perform: sts:AssumeRole on resource: ${TARGET} because no identity-based policy allows the sts:AssumeRole action`,
    });
    const allowed = await session('app2', { Effect: 'Allow', Action: 'sts:*', Resource: TARGET });
    expect(await assume({}, allowed)).toBeDefined();
  });

  test('of a role that names the caller needs none', async () => {
    const caller = await session('app', { Effect: 'Allow', Action: 's3:*', Resource: '*' });
    const named = { AWS: `arn:aws:iam::${ACCOUNT}:role/app` };
    await createRole('target', named, { Path: '/x/' });
    expect(await assume({}, caller)).toBeDefined();
  });

  test('asks for the external id and the session name that the role wants', async () => {
    const Condition = { StringEquals: { 'sts:ExternalId': 'secret', 'sts:RoleSessionName': 'me' } };
    await createRole('target', { AWS: ROOT }, { Path: '/x/' }, Condition);
    expect(await assume({ ExternalId: 'secret' })).toBeDefined();
    await expect(assume()).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(assume({ ExternalId: 'wrong' })).rejects.toMatchObject({ code: 'AccessDenied' });
    const other = assume({ ExternalId: 'secret', RoleSessionName: 'you' });
    await expect(other).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('with a multi-factor device is refused, not given more than was asked for', async () => {
    await createRole('target', { AWS: ROOT }, { Path: '/x/' });
    const more = { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/me`, TokenCode: '123456' };
    await expect(assume(more)).rejects.toMatchObject({ status: 501 });
  });
});

describe('GetSessionToken', () => {
  test('gives the administrator temporary credentials for an hour at most', async () => {
    const { Credentials } = await iam.call<GetSessionTokenResponse>('sts', 'GetSessionToken', {
      DurationSeconds: 43_200,
    });
    expect(Credentials?.Expiration).toEqual(new Date(NOW + 3_600_000));
    const found = iam.identities.findCredentials(
      Credentials?.AccessKeyId ?? '',
      Credentials?.SessionToken,
      'public',
      'sts',
    );
    expect(found.principal.kind).toBe('root');
  });

  test('is not for sessions', async () => {
    const principal = await session('app', { Effect: 'Allow', Action: '*', Resource: '*' });
    await expect(iam.call('sts', 'GetSessionToken', {}, principal)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: 'Cannot call GetSessionToken with session credentials',
    });
  });
});

function assume(more: object = {}, principal?: Principal): Promise<AssumeRoleResponse> {
  const input = { RoleArn: TARGET, RoleSessionName: 'me', ...more };
  return iam.call<AssumeRoleResponse>('sts', 'AssumeRole', input, principal);
}

async function createRole(
  RoleName: string,
  trusted: object,
  more: object = {},
  Condition: object = {},
): Promise<void> {
  const statement = { Effect: 'Allow', Principal: trusted, Action: 'sts:AssumeRole', Condition };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  await iam.call('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument, ...more });
}

async function session(RoleName: string, statement: object): Promise<Principal> {
  await createRole(RoleName, { AWS: ROOT });
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  await iam.call('iam', 'PutRolePolicy', { RoleName, PolicyName: 'p', PolicyDocument });
  const role = iam.identities.roles.find(ACCOUNT, RoleName);
  if (role === undefined) throw new Error(`no role ${RoleName}`);
  return roleSessionPrincipal(role, 'one');
}

async function roleOf(RoleName: string): Promise<{ RoleId: string }> {
  const answer = await iam.call<{ Role: { RoleId: string } }>('iam', 'GetRole', { RoleName });
  return answer.Role;
}
