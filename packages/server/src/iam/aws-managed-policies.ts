/** Managed policies of AWS that exist in every account, with AWS's statements. */
import type { ManagedPolicy } from './managed-policy.ts';

export const awsManagedPolicies: readonly ManagedPolicy[] = [
  awsManaged({
    name: 'AWSLambdaBasicExecutionRole',
    id: 'ANPAJNCQGXC42545SKXIK',
    path: '/service-role/',
    description: 'Provides write permissions to CloudWatch Logs.',
    createdAt: '2015-04-09T15:03:43Z',
    statements: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '*',
      },
    ],
  }),
  awsManaged({
    name: 'AdministratorAccess',
    id: 'ANPAIWMBCKSKIEE64ZLYK',
    path: '/',
    description: 'Provides full access to AWS services and resources.',
    createdAt: '2015-02-06T18:39:46Z',
    statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  }),
];

interface AwsPolicy {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly description: string;
  readonly createdAt: string;
  readonly statements: readonly object[];
}

function awsManaged({
  name,
  id,
  path,
  description,
  createdAt,
  statements,
}: AwsPolicy): ManagedPolicy {
  const createdAtMs = Date.parse(createdAt);
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 4);
  return {
    account: 'aws',
    name,
    id,
    path,
    description,
    createdAtMs,
    updatedAtMs: createdAtMs,
    tags: [],
    versions: [{ id: 'v1', document, createdAtMs }],
    defaultVersion: 'v1',
    lastVersionNumber: 1,
  };
}
