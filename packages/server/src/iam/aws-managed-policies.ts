/** Managed policies of AWS that exist in every account, with AWS's statements. */
import { awsManaged } from './aws-managed-policy.ts';
import { executionRolePolicies } from './execution-role-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import readOnlyAccess from './read-only-access.json' with { type: 'json' };

export const awsManagedPolicies: readonly ManagedPolicy[] = [
  ...executionRolePolicies,
  awsManaged({
    name: 'AdministratorAccess',
    id: 'ANPAIWMBCKSKIEE64ZLYK',
    description: 'Provides full access to AWS services and resources.',
    createdAt: '2015-02-06T18:39:46Z',
    statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  }),
  awsManaged({
    name: 'PowerUserAccess',
    id: 'ANPAJYRXTHIB4FOVS3ZXS',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    createdAt: '2015-02-06T18:39:47Z',
    version: 12,
    updatedAt: '2026-02-12T17:59:14Z',
    statements: [
      { NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*', Effect: 'Allow' },
      {
        Action: [
          'account:GetAccountInformation',
          'account:GetGovCloudAccountInformation',
          'account:GetPrimaryEmail',
          'account:ListRegions',
          'iam:CreateServiceLinkedRole',
          'iam:DeleteServiceLinkedRole',
          'iam:ListRoles',
          'organizations:DescribeEffectivePolicy',
          'organizations:DescribeOrganization',
        ],
        Resource: '*',
        Effect: 'Allow',
      },
    ],
  }),
  awsManaged({
    name: 'ReadOnlyAccess',
    id: 'ANPAILL3HVNFSB6DCOWYQ',
    description: 'Provides read-only access to AWS services and resources.',
    createdAt: '2015-02-06T18:39:48Z',
    version: 188,
    updatedAt: '2026-07-21T18:42:30Z',
    statements: readOnlyAccess,
  }),
  awsManaged({
    name: 'AWSLambda_FullAccess',
    id: 'ANPAZKAPJZG4OXQPYWZ5D',
    description:
      'Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services.',
    createdAt: '2020-11-17T21:14:08Z',
    version: 5,
    updatedAt: '2026-02-11T22:18:56Z',
    statements: lambdaFullAccess(),
  }),
  awsManaged({
    name: 'AmazonS3FullAccess',
    id: 'ANPAIFIR6V6BVTRAHWINE',
    description: 'Provides full access to all buckets via the AWS Management Console.',
    createdAt: '2015-02-06T18:40:58Z',
    version: 2,
    updatedAt: '2021-09-27T20:16:37Z',
    statements: [{ Effect: 'Allow', Action: ['s3:*', 's3-object-lambda:*'], Resource: '*' }],
  }),
  awsManaged({
    name: 'AmazonS3ReadOnlyAccess',
    id: 'ANPAIZTJ4DXE7G6AGAE6M',
    description: 'Provides read only access to all buckets via the AWS Management Console.',
    createdAt: '2015-02-06T18:40:59Z',
    version: 3,
    updatedAt: '2023-08-10T21:31:39Z',
    statements: [
      {
        Effect: 'Allow',
        Action: [
          's3:Get*',
          's3:List*',
          's3:Describe*',
          's3-object-lambda:Get*',
          's3-object-lambda:List*',
        ],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AmazonSQSFullAccess',
    id: 'ANPAI65L554VRJ33ECQS6',
    description: 'Provides full access to Amazon SQS via the AWS Management Console.',
    createdAt: '2015-02-06T18:41:07Z',
    statements: [{ Action: ['sqs:*'], Effect: 'Allow', Resource: '*' }],
  }),
  awsManaged({
    name: 'CloudWatchLogsFullAccess',
    id: 'ANPAJ3ZGNWK2R5HW5BQFO',
    description: 'Provides full access to CloudWatch Logs',
    createdAt: '2015-02-06T18:40:02Z',
    version: 3,
    updatedAt: '2025-05-20T17:07:06Z',
    statements: [
      {
        Action: ['logs:*', 'cloudwatch:GenerateQuery', 'cloudwatch:GenerateQueryResultsSummary'],
        Resource: '*',
        Effect: 'Allow',
        Sid: 'CloudWatchLogsFullAccess',
      },
    ],
  }),
  awsManaged({
    name: 'AWSXRayDaemonWriteAccess',
    id: 'ANPAIOE47HSUE5AVBNEDM',
    description:
      "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.",
    createdAt: '2018-08-28T23:00:33Z',
    version: 2,
    updatedAt: '2024-02-13T21:58:30Z',
    statements: [
      {
        Sid: 'AWSXRayDaemonWriteAccess',
        Effect: 'Allow',
        Action: [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
          'xray:GetSamplingStatisticSummaries',
        ],
        Resource: ['*'],
      },
    ],
  }),
];

function lambdaFullAccess(): readonly object[] {
  return [
    {
      Action: [
        'cloudformation:DescribeStacks',
        'cloudformation:ListStackResources',
        'cloudwatch:ListMetrics',
        'cloudwatch:GetMetricData',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'kms:DescribeKey',
        'kms:ListAliases',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoles',
        'lambda:*',
        'logs:DescribeLogGroups',
        'states:DescribeStateMachine',
        'states:ListStateMachines',
        'tag:GetResources',
        'xray:GetTraceSummaries',
        'xray:BatchGetTraces',
      ],
      Resource: '*',
      Effect: 'Allow',
    },
    {
      Action: 'iam:PassRole',
      Resource: '*',
      Effect: 'Allow',
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
    {
      Action: [
        'logs:DescribeLogStreams',
        'logs:GetLogEvents',
        'logs:FilterLogEvents',
        'logs:StartLiveTail',
        'logs:StopLiveTail',
      ],
      Resource: 'arn:aws:logs:*:*:log-group:/aws/lambda/*',
      Effect: 'Allow',
    },
    {
      Action: 'iam:CreateServiceLinkedRole',
      Resource: 'arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda',
      Effect: 'Allow',
      Condition: { StringEquals: { 'iam:AWSServiceName': 'lambda.amazonaws.com' } },
    },
  ];
}
