import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../testkit/src/memory-store.ts';
import type { Permission } from '../core/operation.ts';
import type { Principal } from '../core/principal.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { authorise } from './authorise.ts';
import { rootPrincipal } from './credentials.ts';
import { openIdentities, type Identities } from './identities.ts';
import { createRoleSessions } from './role-sessions.ts';
import { RoleNotAssumable } from '../core/invocation.ts';

const ACCOUNT = '000000000000';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/app`;
const FN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:pay`;
const now = Date.parse('2026-11-24T12:00:00Z');
const attributes = { service: 'lambda', sourceIp: '::ffff:127.0.0.1', isSecureTransport: false };
const invoke: Permission = { action: 'lambda:InvokeFunction', resources: [FN] };

test('the administrator is allowed everything in its own account', async () => {
  const { identities } = await open({});
  const root = rootPrincipal(ACCOUNT);
  const permissions = [invoke, { action: 'anything:AtAll', resources: ['*'] }];
  expect(authorise(identities, root, permissions, attributes)).toEqual({ isAllowed: true });
});

test('the administrator of one account is nobody in another', async () => {
  const { identities } = await open({});
  const decision = authorise(identities, rootPrincipal('111122223333'), [invoke], attributes);
  expect(decision.isAllowed).toBe(false);
});

test.each([
  ['lambda', 'AccessDeniedException', 403],
  ['logs', 'AccessDeniedException', 400],
  ['iam', 'AccessDenied', 403],
  ['sts', 'AccessDenied', 403],
])('%s answers %s with status %i and says that no policy allows', async (service, code, status) => {
  const { identities, principal } = await open({});
  expect(authorise(identities, principal, [invoke], { ...attributes, service })).toEqual({
    isAllowed: false,
    error: expect.objectContaining({
      code,
      status,
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/app/one is not authorized to perform: lambda:InvokeFunction on resource: ${FN} because no identity-based policy allows the lambda:InvokeFunction action`,
    }),
  });
});

test('an explicit deny is told as one', async () => {
  const { identities, principal } = await open({
    Effect: 'Deny',
    Action: 'lambda:*',
    Resource: '*',
  });
  expect(authorise(identities, principal, [invoke], attributes)).toEqual({
    isAllowed: false,
    error: expect.objectContaining({
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/app/one is not authorized to perform: lambda:InvokeFunction on resource: ${FN} with an explicit deny in an identity-based policy`,
    }),
  });
});

test('all actions must be allowed, on all of their resources', async () => {
  const { identities, principal } = await open({
    Effect: 'Allow',
    Action: 'lambda:*',
    Resource: FN,
  });
  const ask = (...permissions: Permission[]): boolean =>
    authorise(identities, principal, permissions, attributes).isAllowed;
  expect(ask(invoke)).toBe(true);
  expect(ask(invoke, { action: 'lambda:GetFunction', resources: [FN] })).toBe(true);
  expect(ask(invoke, { action: 'iam:PassRole', resources: [ROLE] })).toBe(false);
  expect(ask({ action: 'lambda:InvokeFunction', resources: [FN, `${FN}2`] })).toBe(false);
  expect(ask()).toBe(true);
  expect(ask({ action: 'lambda:ListFunctions', resources: [] })).toBe(false);
});

test('a role of another account cannot be passed on, whatever is allowed', async () => {
  const { identities, principal } = await open({ Effect: 'Allow', Action: '*', Resource: '*' });
  const pass = (role: string): ReturnType<typeof authorise> =>
    authorise(identities, principal, [{ action: 'iam:PassRole', resources: [role] }], attributes);
  expect(pass(ROLE)).toEqual({ isAllowed: true });
  expect(pass(ROLE.replace(ACCOUNT, '111122223333'))).toMatchObject({
    isAllowed: false,
    error: { code: 'AccessDeniedException', message: 'Cross-account pass role is not allowed.' },
  });
});

test('a policy can tell what a service asks for in the name of the caller', async () => {
  const { identities, principal } = await open({
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: '*',
    Condition: {
      'ForAnyValue:StringEquals': { 'aws:CalledVia': ['lambda.amazonaws.com'] },
      StringEquals: { 'aws:CalledViaLast': 'lambda.amazonaws.com' },
      Bool: { 'aws:ViaAWSService': 'true' },
    },
  });
  const read = [{ action: 's3:GetObject', resources: ['arn:aws:s3:::code/f.zip'] }];
  const via = (calledVia?: string): boolean =>
    authorise(identities, principal, read, {
      ...attributes,
      ...(calledVia === undefined ? {} : { calledVia }),
    }).isAllowed;
  expect(via('lambda.amazonaws.com')).toBe(true);
  expect(via('cloudformation.amazonaws.com')).toBe(false);
  expect(via()).toBe(false);
});

test('an attached policy of AWS gives what it says and nothing else', async () => {
  const { identities, principal } = await open({});
  await identities.roles.update(ACCOUNT, 'app', (role) => ({
    ...role,
    attachedPolicies: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
  }));
  const group = `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/pay:log-stream:x`;
  const ask = (action: string): boolean =>
    authorise(identities, principal, [{ action, resources: [group] }], attributes).isAllowed;
  expect(ask('logs:PutLogEvents')).toBe(true);
  expect(ask('logs:GetLogEvents')).toBe(false);
});

test('a change of a policy decides the next request', async () => {
  const { identities, principal } = await open({});
  const arn = `arn:aws:iam::${ACCOUNT}:policy/p`;
  const document = (Effect: string): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: { Effect, Action: '*', Resource: '*' } });
  const version = (id: string, text: string): object => ({ id, document: text, createdAtMs: now });
  await identities.policies.create({
    account: ACCOUNT,
    name: 'p',
    id: 'ANPAP',
    path: '/',
    createdAtMs: now,
    updatedAtMs: now,
    tags: [],
    versions: [version('v1', document('Deny')), version('v2', document('Allow'))] as never,
    defaultVersion: 'v1',
    lastVersionNumber: 2,
  });
  await identities.roles.update(ACCOUNT, 'app', (role) => ({ ...role, attachedPolicies: [arn] }));
  const ask = (): boolean => authorise(identities, principal, [invoke], attributes).isAllowed;
  expect(ask()).toBe(false);
  await identities.policies.update(arn, (policy) => ({ ...policy, defaultVersion: 'v2' }));
  expect(ask()).toBe(true);
  await identities.roles.update(ACCOUNT, 'app', (role) => ({ ...role, attachedPolicies: [] }));
  expect(ask()).toBe(false);
});

const global: readonly (readonly [condition: object, isAllowed: boolean])[] = [
  [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
  [{ Bool: { 'aws:SecureTransport': 'false' } }, true],
  [{ DateLessThan: { 'aws:CurrentTime': '2026-11-24T12:00:01Z' } }, true],
  [{ DateGreaterThan: { 'aws:CurrentTime': '2026-11-24T12:00:01Z' } }, false],
  [{ NumericEquals: { 'aws:EpochTime': String(now / 1000) } }, true],
  [{ ArnEquals: { 'aws:PrincipalArn': ROLE } }, true],
  [{ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }, true],
  [{ StringEquals: { 'aws:PrincipalType': 'AssumedRole' } }, true],
  [{ StringLike: { 'aws:userid': 'AROAAPP:*' } }, true],
  [{ Null: { 'aws:username': 'true' } }, true],
  [{ StringEquals: { 'aws:PrincipalTag/TEAM': 'blue' } }, true],
  [{ StringEquals: { 'aws:PrincipalTag/team': 'red' } }, false],
  [{ StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }, true],
  [{ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }, true],
  [{ Bool: { 'aws:ViaAWSService': 'false' } }, true],
];

test.each(global)('the condition %j of an Allow lets through: %j', async (Condition, isAllowed) => {
  const { identities, principal } = await open({
    Effect: 'Allow',
    Action: '*',
    Resource: '*',
    Condition,
  });
  const permission = { ...invoke, conditions: { 'IAM:passedtoservice': 'lambda.amazonaws.com' } };
  const known = { ...attributes, region: 'eu-west-1' };
  expect(authorise(identities, principal, [permission], known).isAllowed).toBe(isAllowed);
});

test('a service has no identity policies', async () => {
  const { identities } = await open({ Effect: 'Allow', Action: '*', Resource: '*' });
  const service: Principal = { kind: 'service', service: 'lambda.amazonaws.com' };
  expect(authorise(identities, service, [invoke], attributes)).toEqual({
    isAllowed: false,
    error: expect.objectContaining({
      message: expect.stringContaining('User: lambda.amazonaws.com is not'),
    }),
  });
});

const trusts: readonly (readonly [trust: object, isAssumable: boolean])[] = [
  [{ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }, true],
  [
    { Principal: { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }, Action: 'sts:*' },
    true,
  ],
  [{ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }, false],
  [{ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }, false],
  [{ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:TagSession' }, false],
  [
    {
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    },
    true,
  ],
  [
    {
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } },
    },
    false,
  ],
];

test.each(trusts)(
  'with the trust %j Lambda can assume the role: %j',
  async (trust, isAssumable) => {
    const { identities } = await open({});
    await identities.roles.update(ACCOUNT, 'app', (role) => ({
      ...role,
      trustPolicy: JSON.stringify({ Statement: { Effect: 'Allow', ...trust } }),
    }));
    const sessions = createRoleSessions({ identities, ids: randomIds });
    expect(await sessions.isAssumableBy(ROLE, 'lambda.amazonaws.com')).toBe(isAssumable);
    const assumed = sessions.assume(ROLE, 'one', 'lambda.amazonaws.com');
    if (isAssumable) expect((await assumed).principal.roleArn).toBe(ROLE);
    else await expect(assumed).rejects.toBeInstanceOf(RoleNotAssumable);
  },
);

test('a role that does not exist cannot be assumed', async () => {
  const { identities } = await open({});
  const sessions = createRoleSessions({ identities, ids: randomIds });
  expect(await sessions.isAssumableBy(`${ROLE}2`, 'lambda.amazonaws.com')).toBe(false);
  const assumed = sessions.assume(`${ROLE}2`, 'one', 'lambda.amazonaws.com');
  await expect(assumed).rejects.toBeInstanceOf(RoleNotAssumable);
});

/** A role `app` with one statement, and a session of it. */
async function open(statement: object): Promise<{ identities: Identities; principal: Principal }> {
  const clock = { nowMs: () => now, monotonicMs: () => 0 };
  const secretsKey = Buffer.alloc(32, 7);
  const deps = {
    store: openMemoryStore(),
    clock,
    ids: randomIds,
    logger: silentLogger,
    secretsKey,
  };
  const identities = await openIdentities(deps);
  const lambda = { Service: 'lambda.amazonaws.com' };
  const trust = { Effect: 'Allow', Principal: lambda, Action: 'sts:AssumeRole' };
  const hasStatement = Object.keys(statement).length > 0;
  await identities.roles.create({
    account: ACCOUNT,
    name: 'app',
    id: 'AROAAPP',
    path: '/',
    trustPolicy: JSON.stringify({ Statement: trust }),
    maxSessionSeconds: 3600,
    createdAtMs: now,
    tags: [{ key: 'Team', value: 'blue' }],
    inlinePolicies: hasStatement
      ? { p: JSON.stringify({ Version: '2012-10-17', Statement: statement }) }
      : {},
    attachedPolicies: [],
  });
  const sessions = createRoleSessions({ identities, ids: randomIds });
  const { principal } = await sessions.assume(ROLE, 'one', 'lambda.amazonaws.com');
  return { identities, principal };
}
