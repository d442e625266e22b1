import type {
  CreateRoleResponse,
  GetRolePolicyResponse,
  GetRoleResponse,
  ListRolePoliciesResponse,
  ListRolesResponse,
  ListRoleTagsResponse,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, test } from 'vitest';
import { allowing } from '../../../../testkit/src/allowing.ts';
import { failsWith } from '../../../../testkit/src/fails-with.ts';
import { functionTrust } from '../../../../testkit/src/function-trust.ts';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';
import { roleSessionPrincipal } from '../../iam/credentials.ts';

const ACCOUNT = '000000000000';
const NOW = Date.parse('2026-11-24T12:00:00.900Z');
const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

let iam: OpenedIam;
const call = <Output extends object>(operation: string, input: object = {}): Promise<Output> =>
  iam.call<Output>('iam', operation, input);
const createRole = (more: object = {}): Promise<CreateRoleResponse> =>
  call('CreateRole', { RoleName: 'app', AssumeRolePolicyDocument: functionTrust, ...more });

beforeEach(async () => {
  iam = await openIam(NOW);
});

describe('a role', () => {
  test('is created, got and listed as AWS shows it', async () => {
    const created = await createRole({
      Path: '/team/',
      Description: 'runs the app',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    expect(created.Role).toEqual({
      Path: '/team/',
      RoleName: 'app',
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${ACCOUNT}:role/team/app`,
      CreateDate: new Date('2026-11-24T12:00:00Z'),
      AssumeRolePolicyDocument: expect.any(String),
      Description: 'runs the app',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    const { Role } = await call<GetRoleResponse>('GetRole', { RoleName: 'app' });
    expect(Role).toEqual(created.Role);
    const { Roles } = await call<ListRolesResponse>('ListRoles');
    const { Tags: _, ...listed } = created.Role ?? {};
    expect(Roles).toEqual([listed]);
  });

  test('answers its trust policy percent-encoded', async () => {
    const { Role } = await createRole();
    expect(Role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version%22%3A%222012-10-17%22%2C/);
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(functionTrust);
  });

  test('cannot be created twice', async () => {
    await createRole();
    await failsWith(createRole(), 'EntityAlreadyExists', 'Role with name app already exists.');
  });

  test.each(['GetRole', 'DeleteRole', 'ListRoleTags', 'UpdateRole', 'ListInstanceProfilesForRole'])(
    'that does not exist is told so by %s',
    async (operation) => {
      const message = 'The role with name nobody cannot be found.';
      await failsWith(call(operation, { RoleName: 'nobody' }), 'NoSuchEntity', message);
    },
  );

  test('is refused with a malformed or oversized trust policy, or one that trusts nobody', async () => {
    const principal = (AWS: string): string =>
      JSON.stringify({
        Statement: { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' },
      });
    const nobody = `arn:aws:iam::${ACCOUNT}:role/nobody`;
    const refused: readonly (readonly [string, string, string])[] = [
      ['{', 'MalformedPolicyDocument', 'This policy contains invalid Json'],
      [
        principal(nobody),
        'MalformedPolicyDocument',
        `Invalid principal in policy: "AWS":"${nobody}"`,
      ],
      [
        JSON.stringify({ Id: 'x'.repeat(2048), ...(JSON.parse(functionTrust) as object) }),
        'LimitExceeded',
        'Cannot exceed quota for ACLSizePerRole: 2048',
      ],
    ];
    for (const [document, code, message] of refused) {
      await failsWith(createRole({ AssumeRolePolicyDocument: document }), code, message);
    }
    expect((await call<ListRolesResponse>('ListRoles')).Roles).toEqual([]);
  });

  test('has the permissions boundary that it is created with, until it is taken away', async () => {
    const boundary = { PermissionsBoundary: BASIC };
    const created = await createRole(boundary);
    const shown = {
      PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
      PermissionsBoundaryArn: BASIC,
    };
    expect(created.Role?.PermissionsBoundary).toEqual(shown);
    const get = (): Promise<GetRoleResponse> => call('GetRole', { RoleName: 'app' });
    expect((await get()).Role?.PermissionsBoundary).toEqual(shown);
    await call('DeleteRolePermissionsBoundary', { RoleName: 'app' });
    expect((await get()).Role?.PermissionsBoundary).toBeUndefined();
    await call('PutRolePermissionsBoundary', { RoleName: 'app', ...boundary });
    expect((await get()).Role?.PermissionsBoundary).toEqual(shown);
    const missing = `arn:aws:iam::${ACCOUNT}:policy/missing`;
    const other = createRole({ RoleName: 'other', PermissionsBoundary: missing });
    const message = `Policy ${missing} does not exist or is not attachable.`;
    await failsWith(other, 'NoSuchEntity', message);
    const listed = await call<ListRolesResponse>('ListRoles');
    expect(listed.Roles?.map((role) => role.RoleName)).toEqual(['app']);
  });

  test('changes its description, its session duration and its trust', async () => {
    await createRole({ Description: 'old' });
    await call('UpdateRole', { RoleName: 'app', MaxSessionDuration: 43_200 });
    const updated = { ...JSON.parse(functionTrust), Id: 'new' } as object;
    await call('UpdateAssumeRolePolicy', {
      RoleName: 'app',
      PolicyDocument: JSON.stringify(updated),
    });
    const { Role } = await call<GetRoleResponse>('GetRole', { RoleName: 'app' });
    expect(Role).toMatchObject({ Description: 'old', MaxSessionDuration: 43_200 });
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(updated);
    await call('UpdateRoleDescription', { RoleName: 'app', Description: '' });
    expect((await call<GetRoleResponse>('GetRole', { RoleName: 'app' })).Role?.Description).toBe(
      '',
    );
  });

  test('is deleted only when it has no policies left', async () => {
    await createRole();
    await call('AttachRolePolicy', { RoleName: 'app', PolicyArn: BASIC });
    await call('PutRolePolicy', {
      RoleName: 'app',
      PolicyName: 'p',
      PolicyDocument: allowing('a:*'),
    });
    const remove = (): Promise<object> => call('DeleteRole', { RoleName: 'app' });
    const conflict = 'Cannot delete entity, must';
    await failsWith(remove(), 'DeleteConflict', `${conflict} detach all policies first.`);
    await call('DetachRolePolicy', { RoleName: 'app', PolicyArn: BASIC });
    await failsWith(remove(), 'DeleteConflict', `${conflict} delete policies first.`);
    await call('DeleteRolePolicy', { RoleName: 'app', PolicyName: 'p' });
    await remove();
    await failsWith(remove(), 'NoSuchEntity', 'The role with name app cannot be found.');
  });
});

describe('lists', () => {
  test('come in pages that hold everything once, whatever is deleted meanwhile', async () => {
    for (const name of ['e', 'a', 'd', 'b', 'c']) await createRole({ RoleName: name });
    const first = await call<ListRolesResponse>('ListRoles', { MaxItems: 2 });
    expect(first.Roles?.map((role) => role.RoleName)).toEqual(['a', 'b']);
    expect(first.IsTruncated).toBe(true);
    await call('DeleteRole', { RoleName: 'b' });
    const second = await call<ListRolesResponse>('ListRoles', { Marker: first.Marker });
    expect(second.Roles?.map((role) => role.RoleName)).toEqual(['c', 'd', 'e']);
    expect(second).toMatchObject({ IsTruncated: false });
    expect(second.Marker).toBeUndefined();
  });

  test('refuse a marker that nobody gave out', async () => {
    for (const Marker of ['x', 'bnVsbA', 'e30']) {
      await failsWith(
        call('ListRoles', { Marker }),
        'ValidationError',
        `Invalid Marker: ${Marker}`,
      );
    }
  });

  test('of roles follow the path prefix', async () => {
    await createRole({ RoleName: 'a', Path: '/x/' });
    await createRole({ RoleName: 'b', Path: '/x/y/' });
    await createRole({ RoleName: 'c' });
    const { Roles } = await call<ListRolesResponse>('ListRoles', { PathPrefix: '/x/' });
    expect(Roles?.map((role) => role.RoleName)).toEqual(['a', 'b']);
  });
});

describe('the tags of a role', () => {
  test('are added, replaced whatever their case, and removed', async () => {
    await createRole({ Tags: [{ Key: 'team', Value: 'blue' }] });
    const Tags = [
      { Key: 'Team', Value: 'red' },
      { Key: 'cost', Value: '' },
    ];
    await call('TagRole', { RoleName: 'app', Tags });
    const list = (): Promise<ListRoleTagsResponse> => call('ListRoleTags', { RoleName: 'app' });
    expect((await list()).Tags).toEqual(Tags);
    await call('UntagRole', { RoleName: 'app', TagKeys: ['team', 'unknown'] });
    expect((await list()).Tags).toEqual([{ Key: 'cost', Value: '' }]);
  });

  test('cannot hold a key twice, nor more than fifty', async () => {
    await createRole();
    const Tags = ['a', 'A'].map((Key) => ({ Key, Value: '' }));
    const duplicate = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
    await failsWith(call('TagRole', { RoleName: 'app', Tags }), 'InvalidInput', duplicate);
    const many = (from: number): object[] =>
      Array.from({ length: 30 }, (_, index) => ({ Key: `k${from + index}`, Value: '' }));
    await call('TagRole', { RoleName: 'app', Tags: many(0) });
    await expect(call('TagRole', { RoleName: 'app', Tags: many(30) })).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
  });
});

describe('inline policies', () => {
  test('are put, got, listed and deleted', async () => {
    await createRole();
    const put = { RoleName: 'app', PolicyName: 'logs', PolicyDocument: allowing('logs:*') };
    await call('PutRolePolicy', put);
    await call('PutRolePolicy', { ...put, PolicyName: '__proto__' });
    const got = await call<GetRolePolicyResponse>('GetRolePolicy', {
      RoleName: 'app',
      PolicyName: 'logs',
    });
    expect(decodeURIComponent(got.PolicyDocument ?? '')).toBe(put.PolicyDocument);
    const list = (): Promise<ListRolePoliciesResponse> =>
      call('ListRolePolicies', { RoleName: 'app' });
    expect((await list()).PolicyNames).toEqual(['__proto__', 'logs']);
    await call('DeleteRolePolicy', { RoleName: 'app', PolicyName: 'logs' });
    expect((await list()).PolicyNames).toEqual(['__proto__']);
    const message = 'The role policy with name logs cannot be found.';
    const gone = { RoleName: 'app', PolicyName: 'logs' };
    await failsWith(call('GetRolePolicy', gone), 'NoSuchEntity', message);
    await failsWith(call('DeleteRolePolicy', gone), 'NoSuchEntity', message);
  });

  test('are refused when malformed, and beyond 10,240 characters together', async () => {
    await createRole();
    const put = (PolicyName: string, PolicyDocument: string): Promise<object> =>
      call('PutRolePolicy', { RoleName: 'app', PolicyName, PolicyDocument });
    await failsWith(put('p', '{'), 'MalformedPolicyDocument', 'Syntax errors in policy.');
    await put('p', allowing(`a:${'x'.repeat(6000)}`));
    const message = 'Maximum policy size of 10240 bytes exceeded for role app';
    await failsWith(put('q', allowing(`a:${'x'.repeat(6000)}`)), 'LimitExceeded', message);
  });
});

describe('a caller who is not the administrator', () => {
  const as = async (statement: object, operation: string, input: object): Promise<object> => {
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    await createRole({ RoleName: 'caller', Path: '/team/' });
    await call('PutRolePolicy', { RoleName: 'caller', PolicyName: 'p', PolicyDocument });
    const role = iam.identities.roles.find(ACCOUNT, 'caller');
    if (role === undefined) throw new Error('no role');
    return iam.call('iam', operation, input, roleSessionPrincipal(role, 'one'));
  };

  test('needs the action on the ARN of the role, with its path', async () => {
    const get = (Resource: string): Promise<object> =>
      as({ Effect: 'Allow', Action: 'iam:GetRole', Resource }, 'GetRole', { RoleName: 'caller' });
    expect(await get(`arn:aws:iam::${ACCOUNT}:role/team/*`)).toBeDefined();
    iam = await openIam(NOW);
    await expect(get(`arn:aws:iam::${ACCOUNT}:role/caller`)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/caller/one is not authorized to perform: iam:GetRole on resource: arn:aws:iam::${ACCOUNT}:role/team/caller because no identity-based policy allows the iam:GetRole action`,
    });
  });

  test('can be held to the policies that may be attached', async () => {
    const statement = {
      Effect: 'Allow',
      Action: 'iam:AttachRolePolicy',
      Resource: '*',
      Condition: { ArnEquals: { 'iam:PolicyARN': BASIC } },
    };
    const attach = (PolicyArn: string): Promise<object> =>
      as(statement, 'AttachRolePolicy', { RoleName: 'caller', PolicyArn });
    expect(await attach(BASIC)).toEqual({});
    iam = await openIam(NOW);
    const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await expect(attach(administrator)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('can be held to the tags of a role', async () => {
    const statement = {
      Effect: 'Allow',
      Action: 'iam:DeleteRole',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } },
    };
    await createRole({ Tags: [{ Key: 'team', Value: 'blue' }] });
    await createRole({ RoleName: 'other', Tags: [{ Key: 'team', Value: 'red' }] });
    expect(await as(statement, 'DeleteRole', { RoleName: 'app' })).toEqual({});
    await call('DeleteRolePolicy', { RoleName: 'caller', PolicyName: 'p' });
    await call('DeleteRole', { RoleName: 'caller' });
    const denied = as(statement, 'DeleteRole', { RoleName: 'other' });
    await expect(denied).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('who creates a role with tags needs to be allowed to tag', async () => {
    const create = (Action: unknown): Promise<object> =>
      as({ Effect: 'Allow', Action, Resource: '*' }, 'CreateRole', {
        RoleName: 'tagged',
        AssumeRolePolicyDocument: functionTrust,
        Tags: [{ Key: 'k', Value: 'v' }],
      });
    await expect(create('iam:CreateRole')).rejects.toMatchObject({ code: 'AccessDenied' });
    iam = await openIam(NOW);
    expect(await create(['iam:CreateRole', 'iam:TagRole'])).toBeDefined();
  });
});
