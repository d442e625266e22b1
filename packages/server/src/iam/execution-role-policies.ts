/** AWS's managed policies for execution roles of functions. */
import { awsManaged } from './aws-managed-policy.ts';
import type { ManagedPolicy } from './managed-policy.ts';

const logging = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const path = '/service-role/';

export const executionRolePolicies: readonly ManagedPolicy[] = [
  awsManaged({
    name: 'AWSLambdaBasicExecutionRole',
    id: 'ANPAJNCQGXC42545SKXIK',
    path,
    description: 'Provides write permissions to CloudWatch Logs.',
    createdAt: '2015-04-09T15:03:43Z',
    statements: [{ Effect: 'Allow', Action: logging, Resource: '*' }],
  }),
  awsManaged({
    name: 'AWSLambdaVPCAccessExecutionRole',
    id: 'ANPAJVTME3YLVNL72YR2K',
    path,
    description:
      'Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs.',
    createdAt: '2016-02-11T23:15:26Z',
    version: 3,
    updatedAt: '2024-01-05T22:38:26Z',
    statements: [
      {
        Sid: 'AWSLambdaVPCAccessExecutionPermissions',
        Effect: 'Allow',
        Action: [
          ...logging,
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AWSLambdaSQSQueueExecutionRole',
    id: 'ANPAJFWJZI6JNND4TSELK',
    path,
    description:
      'Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.',
    createdAt: '2018-06-14T21:50:45Z',
    statements: [
      {
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...logging],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AWSLambdaKinesisExecutionRole',
    id: 'ANPAJHOLKJPXV4GBRMJUQ',
    path,
    description:
      'Provides list and read access to Kinesis streams and write permissions to CloudWatch logs.',
    createdAt: '2015-04-09T15:14:16Z',
    version: 2,
    updatedAt: '2018-11-19T20:09:24Z',
    statements: [
      {
        Effect: 'Allow',
        Action: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
          'kinesis:ListStreams',
          'kinesis:SubscribeToShard',
          ...logging,
        ],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AWSLambdaDynamoDBExecutionRole',
    id: 'ANPAIP7WNAGMIPYNW4WQG',
    path,
    description:
      'Provides list and read access to DynamoDB streams and write permissions to CloudWatch logs.',
    createdAt: '2015-04-09T15:09:29Z',
    statements: [
      {
        Effect: 'Allow',
        Action: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
          ...logging,
        ],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AWSLambdaMSKExecutionRole',
    id: 'ANPAZKAPJZG4NUBXFP74C',
    path,
    description:
      'Provides permissions required to access MSK Cluster within a VPC, manage ENIs (create, describe, delete) in the VPC and write permissions to CloudWatch Logs.',
    createdAt: '2020-08-11T17:35:41Z',
    version: 2,
    updatedAt: '2022-08-02T20:08:02Z',
    statements: [
      {
        Effect: 'Allow',
        Action: [
          'kafka:DescribeCluster',
          'kafka:DescribeClusterV2',
          'kafka:GetBootstrapBrokers',
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeVpcs',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeSubnets',
          'ec2:DescribeSecurityGroups',
          ...logging,
        ],
        Resource: '*',
      },
    ],
  }),
];
