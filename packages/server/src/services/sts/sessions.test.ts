import type { GetRoleResponse } from '@aws-sdk/client-iam';
import type { AssumeRoleResponse, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';
import type { Principal } from '../../core/principal.ts';
import { authorise } from '../../iam/authorise.ts';
import { createAccount } from '../../iam/create-account.ts';
import { randomIds } from '../../lib/ids.ts';

const ACCOUNT = '000000000000';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`;
const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;
const TARGET = `arn:aws:iam::${ACCOUNT}:role/target`;
const NOW = Date.parse('2026-11-24T12:00:00Z');
const policy = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (Action: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});

let iam: OpenedIam;
let ann: Principal;

beforeEach(async () => {
  iam = await openIam(NOW);
  await iam.call('iam', 'CreateUser', { UserName: 'ann' });
  const { AccessKey } = await iam.call<{ AccessKey: { AccessKeyId: string } }>(
    'iam',
    'CreateAccessKey',
    { UserName: 'ann' },
  );
  ann = iam.identities.findCredentials(AccessKey.AccessKeyId, undefined, 'public', 'sts').principal;
});

describe('a user who assumes a role', () => {
  const mayAssume = async (): Promise<object> =>
    iam.call('iam', 'PutUserPolicy', {
      UserName: 'ann',
      PolicyName: 'p',
      PolicyDocument: policy(allow('sts:AssumeRole')),
    });

  test('needs no policy where the role trusts the user by name', async () => {
    await createTarget({ AWS: ANN });
    expect(await assume()).toBeDefined();
  });

  test('needs a policy where the role trusts the account', async () => {
    await createTarget({ AWS: ROOT });
    await expect(assume()).rejects.toThrow(
      `User: ${ANN} is not authorized to perform: sts:AssumeRole on resource: ${TARGET} because no identity-based policy allows the sts:AssumeRole action`,
    );
    await mayAssume();
    expect(await assume()).toBeDefined();
  });

  test('of another account needs both the trust and a policy', async () => {
    const { accessKeyId, account } = await createAccount({
      identities: iam.identities,
      ids: randomIds,
    });
    const find = (): Principal =>
      iam.identities.findCredentials(accessKeyId, undefined, 'public', 'sts').principal;
    const administrator = find();
    await createTarget({ AWS: ROOT });
    await expect(assume({}, administrator)).rejects.toThrow('is not authorized');
    await iam.call('iam', 'UpdateAssumeRolePolicy', {
      RoleName: 'target',
      PolicyDocument: trusting({ AWS: `arn:aws:iam::${account}:user/Administrator` }),
    });
    expect(await assume({}, administrator)).toBeDefined();
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    const input = { UserName: 'Administrator', PolicyArn };
    await iam.call('iam', 'DetachUserPolicy', input, administrator);
    await expect(assume({}, administrator)).rejects.toThrow('no identity-based policy allows');
  });
});

describe('a trust policy', () => {
  const shown = async (): Promise<unknown> => {
    const { Role } = await iam.call<GetRoleResponse>('iam', 'GetRole', { RoleName: 'target' });
    const document = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    return (JSON.parse(document) as { Statement: { Principal: unknown }[] }).Statement[0]
      ?.Principal;
  };
  const makeUser = async (UserName: string): Promise<Principal> => {
    await iam.call('iam', 'CreateUser', { UserName });
    const made = await iam.call<{ AccessKey: { AccessKeyId: string } }>('iam', 'CreateAccessKey', {
      UserName,
    });
    return iam.identities.findCredentials(made.AccessKey.AccessKeyId, undefined, 'public', 'sts')
      .principal;
  };

  test('trusts nobody who takes the name of a user that is gone, and shows the id', async () => {
    const bob = await makeUser('bob');
    await createTarget({ AWS: [BOB, ANN] });
    expect(await shown()).toEqual({ AWS: [BOB, ANN] });
    expect(await assume({}, bob)).toBeDefined();
    await iam.identities.users.remove(ACCOUNT, 'bob', () => {});
    expect(await shown()).toEqual({ AWS: [bob.kind === 'user' ? bob.userId : '', ANN] });
    const other = await makeUser('bob');
    await expect(assume({}, other)).rejects.toThrow('is not authorized to perform: sts:AssumeRole');
    expect(await assume()).toBeDefined();
    await iam.call('iam', 'UpdateAssumeRolePolicy', {
      RoleName: 'target',
      PolicyDocument: trusting({ AWS: BOB }),
    });
    expect(await shown()).toEqual({ AWS: BOB });
    expect(await assume({}, other)).toBeDefined();
  });

  test('trusts no role that takes the name of another', async () => {
    await createTarget({ AWS: ANN }, policy(allow('*')), 'sts:AssumeRole', {}, 'first');
    const first = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/first` };
    await createTarget({ AWS: first.RoleArn });
    expect(await assume({}, await sessionOf(first))).toBeDefined();
    await createTarget({ AWS: ANN }, policy(allow('*')), 'sts:AssumeRole', {}, 'first');
    await expect(assume({}, await sessionOf(first))).rejects.toThrow('is not authorized');
    expect(await shown()).toEqual({ AWS: expect.stringMatching(/^AROA/) });
  });

  test('goes on to trust a user that was renamed, and shows the new name', async () => {
    await createTarget({ AWS: ANN });
    await iam.call('iam', 'UpdateUser', { UserName: 'ann', NewUserName: 'anne' });
    expect(await assume({}, { ...ann, arn: `${ANN}e` } as Principal)).toBeDefined();
    expect(await shown()).toEqual({ AWS: `${ANN}e` });
  });

  test('names nobody who does not exist in an account of this server, and has no NotPrincipal', async () => {
    const { account } = await createAccount({ identities: iam.identities, ids: randomIds });
    const nobody = `arn:aws:iam::${account}:user/nobody`;
    await expect(createTarget({ AWS: nobody })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      message: `Invalid principal in policy: "AWS":"${nobody}"`,
    });
    const Statement = { Effect: 'Deny', NotPrincipal: { AWS: ANN }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = policy(Statement);
    const input = { RoleName: 'none', AssumeRolePolicyDocument };
    await expect(iam.call('iam', 'CreateRole', input)).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
    });
  });

  test('sees the address that the request came from', async () => {
    const from = (range: string): Promise<void> =>
      createTarget({ AWS: ANN }, policy(allow('*')), 'sts:AssumeRole', {
        IpAddress: { 'aws:SourceIp': range },
      });
    await from('127.0.0.0/8');
    expect(await assume()).toBeDefined();
    await from('192.0.2.0/24');
    await expect(assume()).rejects.toThrow('is not authorized');
  });
});

describe('a session policy', () => {
  test('leaves only what both it and the role allow', async () => {
    await createTarget({ AWS: ANN }, policy(allow(['s3:*', 'sqs:*'])));
    const session = await sessionOf({ Policy: policy(allow(['s3:Get*', 'sns:*'])) });
    expect(can(session, 's3:GetObject')).toBe('allowed');
    expect(can(session, 's3:PutObject')).toContain('because no session policy allows');
    expect(can(session, 'sns:Publish')).toContain('because no identity-based policy allows');
  });

  test('can deny, and several together allow what one of them does', async () => {
    await createTarget({ AWS: ANN }, policy(allow('*')));
    const arn = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess';
    const Policy = policy(allow('s3:*'), { ...allow('s3:Delete*'), Effect: 'Deny' });
    const session = await sessionOf({ Policy, PolicyArns: [{ arn }] });
    expect(can(session, 's3:DeleteObject')).toContain('with an explicit deny in a session policy');
    expect(can(session, 'sqs:SendMessage')).toBe('allowed');
    expect(can(session, 'logs:PutLogEvents')).toContain('because no session policy allows');
  });

  test('is checked: malformed, unknown and too long ones are refused', async () => {
    await createTarget({ AWS: ANN });
    await expect(assume({ Policy: '{}' })).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
    });
    const arn = `arn:aws:iam::${ACCOUNT}:policy/unknown`;
    await expect(assume({ PolicyArns: [{ arn }] })).rejects.toMatchObject({
      code: 'ValidationError',
    });
    await createTarget({ AWS: ANN }, policy(allow('*')), ['sts:AssumeRole', 'sts:TagSession']);
    const Tags = Array.from({ length: 50 }, (_, index) => ({
      Key: `k${index}`,
      Value: randomIds.hex(64),
    }));
    await expect(assume({ Tags })).rejects.toMatchObject({ code: 'PackedPolicyTooLarge' });
  });
});

describe('session tags', () => {
  const byTag = allow('s3:*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } });
  const Tags = [{ Key: 'Team', Value: 'blue' }];

  test('decide where a policy asks for the tags of the principal, and hide the role’s', async () => {
    await createTarget({ AWS: ANN }, policy(byTag), ['sts:AssumeRole', 'sts:TagSession']);
    const role = { RoleName: 'target', Tags: [{ Key: 'team', Value: 'red' }] };
    await iam.call('iam', 'TagRole', role);
    expect(can(await sessionOf({}), 's3:GetObject')).toContain('is not authorized');
    expect(can(await sessionOf({ Tags }), 's3:GetObject')).toBe('allowed');
  });

  test('need sts:TagSession, and can be held to what they are', async () => {
    await createTarget({ AWS: ANN });
    await expect(assume({ Tags })).rejects.toThrow('is not authorized to perform: sts:TagSession');
    await createTarget({ AWS: ANN }, policy(byTag), ['sts:AssumeRole', 'sts:TagSession'], {
      StringEquals: { 'aws:RequestTag/Team': 'blue' },
    });
    expect(await assume({ Tags })).toMatchObject({ PackedPolicySize: expect.any(Number) });
    const red = [{ Key: 'Team', Value: 'red' }];
    await expect(assume({ Tags: red })).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('that are transitive go on to the next session', async () => {
    await createTarget({ AWS: ANN }, policy(byTag), ['sts:AssumeRole', 'sts:TagSession']);
    const first = await sessionOf({ Tags, TransitiveTagKeys: ['Team'] });
    await createTarget(
      { AWS: TARGET },
      policy(byTag),
      ['sts:AssumeRole', 'sts:TagSession'],
      {},
      'next',
    );
    const next = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/next` };
    expect(can(await sessionOf(next, first), 's3:GetObject')).toBe('allowed');
    const plain = await sessionOf({ Tags });
    expect(can(await sessionOf(next, plain), 's3:GetObject')).toContain('is not authorized');
  });
});

test('a source identity needs sts:SetSourceIdentity and is answered', async () => {
  await createTarget({ AWS: ANN });
  const SourceIdentity = 'ann';
  await expect(assume({ SourceIdentity })).rejects.toThrow('sts:SetSourceIdentity');
  await createTarget({ AWS: ANN }, policy(allow('*')), ['sts:AssumeRole', 'sts:SetSourceIdentity']);
  expect(await assume({ SourceIdentity })).toMatchObject({ SourceIdentity });
});

describe('GetSessionToken of a user', () => {
  test('gives the user’s own rights for twelve hours, but nothing in IAM', async () => {
    const { Credentials } = await iam.call<GetSessionTokenResponse>(
      'sts',
      'GetSessionToken',
      {},
      ann,
    );
    expect(Credentials?.Expiration).toEqual(new Date(NOW + 12 * 3_600_000));
    const find = (service: string): Principal =>
      iam.identities.findCredentials(
        Credentials?.AccessKeyId ?? '',
        Credentials?.SessionToken,
        'public',
        service,
      ).principal;
    expect(find('lambda')).toEqual({ ...ann, isTemporary: true });
    expect(() => find('iam')).toThrow('The security token included in the request is invalid.');
    await expect(iam.call('sts', 'GetSessionToken', {}, find('sts'))).rejects.toThrow(
      'Cannot call GetSessionToken with session credentials',
    );
  });
});

function trusting(trusted: object, Action: unknown = 'sts:AssumeRole', Condition = {}): string {
  return policy({ Effect: 'Allow', Principal: trusted, Action, Condition });
}

/** Made anew, where it exists. */
async function createTarget(
  trusted: object,
  PolicyDocument: string = policy(allow('s3:*')),
  Action: unknown = 'sts:AssumeRole',
  Condition: object = {},
  RoleName = 'target',
): Promise<void> {
  await iam.identities.roles.remove(ACCOUNT, RoleName, () => {});
  const AssumeRolePolicyDocument = trusting(trusted, Action, Condition);
  await iam.call('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument });
  await iam.call('iam', 'PutRolePolicy', { RoleName, PolicyName: 'p', PolicyDocument });
}

function assume(more: object = {}, principal: Principal = ann): Promise<AssumeRoleResponse> {
  const input = { RoleArn: TARGET, RoleSessionName: 'me', ...more };
  return iam.call<AssumeRoleResponse>('sts', 'AssumeRole', input, principal);
}

/** Who the credentials of AssumeRole are: read back from the token, as the gateway does. */
async function sessionOf(more: object, principal: Principal = ann): Promise<Principal> {
  const { Credentials } = await assume(more, principal);
  return iam.identities.findCredentials(
    Credentials?.AccessKeyId ?? '',
    Credentials?.SessionToken,
    'sandbox',
    'lambda',
  ).principal;
}

function can(principal: Principal, action: string): string {
  const attributes = { service: 'lambda', sourceIp: undefined, isSecureTransport: true };
  const decision = authorise(iam.identities, principal, [{ action, resources: ['*'] }], attributes);
  return decision.isAllowed ? 'allowed' : decision.error.message;
}
