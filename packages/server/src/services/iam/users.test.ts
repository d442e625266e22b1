import type {
  CreateAccessKeyResponse,
  CreateGroupResponse,
  CreateUserResponse,
  GetAccessKeyLastUsedResponse,
  GetGroupResponse,
  GetPolicyResponse,
  GetUserResponse,
  ListAccessKeysResponse,
  ListGroupsForUserResponse,
  ListUsersResponse,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, test } from 'vitest';
import { allowing } from '../../../../testkit/src/allowing.ts';
import { failsWith } from '../../../../testkit/src/fails-with.ts';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';
import type { Principal } from '../../core/principal.ts';
import { createAccount } from '../../iam/create-account.ts';
import { randomIds } from '../../lib/ids.ts';

const ACCOUNT = '000000000000';
const NOW = Date.parse('2026-11-24T12:00:00.900Z');
const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

let iam: OpenedIam;
const call = <Output extends object>(
  operation: string,
  input: object = {},
  principal?: Principal,
): Promise<Output> => iam.call<Output>('iam', operation, input, principal);
const createUser = (more: object = {}): Promise<CreateUserResponse> =>
  call('CreateUser', { UserName: 'ann', ...more });
const createKey = async (UserName = 'ann'): Promise<[id: string, secret: string]> => {
  const { AccessKey } = await call<CreateAccessKeyResponse>('CreateAccessKey', { UserName });
  return [AccessKey?.AccessKeyId ?? '', AccessKey?.SecretAccessKey ?? ''];
};
const signIn = (id: string, listener: 'public' | 'sandbox' = 'public'): Principal =>
  iam.identities.findCredentials(id, undefined, listener, 'iam').principal;

beforeEach(async () => {
  iam = await openIam(NOW);
});

describe('a user', () => {
  test('is created, got and listed as AWS shows it', async () => {
    const created = await createUser({
      Path: '/team/',
      PermissionsBoundary: BASIC,
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    expect(created.User).toEqual({
      Path: '/team/',
      UserName: 'ann',
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${ACCOUNT}:user/team/ann`,
      CreateDate: new Date('2026-11-24T12:00:00Z'),
      PermissionsBoundary: {
        PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
        PermissionsBoundaryArn: BASIC,
      },
      Tags: [{ Key: 'team', Value: 'blue' }],
    });
    const { User } = await call<GetUserResponse>('GetUser', { UserName: 'ann' });
    expect(User).toEqual(created.User);
    const { Users } = await call<ListUsersResponse>('ListUsers', { PathPrefix: '/team/' });
    expect(Users?.map((user) => user.UserName)).toEqual(['ann']);
    await failsWith(createUser(), 'EntityAlreadyExists', 'User with name ann already exists.');
  });

  test('is who asks where nobody is named, and a root has no name to give', async () => {
    await createUser();
    await call('PutUserPolicy', {
      UserName: 'ann',
      PolicyName: 'p',
      PolicyDocument: allowing('iam:*'),
    });
    const [id] = await createKey();
    const { User } = await call<GetUserResponse>('GetUser', {}, signIn(id));
    expect(User?.UserName).toBe('ann');
    const root = await call<GetUserResponse>('GetUser');
    expect(root.User?.Arn).toBe(`arn:aws:iam::${ACCOUNT}:root`);
    const message = 'Must specify userName when calling with non-User credentials';
    await failsWith(call('CreateAccessKey'), 'ValidationError', message);
  });

  test('that is renamed keeps its id, its keys and its policies', async () => {
    const { User } = await createUser();
    await createUser({ UserName: 'bob' });
    await call('AttachUserPolicy', { UserName: 'ann', PolicyArn: BASIC });
    const [id] = await createKey();
    const taken = call('UpdateUser', { UserName: 'ann', NewUserName: 'BOB' });
    await failsWith(taken, 'EntityAlreadyExists', 'User with name BOB already exists.');
    await call('UpdateUser', { UserName: 'ann', NewUserName: 'Anna', NewPath: '/x/' });
    expect(signIn(id)).toEqual({
      kind: 'user',
      account: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:user/x/Anna`,
      userId: User?.UserId,
      userName: 'Anna',
    });
    const gone = 'The user with name ann cannot be found.';
    await failsWith(call('GetUser', { UserName: 'ann' }), 'NoSuchEntity', gone);
    await call('UpdateUser', { UserName: 'anna', NewUserName: 'ANNA' });
    expect((await call<GetUserResponse>('GetUser', { UserName: 'anna' })).User?.UserName).toBe(
      'ANNA',
    );
  });

  test('is deleted only when nothing belongs to it', async () => {
    await createUser();
    await call('CreateGroup', { GroupName: 'team' });
    await call('AddUserToGroup', { UserName: 'ann', GroupName: 'team' });
    const [AccessKeyId] = await createKey();
    await call('AttachUserPolicy', { UserName: 'ann', PolicyArn: BASIC });
    const PolicyDocument = allowing('s3:*');
    await call('PutUserPolicy', { UserName: 'ann', PolicyName: 'p', PolicyDocument });
    const steps: readonly (readonly [string, string, object])[] = [
      ['remove users from group first', 'RemoveUserFromGroup', { GroupName: 'team' }],
      ['delete access keys first', 'DeleteAccessKey', { AccessKeyId }],
      ['detach all policies first', 'DetachUserPolicy', { PolicyArn: BASIC }],
      ['delete policies first', 'DeleteUserPolicy', { PolicyName: 'p' }],
    ];
    for (const [what, operation, input] of steps) {
      const message = `Cannot delete entity, must ${what}.`;
      await failsWith(call('DeleteUser', { UserName: 'ann' }), 'DeleteConflict', message);
      await call(operation, { UserName: 'ann', ...input });
    }
    await call('DeleteUser', { UserName: 'ann' });
    const gone = 'The user with name ann cannot be found.';
    await failsWith(call('DeleteUser', { UserName: 'ann' }), 'NoSuchEntity', gone);
  });

  test('has 2,048 characters of inline policies and ten attached ones at most', async () => {
    await createUser();
    const PolicyDocument = allowing(`a:${'x'.repeat(2048)}`);
    const put = call('PutUserPolicy', { UserName: 'ann', PolicyName: 'p', PolicyDocument });
    const size = 'Maximum policy size of 2048 bytes exceeded for user ann';
    await failsWith(put, 'LimitExceeded', size);
    for (let index = 0; index <= 10; index++) {
      const input = { PolicyName: `p${index}`, PolicyDocument: allowing('s3:*') };
      const { Policy } = await call<GetPolicyResponse>('CreatePolicy', input);
      const attached = call('AttachUserPolicy', { UserName: 'ann', PolicyArn: Policy?.Arn });
      const quota = 'Cannot exceed quota for PoliciesPerUser: 10';
      await (index < 10 ? attached : failsWith(attached, 'LimitExceeded', quota));
    }
  });
});

describe('an access key', () => {
  test('looks like those of AWS, and its secret is shown once', async () => {
    await createUser();
    const [id, secret] = await createKey();
    expect(id).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(secret).toMatch(/^[A-Za-z0-9+/]{40}$/);
    const listed = await call<ListAccessKeysResponse>('ListAccessKeys', { UserName: 'ann' });
    expect(listed.AccessKeyMetadata).toEqual([
      {
        UserName: 'ann',
        AccessKeyId: id,
        Status: 'Active',
        CreateDate: new Date('2026-11-24T12:00:00Z'),
      },
    ]);
    expect(await iam.call('sts', 'GetAccessKeyInfo', { AccessKeyId: id })).toEqual({
      Account: ACCOUNT,
    });
  });

  test('signs on both listeners while it is active, and not when it is deleted', async () => {
    await createUser();
    const [id, secret] = await createKey();
    for (const listener of ['public', 'sandbox'] as const) {
      const found = iam.identities.findCredentials(id, undefined, listener, 'lambda');
      expect(found).toMatchObject({ secretAccessKey: secret, principal: { userName: 'ann' } });
    }
    const update = (Status: string): Promise<object> =>
      call('UpdateAccessKey', { UserName: 'ann', AccessKeyId: id, Status });
    const invalid = 'The security token included in the request is invalid.';
    await update('Inactive');
    expect(() => signIn(id)).toThrow(invalid);
    await update('Active');
    expect(signIn(id).kind).toBe('user');
    await call('DeleteAccessKey', { UserName: 'ann', AccessKeyId: id });
    expect(() => signIn(id)).toThrow(invalid);
    const gone = `The Access Key with id ${id} cannot be found.`;
    await failsWith(update('Active'), 'NoSuchEntity', gone);
  });

  test('is one of two at most', async () => {
    await createUser();
    const keys = [await createKey(), await createKey()];
    expect(new Set(keys.flat()).size).toBe(4);
    const quota = 'Cannot exceed quota for AccessKeysPerUser: 2';
    await failsWith(call('CreateAccessKey', { UserName: 'ann' }), 'LimitExceeded', quota);
  });

  test('tells when it was last used, and for what', async () => {
    await createUser();
    const [AccessKeyId] = await createKey();
    const last = (): Promise<GetAccessKeyLastUsedResponse> =>
      call('GetAccessKeyLastUsed', { AccessKeyId });
    const never = { ServiceName: 'N/A', Region: 'N/A' };
    expect(await last()).toEqual({ UserName: 'ann', AccessKeyLastUsed: never });
    const use = { atMs: NOW + 5000, service: 'lambda', region: 'eu-west-1' };
    iam.identities.keyUses.note(AccessKeyId, use);
    expect((await last()).AccessKeyLastUsed).toEqual({
      LastUsedDate: new Date('2026-11-24T12:00:05Z'),
      ServiceName: 'lambda',
      Region: 'eu-west-1',
    });
  });
});

describe('a group', () => {
  test('gives its members what its policies allow, as long as they belong to it', async () => {
    await createUser();
    const [id] = await createKey();
    const { Group } = await call<CreateGroupResponse>('CreateGroup', { GroupName: 'team' });
    expect(Group?.GroupId).toMatch(/^AGPA[A-Z2-7]{17}$/);
    const PolicyDocument = allowing('iam:ListUsers');
    await call('PutGroupPolicy', { GroupName: 'team', PolicyName: 'p', PolicyDocument });
    const list = (): Promise<object> => call('ListUsers', {}, signIn(id));
    await expect(list()).rejects.toMatchObject({ code: 'AccessDenied' });
    await call('AddUserToGroup', { GroupName: 'team', UserName: 'ann' });
    await call('UpdateGroup', { GroupName: 'team', NewGroupName: 'crew' });
    expect(await list()).toBeDefined();
    const groups = await call<ListGroupsForUserResponse>('ListGroupsForUser', { UserName: 'ann' });
    expect(groups.Groups?.map((group) => group.GroupName)).toEqual(['crew']);
    const members = await call<GetGroupResponse>('GetGroup', { GroupName: 'crew' });
    expect(members.Users?.map((user) => user.UserName)).toEqual(['ann']);
    await call('RemoveUserFromGroup', { GroupName: 'crew', UserName: 'ann' });
    await expect(list()).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('is deleted only without members and policies', async () => {
    await createUser();
    await call('CreateGroup', { GroupName: 'team' });
    await call('AddUserToGroup', { GroupName: 'team', UserName: 'ann' });
    const remove = (): Promise<object> => call('DeleteGroup', { GroupName: 'team' });
    const conflict = 'Cannot delete entity, must remove users from group first.';
    await failsWith(remove(), 'DeleteConflict', conflict);
    await call('RemoveUserFromGroup', { GroupName: 'team', UserName: 'ann' });
    await remove();
    await failsWith(remove(), 'NoSuchEntity', 'The group with name team cannot be found.');
  });
});

describe('a permissions boundary', () => {
  const bounded = async (inline: string, boundary: string): Promise<Principal> => {
    const { Policy } = await call<GetPolicyResponse>('CreatePolicy', {
      PolicyName: 'boundary',
      PolicyDocument: boundary,
    });
    await createUser({ PermissionsBoundary: Policy?.Arn });
    await call('PutUserPolicy', { UserName: 'ann', PolicyName: 'p', PolicyDocument: inline });
    return signIn((await createKey())[0]);
  };

  test('leaves only what both it and the policies allow, and says so', async () => {
    const ann = await bounded(allowing('iam:*'), allowing(['iam:List*', 's3:*']));
    expect(await call('ListUsers', {}, ann)).toBeDefined();
    await failsWith(
      call('GetUser', {}, ann),
      'AccessDenied',
      `User: arn:aws:iam::${ACCOUNT}:user/ann is not authorized to perform: iam:GetUser on resource: arn:aws:iam::${ACCOUNT}:user/ann because no permissions boundary allows the iam:GetUser action`,
    );
  });

  test('gives nothing by itself, and denies by name', async () => {
    const ann = await bounded(allowing('iam:ListUsers'), allowing('*'));
    await expect(call('ListRoles', {}, ann)).rejects.toThrow('no identity-based policy allows');
    iam = await openIam(NOW);
    const other = await bounded(allowing('iam:*'), allowing('iam:ListUsers', 'Deny'));
    await expect(call('ListUsers', {}, other)).rejects.toThrow(
      'with an explicit deny in a permissions boundary',
    );
  });

  test('is counted, and keeps its policy from being deleted', async () => {
    await bounded(allowing('iam:*'), allowing('*'));
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
    const { Policy } = await call<GetPolicyResponse>('GetPolicy', { PolicyArn });
    expect(Policy).toMatchObject({ AttachmentCount: 0, PermissionsBoundaryUsageCount: 1 });
    const conflict = 'Cannot delete a policy attached to entities.';
    await failsWith(call('DeletePolicy', { PolicyArn }), 'DeleteConflict', conflict);
    await call('DeleteUserPermissionsBoundary', { UserName: 'ann' });
    expect(await call('DeletePolicy', { PolicyArn })).toEqual({});
  });
});

describe('another account', () => {
  test('has an administrator, whose key is good there and nowhere else', async () => {
    const deps = { identities: iam.identities, ids: randomIds };
    const made = await createAccount(deps, '111122223333');
    const administrator = signIn(made.accessKeyId);
    expect(administrator).toMatchObject({ account: '111122223333', userName: 'Administrator' });
    await createUser();
    const { Users } = await call<ListUsersResponse>('ListUsers', {}, administrator);
    expect(Users?.map((user) => user.UserName)).toEqual(['Administrator']);
    await call('CreateUser', { UserName: 'ann' }, administrator);
    await expect(createAccount(deps, '111122223333')).rejects.toThrow('exists already');
    await expect(createAccount(deps, '12')).rejects.toThrow('twelve digits');
    expect((await createAccount(deps)).account).toMatch(/^\d{12}$/);
  });

  test('cannot take an alias that one has', async () => {
    const made = await createAccount({ identities: iam.identities, ids: randomIds });
    await call('CreateAccountAlias', { AccountAlias: 'mine' });
    const other = signIn(made.accessKeyId);
    const taken = call('CreateAccountAlias', { AccountAlias: 'mine' }, other);
    await failsWith(taken, 'EntityAlreadyExists', 'The account alias mine already exists.');
    expect(await call('ListAccountAliases')).toMatchObject({ AccountAliases: ['mine'] });
    await call('DeleteAccountAlias', { AccountAlias: 'mine' });
    expect(await call('ListAccountAliases')).toMatchObject({ AccountAliases: [] });
    expect(await call('CreateAccountAlias', { AccountAlias: 'mine' }, other)).toEqual({});
  });
});
