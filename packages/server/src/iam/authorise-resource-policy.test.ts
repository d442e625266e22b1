import { expect, test } from 'vitest';
import { openIam } from '../../../testkit/src/open-iam.ts';
import type { Permission, ResourcePolicy } from '../core/operation.ts';
import type { Principal } from '../core/principal.ts';
import { randomIds } from '../lib/ids.ts';
import { authorise } from './authorise.ts';
import { rootPrincipal } from './credentials.ts';
import { createRoleSessions } from './role-sessions.ts';

const HERE = '000000000000';
const THERE = '111111111111';
const FN = `arn:aws:lambda:eu-west-1:${HERE}:function:pay`;
const BUCKET = 'arn:aws:s3:::orders';
const now = Date.parse('2026-11-24T12:00:00Z');
const attributes = { service: 'lambda', sourceIp: undefined, isSecureTransport: true };

const { identities } = await openIam(now);
const sessions = createRoleSessions({ identities, ids: randomIds });
/** A session of a role that has this one inline statement. */
async function roleOf(account: string, name: string, statement?: object): Promise<Principal> {
  const trust = { Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await identities.roles.create({
    account,
    name,
    id: `AROA${account}${name}`,
    path: '/',
    trustPolicy: JSON.stringify({ Statement: { Effect: 'Allow', ...trust } }),
    maxSessionSeconds: 3600,
    createdAtMs: now,
    tags: [],
    inlinePolicies:
      statement === undefined
        ? {}
        : { p: JSON.stringify({ Version: '2012-10-17', Statement: statement }) },
    attachedPolicies: [],
  });
  const arn = `arn:aws:iam::${account}:role/${name}`;
  return (await sessions.assume(arn, 'one', 'lambda.amazonaws.com')).principal;
}
const invokeAny = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' };
const callers = {
  'the root here': rootPrincipal(HERE),
  'the root there': rootPrincipal(THERE),
  'a role here without policies': await roleOf(HERE, 'plain'),
  'a role here that may invoke': await roleOf(HERE, 'invokes', invokeAny),
  'a role here that may not': await roleOf(HERE, 'denied', { ...invokeAny, Effect: 'Deny' }),
  'a role there without policies': await roleOf(THERE, 'plain'),
  'a role there that may invoke': await roleOf(THERE, 'invokes', invokeAny),
  's3.amazonaws.com': { kind: 'service', service: 's3.amazonaws.com' },
  'events.amazonaws.com': { kind: 'service', service: 'events.amazonaws.com' },
} satisfies Record<string, Principal>;

const allow = (Principal: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Principal,
  Action: 'lambda:InvokeFunction',
  Resource: FN,
  ...more,
});
const rootOf = (account: string): object => ({ AWS: `arn:aws:iam::${account}:root` });
const roleArn = (account: string, name: string): object => ({
  AWS: `arn:aws:iam::${account}:role/${name}`,
});
const s3 = { Service: 's3.amazonaws.com' };
const fromBucket = {
  Condition: {
    ArnLike: { 'AWS:SourceArn': BUCKET },
    StringEquals: { 'AWS:SourceAccount': HERE },
  },
};
const denyAll = { ...allow('*'), Effect: 'Deny' };

type Row = readonly [
  caller: keyof typeof callers,
  statements: readonly object[],
  isAllowed: boolean,
];
const rows: readonly Row[] = [
  // In the function's own account either side is enough, and a Deny of either wins.
  ['the root here', [], true],
  ['the root here', [denyAll], false],
  ['a role here without policies', [], false],
  ['a role here without policies', [allow(roleArn(HERE, 'plain'))], true],
  ['a role here without policies', [allow(roleArn(HERE, 'other'))], false],
  ['a role here without policies', [allow(rootOf(HERE))], false],
  ['a role here without policies', [allow('*')], true],
  ['a role here without policies', [allow('*'), denyAll], false],
  ['a role here without policies', [allow('*', { Action: 'lambda:GetFunction' })], false],
  ['a role here without policies', [allow('*', { Resource: `${FN}:live` })], false],
  ['a role here that may invoke', [], true],
  ['a role here that may invoke', [denyAll], false],
  ['a role here that may not', [allow('*')], false],
  // Across accounts both sides must allow.
  ['the root there', [], false],
  ['the root there', [allow(rootOf(THERE))], true],
  ['the root there', [allow(rootOf(HERE))], false],
  ['a role there that may invoke', [], false],
  ['a role there that may invoke', [allow(rootOf(THERE))], true],
  ['a role there that may invoke', [allow(roleArn(THERE, 'invokes'))], true],
  ['a role there that may invoke', [allow(roleArn(THERE, 'plain'))], false],
  ['a role there that may invoke', [allow(rootOf('222222222222'))], false],
  ['a role there that may invoke', [allow(rootOf(THERE)), denyAll], false],
  ['a role there without policies', [allow(rootOf(THERE))], false],
  ['a role there without policies', [allow(roleArn(THERE, 'plain'))], false],
  ['a role there without policies', [allow('*')], false],
  // A service has the policy of the resource alone, and "*" does not mean services.
  ['s3.amazonaws.com', [], false],
  ['s3.amazonaws.com', [allow(s3)], true],
  ['s3.amazonaws.com', [allow(s3, fromBucket)], true],
  ['s3.amazonaws.com', [allow('*')], false],
  ['s3.amazonaws.com', [allow(rootOf(HERE))], false],
  ['events.amazonaws.com', [allow(s3)], false],
];

const permissionFor = (statements: readonly object[]): Permission => ({
  action: 'lambda:InvokeFunction',
  resources: [FN],
  ...(statements.length === 0
    ? {}
    : {
        resourcePolicy: {
          Version: '2012-10-17',
          Statement: statements,
        } as unknown as ResourcePolicy,
      }),
});

test.each(rows)('%s under %j: %j', (caller, statements, isAllowed) => {
  const source = { arn: BUCKET, account: HERE };
  const decision = authorise(identities, callers[caller], [permissionFor(statements)], {
    ...attributes,
    source,
  });
  expect(decision.isAllowed).toBe(isAllowed);
});

test.each([
  [{ arn: BUCKET, account: HERE }, true],
  [{ arn: `${BUCKET}-2`, account: HERE }, false],
  [{ arn: BUCKET, account: THERE }, false],
  [undefined, false],
])('S3 that acts for %j: %j', (source, isAllowed) => {
  const known = source === undefined ? attributes : { ...attributes, source };
  const permission = permissionFor([allow(s3, fromBucket)]);
  const decision = authorise(identities, callers['s3.amazonaws.com'], [permission], known);
  expect(decision.isAllowed).toBe(isAllowed);
});

test('a denial tells which side is missing', () => {
  const messageOf = (caller: keyof typeof callers, ...statements: object[]): string => {
    const permission = permissionFor(statements);
    const decision = authorise(identities, callers[caller], [permission], attributes);
    return decision.isAllowed ? 'allowed' : decision.error.message;
  };
  expect(messageOf('a role there that may invoke')).toMatch(
    /because no resource-based policy allows the lambda:InvokeFunction action$/,
  );
  expect(messageOf('a role there without policies', allow(rootOf(THERE)))).toMatch(
    /because no identity-based policy allows the lambda:InvokeFunction action$/,
  );
  expect(messageOf('the root here', denyAll)).toMatch(
    /with an explicit deny in a resource-based policy$/,
  );
});
