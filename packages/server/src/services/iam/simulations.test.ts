import type {
  GetAccountAuthorizationDetailsResponse,
  GetContextKeysForPolicyResponse,
  ListEntitiesForPolicyResponse,
  SimulatePolicyResponse,
} from '@aws-sdk/client-iam';
import { beforeEach, describe, expect, test } from 'vitest';
import { openIam, type OpenedIam } from '../../../../testkit/src/open-iam.ts';

const ACCOUNT = '000000000000';
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`;
const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
const BUCKET = 'arn:aws:s3:::photos/ann/1';
const policy = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement });

let iam: OpenedIam;
const call = <Output extends object>(operation: string, input: object = {}): Promise<Output> =>
  iam.call<Output>('iam', operation, input);
const simulate = (
  input: object,
  operation = 'SimulateCustomPolicy',
): Promise<SimulatePolicyResponse> => call(operation, input);

beforeEach(async () => {
  iam = await openIam(Date.parse('2026-11-24T12:00:00Z'));
});

describe('a simulation of policies', () => {
  test('tells each decision, and by which statement of which line', async () => {
    const text = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
    { "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*",
      "Condition": { "StringEquals": { "aws:PrincipalTag/a": "}\\"{" } } },
    { "Effect": "Deny", "Action": "s3:Put*", "Resource": "*" }
  ]
}`;
    const { EvaluationResults } = await simulate({
      PolicyInputList: [text],
      ActionNames: ['s3:GetObject', 's3:PutObject', 'sqs:SendMessage'],
    });
    const at = (line: number, column: number): object => ({ Line: line, Column: column });
    const matched = (start: object, end: object): object => ({
      SourcePolicyId: 'PolicyInputList.1',
      SourcePolicyType: 'IAM Policy',
      StartPosition: start,
      EndPosition: end,
    });
    const common = { EvalResourceName: '*', MissingContextValues: ['aws:PrincipalTag/a'] };
    expect(EvaluationResults).toEqual([
      {
        ...common,
        EvalActionName: 's3:GetObject',
        EvalDecision: 'allowed',
        MatchedStatements: [matched(at(4, 5), at(4, 61))],
      },
      {
        ...common,
        EvalActionName: 's3:PutObject',
        EvalDecision: 'explicitDeny',
        MatchedStatements: [matched(at(7, 5), at(7, 63))],
      },
      {
        ...common,
        EvalActionName: 'sqs:SendMessage',
        EvalDecision: 'implicitDeny',
        MatchedStatements: [],
      },
    ]);
  });

  test('takes the keys that it is given, and a boundary', async () => {
    const byTeam = policy({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::photos/${aws:PrincipalTag/team}/*',
    });
    const input = { PolicyInputList: [byTeam], ActionNames: ['s3:GetObject'] };
    const ask = async (more: object): Promise<object | undefined> =>
      (await simulate({ ...input, ResourceArns: [BUCKET], ...more })).EvaluationResults?.[0];
    expect(await ask({})).toMatchObject({
      EvalDecision: 'implicitDeny',
      MissingContextValues: ['aws:PrincipalTag/team'],
    });
    const ContextEntries = [
      {
        ContextKeyName: 'AWS:principaltag/team',
        ContextKeyValues: ['ann'],
        ContextKeyType: 'string',
      },
    ];
    expect(await ask({ ContextEntries })).toMatchObject({
      EvalDecision: 'allowed',
      MissingContextValues: [],
    });
    const PermissionsBoundaryPolicyInputList = [
      policy({ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }),
    ];
    expect(await ask({ ContextEntries, PermissionsBoundaryPolicyInputList })).toMatchObject({
      EvalDecision: 'implicitDeny',
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    });
  });

  test('refuses what is no policy', async () => {
    const input = { PolicyInputList: ['{}'], ActionNames: ['s3:GetObject'] };
    await expect(simulate(input)).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});

test('a simulation of a user takes its own policies, its groups’ and its boundary', async () => {
  await call('CreateUser', { UserName: 'ann', PermissionsBoundary: BASIC });
  await call('CreateGroup', { GroupName: 'team' });
  await call('AddUserToGroup', { GroupName: 'team', UserName: 'ann' });
  await call('PutGroupPolicy', {
    GroupName: 'team',
    PolicyName: 'logging',
    PolicyDocument: policy({
      Effect: 'Allow',
      Action: ['logs:*', 's3:*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:username': 'ann' } },
    }),
  });
  const input = { PolicySourceArn: ANN, ActionNames: ['logs:PutLogEvents', 's3:GetObject'] };
  const { EvaluationResults } = await simulate(input, 'SimulatePrincipalPolicy');
  expect(EvaluationResults).toMatchObject([
    {
      EvalDecision: 'allowed',
      MissingContextValues: [],
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true },
      MatchedStatements: [
        { SourcePolicyId: 'logging', SourcePolicyType: 'group' },
        { SourcePolicyId: 'AWSLambdaBasicExecutionRole', SourcePolicyType: 'aws-managed' },
      ],
    },
    {
      EvalDecision: 'implicitDeny',
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    },
  ]);
  const nobody = { ...input, PolicySourceArn: `${ANN}2` };
  await expect(simulate(nobody, 'SimulatePrincipalPolicy')).rejects.toMatchObject({
    code: 'NoSuchEntity',
  });
  const keys = await call<GetContextKeysForPolicyResponse>('GetContextKeysForPrincipalPolicy', {
    PolicySourceArn: ANN,
    PolicyInputList: [
      policy({
        Effect: 'Allow',
        Action: 's3:*',
        Resource: "arn:aws:s3:::${aws:UserName}/${s3:prefix, 'none'}${*}",
      }),
    ],
  });
  expect(keys.ContextKeyNames).toEqual(['aws:username', 's3:prefix']);
});

describe('what there is in an account', () => {
  beforeEach(async () => {
    await call('CreateUser', { UserName: 'ann', PermissionsBoundary: BASIC });
    await call('CreateGroup', { GroupName: 'team' });
    await call('AddUserToGroup', { GroupName: 'team', UserName: 'ann' });
    await call('AttachGroupPolicy', { GroupName: 'team', PolicyArn: BASIC });
    const AssumeRolePolicyDocument = policy({
      Effect: 'Allow',
      Principal: { AWS: ANN },
      Action: 'sts:AssumeRole',
    });
    await call('CreateRole', { RoleName: 'app', AssumeRolePolicyDocument });
    await call('AttachRolePolicy', { RoleName: 'app', PolicyArn: BASIC });
  });

  test('is counted', async () => {
    expect(await call('GetAccountSummary')).toMatchObject({
      SummaryMap: { Users: 1, Groups: 1, Roles: 1, Policies: 0, AccessKeysPerUserQuota: 2 },
    });
  });

  test('is listed by the policy that it has', async () => {
    const list = (more: object = {}): Promise<ListEntitiesForPolicyResponse> =>
      call('ListEntitiesForPolicy', { PolicyArn: BASIC, ...more });
    const found = await list();
    expect(found.PolicyUsers?.map((user) => user.UserName)).toEqual(['ann']);
    expect(found.PolicyGroups?.map((group) => group.GroupName)).toEqual(['team']);
    expect(found.PolicyRoles?.map((role) => role.RoleName)).toEqual(['app']);
    expect(await list({ PolicyUsageFilter: 'PermissionsBoundary' })).toMatchObject({
      PolicyUsers: [{ UserName: 'ann' }],
      PolicyGroups: [],
      PolicyRoles: [],
    });
    expect(await list({ EntityFilter: 'Role' })).toMatchObject({ PolicyUsers: [] });
  });

  test('is told with all its policies, in pages', async () => {
    const first = await call<GetAccountAuthorizationDetailsResponse>(
      'GetAccountAuthorizationDetails',
      { Filter: ['User', 'Group', 'Role'], MaxItems: 2 },
    );
    expect(first).toMatchObject({
      IsTruncated: true,
      UserDetailList: [
        { UserName: 'ann', GroupList: ['team'], PermissionsBoundary: expect.any(Object) },
      ],
      GroupDetailList: [{ GroupName: 'team', AttachedManagedPolicies: [{ PolicyArn: BASIC }] }],
      RoleDetailList: [],
    });
    const second = await call('GetAccountAuthorizationDetails', {
      Filter: ['User', 'Group', 'Role'],
      Marker: first.Marker,
    });
    expect(second).toMatchObject({
      IsTruncated: false,
      UserDetailList: [],
      RoleDetailList: [{ RoleName: 'app', AttachedManagedPolicies: [{ PolicyArn: BASIC }] }],
      Policies: [],
    });
  });
});

describe('a simulation with the policy of the resource', () => {
  beforeEach(() => call('CreateUser', { UserName: 'ann' }));
  const decide = async (Effect: string, AWS: string, more: object = {}): Promise<unknown> => {
    const { EvaluationResults } = await simulate({
      PolicyInputList: [policy({ Effect: 'Allow', Action: 'sqs:*', Resource: '*' })],
      ResourcePolicy: policy({ Effect, Principal: { AWS }, Action: 's3:*', Resource: '*' }),
      CallerArn: ANN,
      ActionNames: ['s3:GetObject'],
      ResourceArns: [BUCKET],
      ...more,
    });
    return EvaluationResults?.[0]?.EvalDecision;
  };

  test('is decided by both, and needs both where another account owns the resource', async () => {
    expect(await decide('Allow', ANN)).toBe('allowed');
    expect(await decide('Allow', `${ANN}2`)).toBe('implicitDeny');
    expect(await decide('Deny', ANN, { ActionNames: ['s3:GetObject'] })).toBe('explicitDeny');
    const elsewhere = { ResourceOwner: 'arn:aws:iam::111122223333:root' };
    expect(await decide('Allow', ANN, elsewhere)).toBe('implicitDeny');
    const PolicyInputList = [policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })];
    expect(await decide('Allow', ANN, { ...elsewhere, PolicyInputList })).toBe('allowed');
    expect(await decide('Allow', `${ANN}2`, { ...elsewhere, PolicyInputList })).toBe(
      'implicitDeny',
    );
  });

  test('names its statement, and needs a caller and a policy that is one', async () => {
    const { EvaluationResults } = await simulate({
      PolicyInputList: [policy({ Effect: 'Allow', Action: 'sqs:*', Resource: '*' })],
      ResourcePolicy: policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }),
      CallerArn: ANN,
      ActionNames: ['s3:GetObject'],
    });
    expect(EvaluationResults?.[0]?.MatchedStatements).toMatchObject([
      { SourcePolicyId: 'ResourcePolicy', SourcePolicyType: 'Resource Policy' },
    ]);
    const nobody = decide('Allow', ANN, { CallerArn: undefined });
    await expect(nobody).rejects.toMatchObject({ code: 'InvalidInput' });
    const broken = decide('Allow', ANN, { ResourcePolicy: '{}' });
    await expect(broken).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});
