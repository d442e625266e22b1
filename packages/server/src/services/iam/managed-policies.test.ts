import type {
  CreatePolicyResponse,
  CreatePolicyVersionResponse,
  GetPolicyResponse,
  GetPolicyVersionResponse,
  ListAttachedRolePoliciesResponse,
  ListPoliciesResponse,
  ListPolicyTagsResponse,
  ListPolicyVersionsResponse,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, test } from 'vitest';
import { allowing } from '../../../../testkit/src/allowing.ts';
import { failsWith } from '../../../../testkit/src/fails-with.ts';
import { functionTrust } from '../../../../testkit/src/function-trust.ts';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';

const ACCOUNT = '000000000000';
const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

let iam: OpenedIam;
const call = <Output extends object>(operation: string, input: object = {}): Promise<Output> =>
  iam.call<Output>('iam', operation, input);
const createRole = (): Promise<object> =>
  call('CreateRole', { RoleName: 'app', AssumeRolePolicyDocument: functionTrust });

beforeEach(async () => {
  iam = await openIam(Date.parse('2026-11-24T12:00:00.900Z'));
});

describe('managed policies', () => {
  const arn = `arn:aws:iam::${ACCOUNT}:policy/p`;
  const create = (more: object = {}): Promise<CreatePolicyResponse> =>
    call('CreatePolicy', { PolicyName: 'p', PolicyDocument: allowing('s3:*'), ...more });

  test('are created, got and listed as AWS shows them', async () => {
    const { Policy } = await create({ Description: 'd', Tags: [{ Key: 'k', Value: 'v' }] });
    expect(Policy).toEqual({
      PolicyName: 'p',
      PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/),
      Arn: arn,
      Path: '/',
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      CreateDate: new Date('2026-11-24T12:00:00Z'),
      UpdateDate: new Date('2026-11-24T12:00:00Z'),
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    const got = await call<GetPolicyResponse>('GetPolicy', { PolicyArn: arn });
    expect(got.Policy).toEqual({ ...Policy, Description: 'd' });
    const names = async (input: object): Promise<unknown> =>
      (await call<ListPoliciesResponse>('ListPolicies', input)).Policies?.map(
        (each) => each.PolicyName,
      );
    expect(await names({ Scope: 'Local' })).toEqual(['p']);
    expect(await names({ Scope: 'AWS' })).toContain('AdministratorAccess');
    expect(await names({ Scope: 'AWS' })).not.toContain('p');
    expect(await names({ OnlyAttached: true })).toEqual([]);
    expect(await names({ PathPrefix: '/service-role/' })).toEqual([
      'AWSLambdaBasicExecutionRole',
      'AWSLambdaDynamoDBExecutionRole',
      'AWSLambdaKinesisExecutionRole',
      'AWSLambdaMSKExecutionRole',
      'AWSLambdaSQSQueueExecutionRole',
      'AWSLambdaVPCAccessExecutionRole',
    ]);
  });

  test('cannot share a name or exceed 6,144 characters', async () => {
    await create();
    const taken = 'A policy called p already exists. Duplicate names are not allowed.';
    await failsWith(create({ Path: '/x/' }), 'EntityAlreadyExists', taken);
    const PolicyDocument = allowing(`a:${'x'.repeat(6144)}`);
    const quota = 'Cannot exceed quota for PolicySize: 6144';
    await failsWith(create({ PolicyName: 'q', PolicyDocument }), 'LimitExceeded', quota);
  });

  test('are tagged and untagged', async () => {
    await create({ Tags: [{ Key: 'a', Value: '1' }] });
    await call('TagPolicy', { PolicyArn: arn, Tags: [{ Key: 'b', Value: '2' }] });
    await call('UntagPolicy', { PolicyArn: arn, TagKeys: ['A'] });
    const { Tags } = await call<ListPolicyTagsResponse>('ListPolicyTags', { PolicyArn: arn });
    expect(Tags).toEqual([{ Key: 'b', Value: '2' }]);
  });

  test('are attached, counted, listed and detached', async () => {
    await createRole();
    await create();
    for (const PolicyArn of [arn, BASIC, BASIC]) {
      await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
    }
    const list = (more: object = {}): Promise<ListAttachedRolePoliciesResponse> =>
      call('ListAttachedRolePolicies', { RoleName: 'app', ...more });
    expect((await list()).AttachedPolicies).toEqual([
      { PolicyName: 'p', PolicyArn: arn },
      { PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn: BASIC },
    ]);
    expect((await list({ PathPrefix: '/service-role/' })).AttachedPolicies).toHaveLength(1);
    const { Policy } = await call<GetPolicyResponse>('GetPolicy', { PolicyArn: arn });
    expect(Policy?.AttachmentCount).toBe(1);
    const conflict = 'Cannot delete a policy attached to entities.';
    await failsWith(call('DeletePolicy', { PolicyArn: arn }), 'DeleteConflict', conflict);
    await call('DetachRolePolicy', { RoleName: 'app', PolicyArn: arn });
    const again = call('DetachRolePolicy', { RoleName: 'app', PolicyArn: arn });
    await failsWith(again, 'NoSuchEntity', `Policy ${arn} was not found.`);
    await call('DeletePolicy', { PolicyArn: arn });
    await failsWith(
      call('GetPolicy', { PolicyArn: arn }),
      'NoSuchEntity',
      `Policy ${arn} was not found.`,
    );
  });

  test('that do not exist, are no policies, or belong to others cannot be used', async () => {
    await createRole();
    const attach = (PolicyArn: string): Promise<object> =>
      call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
    const missing = `Policy ${arn} does not exist or is not attachable.`;
    await failsWith(attach(arn), 'NoSuchEntity', missing);
    const noPolicy = 'arn:aws:s3:::bucket-of-mine';
    await failsWith(attach(noPolicy), 'InvalidInput', `ARN ${noPolicy} is not valid.`);
    const outside = 'Policy is outside your own account.';
    await failsWith(call('DeletePolicy', { PolicyArn: BASIC }), 'AccessDenied', outside);
  });

  test('have up to five versions, one of them the default', async () => {
    await create();
    const add = (more: object = {}): Promise<CreatePolicyVersionResponse> =>
      call('CreatePolicyVersion', { PolicyArn: arn, PolicyDocument: allowing('sqs:*'), ...more });
    expect((await add({ SetAsDefault: true })).PolicyVersion).toEqual({
      VersionId: 'v2',
      IsDefaultVersion: true,
      CreateDate: new Date('2026-11-24T12:00:00Z'),
    });
    for (let count = 3; count <= 5; count++) await add();
    await expect(add()).rejects.toMatchObject({ code: 'LimitExceeded' });
    const remove = (VersionId: string): Promise<object> =>
      call('DeletePolicyVersion', { PolicyArn: arn, VersionId });
    const isDefault = 'Cannot delete the default version of a policy.';
    await failsWith(remove('v2'), 'DeleteConflict', isDefault);
    await remove('v5');
    // The number of a deleted version is not given again.
    expect((await add()).PolicyVersion?.VersionId).toBe('v6');
    await call('SetDefaultPolicyVersion', { PolicyArn: arn, VersionId: 'v1' });
    const got = await call<GetPolicyVersionResponse>('GetPolicyVersion', {
      PolicyArn: arn,
      VersionId: 'v2',
    });
    expect(got.PolicyVersion?.IsDefaultVersion).toBe(false);
    expect(decodeURIComponent(got.PolicyVersion?.Document ?? '')).toBe(allowing('sqs:*'));
    const first = await call<ListPolicyVersionsResponse>('ListPolicyVersions', {
      PolicyArn: arn,
      MaxItems: 3,
    });
    const { Marker } = first;
    const rest = await call<ListPolicyVersionsResponse>('ListPolicyVersions', {
      PolicyArn: arn,
      Marker,
    });
    const ids = [first, rest].flatMap((page) => page.Versions ?? []).map((each) => each.VersionId);
    expect(ids).toEqual(['v6', 'v4', 'v3', 'v2', 'v1']);
    await expect(call('DeletePolicy', { PolicyArn: arn })).rejects.toMatchObject({
      code: 'DeleteConflict',
    });
    const noVersion = `Policy ${arn} version v9 does not exist or is not attachable.`;
    await failsWith(
      call('GetPolicyVersion', { PolicyArn: arn, VersionId: 'v9' }),
      'NoSuchEntity',
      noVersion,
    );
  });
});
