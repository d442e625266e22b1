import type {
  CreateServiceLinkedRoleResponse,
  DeleteServiceLinkedRoleResponse,
  GetInstanceProfileResponse,
  GetOpenIDConnectProviderResponse,
  ListInstanceProfilesForRoleResponse,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, test } from 'vitest';
import { failsWith } from '../../../../testkit/src/fails-with.ts';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';

const ACCOUNT = '000000000000';
const trust = JSON.stringify({
  Statement: {
    Effect: 'Allow',
    Principal: { Service: 'ec2.amazonaws.com' },
    Action: 'sts:AssumeRole',
  },
});

let iam: OpenedIam;
const call = <Output extends object>(operation: string, input: object = {}): Promise<Output> =>
  iam.call<Output>('iam', operation, input);

beforeEach(async () => {
  iam = await openIam(Date.parse('2026-11-24T12:00:00Z'));
});

describe('an instance profile', () => {
  const InstanceProfileName = 'web';
  const both = { InstanceProfileName, RoleName: 'app' };

  test('holds one role, and neither is deleted while it does', async () => {
    await call('CreateRole', { RoleName: 'app', AssumeRolePolicyDocument: trust });
    await call('CreateInstanceProfile', { InstanceProfileName, Path: '/x/' });
    const again = call('CreateInstanceProfile', { InstanceProfileName });
    await failsWith(again, 'EntityAlreadyExists', 'Instance Profile web already exists.');
    await call('AddRoleToInstanceProfile', both);
    const quota = 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1';
    await failsWith(call('AddRoleToInstanceProfile', both), 'LimitExceeded', quota);
    const got = await call<GetInstanceProfileResponse>('GetInstanceProfile', {
      InstanceProfileName,
    });
    expect(got.InstanceProfile).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:instance-profile/x/web`,
      InstanceProfileId: expect.stringMatching(/^AIPA[A-Z2-7]{17}$/),
      Roles: [{ RoleName: 'app' }],
    });
    const listed = await call<ListInstanceProfilesForRoleResponse>('ListInstanceProfilesForRole', {
      RoleName: 'app',
    });
    expect(listed.InstanceProfiles?.map((each) => each.InstanceProfileName)).toEqual(['web']);
    const conflict = 'Cannot delete entity, must remove roles from instance profile first.';
    await failsWith(call('DeleteRole', { RoleName: 'app' }), 'DeleteConflict', conflict);
    const remove = (): Promise<object> => call('DeleteInstanceProfile', { InstanceProfileName });
    await failsWith(remove(), 'DeleteConflict', conflict);
    await call('RemoveRoleFromInstanceProfile', both);
    await remove();
    await failsWith(remove(), 'NoSuchEntity', 'Instance Profile web cannot be found.');
    expect(await call('DeleteRole', { RoleName: 'app' })).toEqual({});
  });

  test('has tags', async () => {
    await call('CreateInstanceProfile', { InstanceProfileName, Tags: [{ Key: 'a', Value: '1' }] });
    await call('TagInstanceProfile', { InstanceProfileName, Tags: [{ Key: 'b', Value: '2' }] });
    await call('UntagInstanceProfile', { InstanceProfileName, TagKeys: ['a'] });
    expect(await call('ListInstanceProfileTags', { InstanceProfileName })).toMatchObject({
      Tags: [{ Key: 'b', Value: '2' }],
    });
  });
});

describe('an OpenID Connect provider', () => {
  const OpenIDConnectProviderArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/id.example.com/a/b`;
  const create = (Url = 'https://id.example.com/a/b'): Promise<object> =>
    call('CreateOpenIDConnectProvider', { Url, ClientIDList: ['one'] });
  const get = (): Promise<GetOpenIDConnectProviderResponse> =>
    call('GetOpenIDConnectProvider', { OpenIDConnectProviderArn });

  test('is created, changed, tagged and deleted', async () => {
    expect(await create()).toEqual({ OpenIDConnectProviderArn });
    const exists = 'Provider with url https://id.example.com/a/b already exists.';
    await failsWith(create(), 'EntityAlreadyExists', exists);
    const client = { OpenIDConnectProviderArn, ClientID: 'two' };
    await call('AddClientIDToOpenIDConnectProvider', client);
    await call('AddClientIDToOpenIDConnectProvider', client);
    await call('RemoveClientIDFromOpenIDConnectProvider', { ...client, ClientID: 'one' });
    const ThumbprintList = ['a'.repeat(40)];
    await call('UpdateOpenIDConnectProviderThumbprint', {
      OpenIDConnectProviderArn,
      ThumbprintList,
    });
    const Tags = [{ Key: 'k', Value: 'v' }];
    await call('TagOpenIDConnectProvider', { OpenIDConnectProviderArn, Tags });
    expect(await get()).toMatchObject({
      Url: 'id.example.com/a/b',
      ClientIDList: ['two'],
      ThumbprintList,
      Tags,
    });
    expect(await call('ListOpenIDConnectProviders')).toEqual({
      OpenIDConnectProviderList: [{ Arn: OpenIDConnectProviderArn }],
    });
    await call('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn });
    const gone = `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`;
    await failsWith(get(), 'NoSuchEntity', gone);
  });

  test('has a URL with https', async () => {
    const invalid = 'Invalid Open ID Connect Provider URL';
    await failsWith(create('http://id.example.com'), 'ValidationError', invalid);
  });
});

describe('a service-linked role', () => {
  const create = (): Promise<CreateServiceLinkedRoleResponse> =>
    call('CreateServiceLinkedRole', { AWSServiceName: 'lambda.amazonaws.com' });
  const RoleName = 'AWSServiceRoleForLambda';

  test('belongs to its service: only its own operations change it', async () => {
    const { Role } = await create();
    expect(Role?.Arn).toBe(
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/lambda.amazonaws.com/${RoleName}`,
    );
    const message = `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`;
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await failsWith(call('DeleteRole', { RoleName }), 'UnmodifiableEntity', message);
    const attach = call('AttachRolePolicy', { RoleName, PolicyArn });
    await failsWith(attach, 'UnmodifiableEntity', message);
    const taken = `Service role name ${RoleName} has been taken in this account, please try a different suffix.`;
    await failsWith(create(), 'InvalidInput', taken);
    const deleted = await call<DeleteServiceLinkedRoleResponse>('DeleteServiceLinkedRole', {
      RoleName,
    });
    const status = await call('GetServiceLinkedRoleDeletionStatus', {
      DeletionTaskId: deleted.DeletionTaskId,
    });
    expect(status).toEqual({ Status: 'SUCCEEDED' });
    const gone = `The role with name ${RoleName} cannot be found.`;
    await failsWith(call('GetRole', { RoleName }), 'NoSuchEntity', gone);
  });

  test('is no other role', async () => {
    await call('CreateRole', { RoleName: 'app', AssumeRolePolicyDocument: trust });
    const remove = call('DeleteServiceLinkedRole', { RoleName: 'app' });
    await failsWith(remove, 'NoSuchEntity', 'The role with name app cannot be found.');
  });
});
