import { describe, expect, test } from 'vitest';
import type { Principal } from '../core/principal.ts';
import { compilePolicy } from './compile-policy.ts';
import { evaluate, type CombinationRule } from './evaluate.ts';
import { parsePolicyDocument } from './policy-document.ts';

const ACCOUNT = '111122223333';
const FN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:pay`;
const GROUP = `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/pay`;

const caller: Principal = {
  kind: 'role-session',
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/one`,
  userId: 'AROAEXAMPLE:one',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/team/app`,
  sessionName: 'one',
};
const lambda: Principal = { kind: 'service', service: 'lambda.amazonaws.com' };

type Statement = Readonly<Record<string, unknown>>;
type Keys = Readonly<Record<string, string | readonly string[]>>;
type Case = readonly [
  rule: string,
  statements: readonly Statement[],
  request: readonly [action: string, resource: string, keys?: Keys],
  verdict: 'allowed' | 'explicit-deny' | 'implicit-deny',
];

const allow = (Action: unknown, Resource: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: unknown, Resource: unknown, more: Statement = {}): Statement => ({
  ...allow(Action, Resource, more),
  Effect: 'Deny',
});
const when = (operator: string, key: string, value: unknown): Statement => ({
  Condition: { [operator]: { [key]: value } },
});

const effects: readonly Case[] = [
  ['nothing is allowed that no statement allows', [], ['s3:GetObject', '*'], 'implicit-deny'],
  [
    'an Allow of action and resource allows',
    [allow('lambda:InvokeFunction', FN)],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    'an Allow of another action does not',
    [allow('lambda:GetFunction', FN)],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'an Allow of another resource does not',
    [allow('lambda:InvokeFunction', `${FN}2`)],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'a Deny wins over an Allow before it',
    [allow('*', '*'), deny('s3:*', '*')],
    ['s3:GetObject', '*'],
    'explicit-deny',
  ],
  [
    'a Deny wins over an Allow behind it',
    [deny('s3:*', '*'), allow('*', '*')],
    ['s3:GetObject', '*'],
    'explicit-deny',
  ],
  [
    'a Deny of something else takes nothing away',
    [allow('*', '*'), deny('s3:*', '*')],
    ['sqs:SendMessage', '*'],
    'allowed',
  ],
  ['a Deny alone is an explicit one', [deny('s3:*', '*')], ['s3:GetObject', '*'], 'explicit-deny'],
  [
    'any of several actions is enough',
    [allow(['a:B', 'lambda:InvokeFunction'], FN)],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    'any of several resources is enough',
    [allow('lambda:*', ['arn:aws:lambda:*:*:function:x', FN])],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  ['statements add up', [allow('a:B', '*'), allow('c:D', '*')], ['c:D', '*'], 'allowed'],
];

const actions: readonly Case[] = [
  [
    'actions are compared without regard to case',
    [allow('LAMBDA:invokefunction', FN)],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  ['`*` alone is every action', [allow('*', '*')], ['iam:CreateRole', '*'], 'allowed'],
  [
    '`service:*` is every action of the service',
    [allow('lambda:*', '*')],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    '`service:*` is no action of another service',
    [allow('lambda:*', '*')],
    ['logs:PutLogEvents', GROUP],
    'implicit-deny',
  ],
  [
    '`Get*` is every action that begins so',
    [allow('lambda:Get*', '*')],
    ['lambda:GetFunction', FN],
    'allowed',
  ],
  [
    '`Get*` is no other',
    [allow('lambda:Get*', '*')],
    ['lambda:ListFunctions', '*'],
    'implicit-deny',
  ],
  [
    '`*` stands in the middle as well',
    [allow('lambda:*Function', '*')],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  ['`?` is one character', [allow('sqs:SendMessag?', '*')], ['sqs:SendMessage', '*'], 'allowed'],
  ['`?` is not none', [allow('sqs:SendMessage?', '*')], ['sqs:SendMessage', '*'], 'implicit-deny'],
  [
    'NotAction allows what it does not name',
    [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    ['s3:GetObject', '*'],
    'allowed',
  ],
  [
    'NotAction does not allow what it names',
    [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    ['iam:CreateRole', '*'],
    'implicit-deny',
  ],
  [
    'a Deny with NotAction denies the rest',
    [allow('*', '*'), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }],
    ['sqs:SendMessage', '*'],
    'explicit-deny',
  ],
];

const resources: readonly Case[] = [
  [
    'a qualifier is another resource',
    [allow('lambda:InvokeFunction', FN)],
    ['lambda:InvokeFunction', `${FN}:1`],
    'implicit-deny',
  ],
  [
    '`function:*` covers qualifiers',
    [allow('lambda:InvokeFunction', `${FN}:*`)],
    ['lambda:InvokeFunction', `${FN}:live`],
    'allowed',
  ],
  [
    '`name:*` does not cover the name itself',
    [allow('lambda:InvokeFunction', `${FN}:*`)],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'resources are compared with regard to case',
    [allow('lambda:*', FN.replace('pay', 'Pay'))],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'a wildcard stands for region and account',
    [allow('lambda:*', 'arn:aws:lambda:*:*:function:pay')],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    'a wildcard inside a segment stays in it',
    [allow('lambda:*', `arn:aws:lambda:eu-*1:${ACCOUNT}:function:pay`)],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    'a wildcard inside a segment does not cross a colon',
    [allow('lambda:*', 'arn:aws:lambda:e*3:function:pay')],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'a wildcard at the end of a segment may cross colons',
    [allow('lambda:*', 'arn:aws:lambda:eu*:function:pay')],
    ['lambda:InvokeFunction', FN],
    'allowed',
  ],
  [
    'the last part may hold colons',
    [allow('logs:*', `${GROUP}:*`)],
    ['logs:PutLogEvents', `${GROUP}:log-stream:a/b`],
    'allowed',
  ],
  [
    'another log group is another resource',
    [allow('logs:*', `${GROUP}:*`)],
    ['logs:PutLogEvents', `${GROUP}2:log-stream:a`],
    'implicit-deny',
  ],
  [
    '`arn:aws:logs:*:*:*` is every resource of logs',
    [allow('logs:*', 'arn:aws:logs:*:*:*')],
    ['logs:PutLogEvents', `${GROUP}:log-stream:a`],
    'allowed',
  ],
  [
    'another region is another resource',
    [allow('lambda:*', FN.replace('eu-west-1', 'us-east-1'))],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'an action without a resource needs `*`',
    [allow('lambda:ListFunctions', FN)],
    ['lambda:ListFunctions', '*'],
    'implicit-deny',
  ],
  [
    'NotResource allows all but what it names',
    [{ Effect: 'Allow', Action: 'lambda:*', NotResource: FN }],
    ['lambda:InvokeFunction', `${FN}2`],
    'allowed',
  ],
  [
    'NotResource does not allow what it names',
    [{ Effect: 'Allow', Action: 'lambda:*', NotResource: FN }],
    ['lambda:InvokeFunction', FN],
    'implicit-deny',
  ],
  [
    'a Deny with NotResource denies the rest',
    [allow('*', '*'), { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::mine/*' }],
    ['s3:GetObject', 'arn:aws:s3:::other/x'],
    'explicit-deny',
  ],
];

const user = { 'aws:username': 'ann' };
const variables: readonly Case[] = [
  [
    'a variable stands for its value',
    [allow('s3:*', 'arn:aws:s3:::home/${aws:username}/*')],
    ['s3:GetObject', 'arn:aws:s3:::home/ann/x', user],
    'allowed',
  ],
  [
    'a variable stands for nothing else',
    [allow('s3:*', 'arn:aws:s3:::home/${aws:username}/*')],
    ['s3:GetObject', 'arn:aws:s3:::home/bob/x', user],
    'implicit-deny',
  ],
  [
    'a variable without a value matches nothing',
    [allow('s3:*', 'arn:aws:s3:::home/${aws:username}/*')],
    ['s3:GetObject', 'arn:aws:s3:::home//x'],
    'implicit-deny',
  ],
  [
    'a default stands in for a missing value',
    [allow('s3:*', "arn:aws:s3:::home/${aws:username, 'all'}/*")],
    ['s3:GetObject', 'arn:aws:s3:::home/all/x'],
    'allowed',
  ],
  [
    'a wildcard in a value is no wildcard',
    [allow('s3:*', 'arn:aws:s3:::home/${aws:username}/*')],
    ['s3:GetObject', 'arn:aws:s3:::home/bob/x', { 'aws:username': '*' }],
    'implicit-deny',
  ],
  [
    '`${*}` is an asterisk',
    [allow('s3:*', 'arn:aws:s3:::a${*}b')],
    ['s3:GetObject', 'arn:aws:s3:::a*b'],
    'allowed',
  ],
  [
    '`${*}` is nothing but an asterisk',
    [allow('s3:*', 'arn:aws:s3:::a${*}b')],
    ['s3:GetObject', 'arn:aws:s3:::axb'],
    'implicit-deny',
  ],
  [
    'a variable works in a condition',
    [allow('s3:*', '*', when('StringEquals', 's3:prefix', '${aws:username}'))],
    ['s3:ListBucket', '*', { ...user, 's3:prefix': 'ann' }],
    'allowed',
  ],
  [
    'a negated condition on a missing variable does not allow',
    [allow('s3:*', '*', when('StringNotEquals', 's3:prefix', '${aws:username}'))],
    ['s3:ListBucket', '*', { 's3:prefix': 'x' }],
    'implicit-deny',
  ],
  [
    'a Deny by NotResource with a missing variable still denies',
    [
      allow('s3:*', '*'),
      { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::${aws:username}' },
    ],
    ['s3:GetObject', 'arn:aws:s3:::x'],
    'explicit-deny',
  ],
];

const cases = { effects, actions, resources, variables };

describe.each(Object.entries(cases))('evaluation of identity policies, %s:', (_name, table) => {
  test.each(table)('%s', (_rule, statements, [action, resource, keys], verdict) => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [...statements, unrelated] });
    const identity = [compilePolicy(parsePolicyDocument(text, 'managed'))];
    const request = { principal: caller, action, resource, keys: lookup(keys) };
    expect(evaluate({ identity }, request).kind).toBe(verdict);
  });
});

test('in version 2008-10-17 a policy variable is plain text', () => {
  const text = JSON.stringify({ Statement: [allow('s3:*', 'arn:aws:s3:::${aws:username}')] });
  const identity = [compilePolicy(parsePolicyDocument(text, 'inline'))];
  const ask = (resource: string): string =>
    evaluate(
      { identity },
      { principal: caller, action: 's3:GetObject', resource, keys: lookup(user) },
    ).kind;
  expect(ask('arn:aws:s3:::ann')).toBe('implicit-deny');
  expect(ask('arn:aws:s3:::${aws:username}')).toBe('allowed');
});

type TrustCase = readonly [
  rule: string,
  principal: Principal,
  statements: readonly Statement[],
  identity: 'Allow' | 'Deny' | 'none',
  combination: CombinationRule,
  verdict: 'allowed' | 'explicit-deny' | 'implicit-deny',
];
const trust = (Principal: unknown, more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal,
  Action: 'sts:AssumeRole',
  ...more,
});
const service = { Service: 'lambda.amazonaws.com' };
const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
const role = { AWS: caller.roleArn };

const trustCases: readonly TrustCase[] = [
  ['a service that is named may', lambda, [trust(service)], 'none', 'trust', 'allowed'],
  [
    'a service among several may',
    lambda,
    [trust({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] })],
    'none',
    'trust',
    'allowed',
  ],
  [
    'another service may not',
    lambda,
    [trust({ Service: 'ec2.amazonaws.com' })],
    'none',
    'trust',
    'implicit-deny',
  ],
  ['"*" is no service', lambda, [trust('*')], 'none', 'trust', 'implicit-deny'],
  [
    'a Deny of the service wins',
    lambda,
    [trust(service), trust(service, { Effect: 'Deny' })],
    'none',
    'trust',
    'explicit-deny',
  ],
  [
    'another action is not enough',
    lambda,
    [trust(service, { Action: 'sts:TagSession' })],
    'none',
    'trust',
    'implicit-deny',
  ],
  [
    'a role that is named needs no identity policy',
    caller,
    [trust(role)],
    'none',
    'trust',
    'allowed',
  ],
  [
    'a session that is named needs none either',
    caller,
    [trust({ AWS: caller.arn })],
    'none',
    'trust',
    'allowed',
  ],
  [
    'another role may not',
    caller,
    [trust({ AWS: `${caller.roleArn}2` })],
    'Allow',
    'trust',
    'implicit-deny',
  ],
  [
    'trusting the account leaves it to its identity policies',
    caller,
    [trust(root)],
    'none',
    'trust',
    'implicit-deny',
  ],
  [
    'trusting the account and an identity policy is enough',
    caller,
    [trust(root)],
    'Allow',
    'trust',
    'allowed',
  ],
  [
    'an account may be named by its number',
    caller,
    [trust({ AWS: ACCOUNT })],
    'Allow',
    'trust',
    'allowed',
  ],
  [
    'another account is not the own',
    caller,
    [trust({ AWS: '999999999999' })],
    'Allow',
    'trust',
    'implicit-deny',
  ],
  [
    'an identity policy alone opens no role',
    caller,
    [trust(service)],
    'Allow',
    'trust',
    'implicit-deny',
  ],
  [
    'an identity policy can deny what the role trusts',
    caller,
    [trust(role)],
    'Deny',
    'trust',
    'explicit-deny',
  ],
  [
    'a trust policy can deny what an identity policy allows',
    caller,
    [trust(root), trust(role, { Effect: 'Deny' })],
    'Allow',
    'trust',
    'explicit-deny',
  ],
  ['{"AWS": "*"} is everybody', caller, [trust({ AWS: '*' })], 'none', 'trust', 'allowed'],
  [
    'across accounts being named is not enough',
    caller,
    [trust(role)],
    'none',
    'both',
    'implicit-deny',
  ],
  ['across accounts both must allow', caller, [trust(role)], 'Allow', 'both', 'allowed'],
  [
    'across accounts an identity policy is not enough',
    caller,
    [trust(service)],
    'Allow',
    'both',
    'implicit-deny',
  ],
  [
    'elsewhere a resource that names the caller is enough',
    caller,
    [trust(role)],
    'none',
    'either',
    'allowed',
  ],
  [
    'elsewhere an identity policy is enough',
    caller,
    [trust(service)],
    'Allow',
    'either',
    'allowed',
  ],
];

test.each(trustCases)('trust: %s', (_rule, principal, statements, effect, rule, verdict) => {
  const parsed = parsePolicyDocument(JSON.stringify({ Statement: statements }), 'trust');
  const own = effect === 'none' ? [] : [{ ...allow('sts:*', '*'), Effect: effect }];
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [...own, unrelated] });
  const identity = [compilePolicy(parsePolicyDocument(text, 'managed'))];
  const request = {
    principal,
    action: 'sts:AssumeRole',
    resource: `arn:aws:iam::${ACCOUNT}:role/target`,
    keys: lookup(),
  };
  const policies = { identity, resource: compilePolicy(parsed), rule };
  expect(evaluate(policies, request).kind).toBe(verdict);
});

test.each([
  ['denies everybody else', { AWS: `${caller.roleArn}2` }, 'explicit-deny'],
  ['spares whom it names', { AWS: caller.roleArn }, 'allowed'],
])('in the policy of a resource NotPrincipal %s', (_rule, NotPrincipal, verdict) => {
  const Statement = [
    { ...allow('s3:*', '*'), Principal: '*' },
    { Effect: 'Deny', NotPrincipal, Action: 's3:*', Resource: '*' },
  ];
  const parsed = parsePolicyDocument(JSON.stringify({ Statement }), 'resource');
  const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', keys: lookup() };
  const policies = { identity: [], resource: compilePolicy(parsed) };
  expect(evaluate(policies, { ...request, principal: caller }).kind).toBe(verdict);
});

/** So that no policy of the tables is without a statement. */
const unrelated = { Effect: 'Allow', Action: 'unrelated:Action', Resource: '*' };

function lookup(keys: Keys = {}): (key: string) => readonly string[] | undefined {
  return (key) => (keys[key] === undefined ? undefined : [keys[key]].flat());
}
