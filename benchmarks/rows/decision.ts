/**
 * Row iam: one decision on the warm path: a role session with inline and managed policies, among
 * them conditions and variables, asks for an action that a statement with conditions allows.
 * Compiled policies, no cache of decisions.
 */
import { openIam } from '../../packages/testkit/src/open-iam.ts';
import { authorise } from '../../packages/server/src/iam/authorise.ts';
import { createRoleSessions } from '../../packages/server/src/iam/role-sessions.ts';
import { randomIds } from '../../packages/server/src/lib/ids.ts';
import type { Line } from '../scoreboard.ts';
import { summarise } from '../statistics.ts';

const DECISIONS_PER_SAMPLE = 1000;
const account = '000000000000';
const resource = `arn:aws:lambda:eu-west-1:${account}:function:pay`;
const attributes = { service: 'lambda', sourceIp: '127.0.0.1', isSecureTransport: false };

export async function decisions(samples: number): Promise<readonly Line[]> {
  const { identities } = await roleWithPolicies();
  const roles = createRoleSessions({ identities, ids: randomIds });
  const arn = `arn:aws:iam::${account}:role/app`;
  const { principal } = await roles.assume(arn, 'one', 'lambda.amazonaws.com');
  const ask = (action: string): boolean =>
    authorise(identities, principal, [{ action, resources: [resource] }], attributes).isAllowed;
  if (!ask('lambda:InvokeFunction')) throw new Error('the benchmark asks for what is not allowed');
  return [line(measure(() => ask('lambda:InvokeFunction'), samples))];
}

/** Microseconds of one decision, for each sample. */
function measure(decide: () => boolean, samples: number): readonly number[] {
  for (let round = 0; round < 20 * DECISIONS_PER_SAMPLE; round += 1) decide();
  return Array.from({ length: samples }, () => {
    const startedAt = performance.now();
    for (let round = 0; round < DECISIONS_PER_SAMPLE; round += 1) decide();
    return ((performance.now() - startedAt) * 1000) / DECISIONS_PER_SAMPLE;
  });
}

function line(samples: readonly number[]): Line {
  const { p50, p99, count } = summarise(samples);
  return {
    row: 'iam',
    metric: `one decision of 7 policies, ReadOnlyAccess among them, p50 (p99) of ${count} x 1,000`,
    value: `${p50.toFixed(2)} us (${p99.toFixed(2)} us)`,
    control: '-',
    target: '<= 5 us',
    holds: p50 <= 5,
    numbers: { p50, p99 },
  };
}

async function roleWithPolicies(): ReturnType<typeof openIam> {
  const iam = await openIam(Date.now());
  const document = (Statement: unknown): string =>
    JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.call('iam', 'CreateRole', {
    RoleName: 'app',
    AssumeRolePolicyDocument: document([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]),
  });
  for (const name of [
    'service-role/AWSLambdaBasicExecutionRole',
    'AmazonSQSFullAccess',
    'AmazonS3ReadOnlyAccess',
    'AWSXRayDaemonWriteAccess',
    'ReadOnlyAccess',
  ]) {
    const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
    await iam.call('iam', 'AttachRolePolicy', { RoleName: 'app', PolicyArn });
  }
  const guard = { Effect: 'Deny', Action: 'lambda:Delete*', Resource: '*' };
  const own = {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject'],
    Resource: 'arn:aws:s3:::team-${aws:PrincipalTag/team}/*',
  };
  const invoke = {
    Effect: 'Allow',
    Action: 'lambda:Invoke*',
    Resource: `arn:aws:lambda:*:${account}:function:p*`,
    Condition: {
      IpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '10.0.0.0/8'] },
      StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/*` },
    },
  };
  for (const [PolicyName, statements] of [
    ['guard', [guard, own]],
    ['invoke', [invoke]],
  ] as const) {
    const input = { RoleName: 'app', PolicyName, PolicyDocument: document(statements) };
    await iam.call('iam', 'PutRolePolicy', input);
  }
  return iam;
}
