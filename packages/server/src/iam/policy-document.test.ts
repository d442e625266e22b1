import { expect, test } from 'vitest';
import {
  MalformedPolicy,
  parsePolicyDocument,
  policySize,
  type PolicyKind,
} from './policy-document.ts';

const S3 = 'arn:aws:s3:::example';
const good = { Effect: 'Allow', Action: 's3:ListBucket', Resource: S3 };
const document = (statement: unknown, more: object = {}): unknown => ({
  Version: '2012-10-17',
  Statement: statement,
  ...more,
});
const withCondition = (Condition: unknown): unknown => document({ ...good, Condition });

const SYNTAX = 'Syntax errors in policy.';
const VERSION = 'Policy document must be version 2012-10-17 or greater.';
const LEGACY = 'The policy failed legacy parsing';

const refused: readonly (readonly [document: unknown, message: string])[] = [
  ['no JSON', SYNTAX],
  [[], SYNTAX],
  [null, SYNTAX],
  [document(good, { Version: '2013-10-17' }), SYNTAX],
  [document(good, { Version: '2008-10-17' }), VERSION],
  [{ Statement: good }, VERSION],
  [{ Version: '2012-10-17' }, SYNTAX],
  [document([]), SYNTAX],
  [document(['text']), SYNTAX],
  [document(good, { Extra: 1 }), SYNTAX],
  [document(good, { Id: ['x'] }), SYNTAX],
  [document({ ...good, Extra: 1 }), SYNTAX],
  [document({ ...good, Sid: {} }), SYNTAX],
  [document({ ...good, Effect: 'Perhaps' }), SYNTAX],
  [document({ ...good, Effect: 'allow' }), LEGACY],
  [document({ Action: 's3:*', Resource: '*' }), SYNTAX],
  [document({ ...good, NotAction: 's3:*' }), SYNTAX],
  [document({ ...good, NotResource: '*' }), SYNTAX],
  [document({ ...good, Action: [[]] }), SYNTAX],
  [document({ ...good, Resource: { a: S3 } }), SYNTAX],
  [document({ ...good, Resource: [S3, {}] }), SYNTAX],
  [withCondition([]), SYNTAX],
  [withCondition('x'), SYNTAX],
  [withCondition({ StringEquals: 'x' }), SYNTAX],
  [withCondition({ StringEquals: { a: {} } }), SYNTAX],
  [withCondition({ Rhymes: { a: 'b' } }), SYNTAX],
  [withCondition({ 'ForAnyValue::StringEquals': { a: 'b' } }), SYNTAX],
  [withCondition({ NullIfExists: { a: 'true' } }), SYNTAX],
  [withCondition({ DateGreaterThan: { a: 'soon' } }), LEGACY],
  [document({ ...good, Principal: '*' }), 'Policy document should not specify a principal.'],
  [
    document([
      { ...good, Sid: 'a' },
      { Effect: 'Allow', Sid: 'a' },
    ]),
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  [document({ Effect: 'Allow' }), 'Policy statement must contain actions.'],
  [document({ ...good, Action: [] }), 'Policy statement must contain actions.'],
  [document({ Effect: 'Allow', Action: 's3:*' }), 'Policy statement must contain resources.'],
  [document({ ...good, Resource: [] }), 'Policy statement must contain resources.'],
  [
    document({ ...good, Action: 'invalid' }),
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  [document({ ...good, Action: 'a a:List' }), 'Vendor a a is not valid'],
  [
    document({ ...good, Action: 's3:List:Bucket' }),
    'Actions/Condition can contain only one colon.',
  ],
  [document({ ...good, Resource: 'bucket' }), 'Resource bucket must be in ARN format or "*".'],
  [document({ ...good, Resource: '' }), 'Resource  must be in ARN format or "*".'],
  [
    document({ ...good, Resource: 'aws:s3:::example' }),
    'Partition "s3" is not valid for resource "arn:s3:::example:*".',
  ],
  [
    document({ ...good, Resource: 'a:b:c:d:e:f:g:h' }),
    'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".',
  ],
  [
    document({ ...good, Resource: 'arn:aws' }),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  [document({ ...good, Resource: 'arn:aws:s3::example' }), LEGACY],
  [document({ ...good, Resource: 'arn:aws::::example' }), LEGACY],
  [
    document({ ...good, Resource: 'arn:aws:s3:us-east-1::example' }),
    'Resource arn:aws:s3:us-east-1::example can not contain region information.',
  ],
  [
    document({ ...good, Resource: 'arn:aws:iam:us-east-1::user/a' }),
    'IAM resource arn:aws:iam:us-east-1::user/a cannot contain region information.',
  ],
  [
    document({ ...good, Resource: 'arn:aws:iam:::bucket' }),
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.',
  ],
];

test.each(refused)('a managed policy %j is refused: %s', (json, message) => {
  expect(() => parse(json, 'managed')).toThrow(new MalformedPolicy(message));
});

const accepted: readonly unknown[] = [
  document(good),
  document([good, good]),
  document({ ...good, Action: ['s3:*', '*'], Resource: [S3, '*'] }),
  document({ Effect: 'Deny', NotAction: 'iam: with spaces ', NotResource: '*' }),
  document({ ...good, Resource: 'arn:aws:fdsasf' }),
  document({ ...good, Resource: 'arn:aws:iam::*:user/${aws:username}' }),
  document({ ...good, Resource: 'arn:*:s3:::a' }),
  withCondition({}),
  withCondition({ Rhymes: {} }),
  withCondition({ DateLessThan: { a: '2019-07-01T13:20:15Z', b: '1565000000' } }),
  withCondition({ Bool: { a: true }, NumericEquals: { b: [1, '2'] } }),
  withCondition({ 'ForAllValues:StringEqualsIfExists': { a: [] } }),
];

test.each(accepted)('a managed policy %j is accepted', (json) => {
  expect(parse(json, 'managed').Statement.length).toBeGreaterThan(0);
});

test('an inline policy may be of the older version, or of none', () => {
  expect(parse({ Statement: good }, 'inline').Statement).toEqual([good]);
  expect(parse({ Version: '2008-10-17', Statement: good }, 'inline').Statement).toEqual([good]);
});

const lambda = { Service: 'lambda.amazonaws.com' };
const trust = { Effect: 'Allow', Principal: lambda, Action: 'sts:AssumeRole' };
const refusedTrust: readonly (readonly [document: unknown, message: string])[] = [
  ['no JSON', 'This policy contains invalid Json'],
  [{ Statement: [] }, SYNTAX],
  [{ Statement: { ...trust, Resource: '*' } }, 'Has prohibited field Resource'],
  [
    { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole' } },
    'Missing required field Principal',
  ],
  [{ Statement: { Effect: 'Allow', Principal: lambda } }, 'Missing required field Action'],
  [
    { Statement: { ...trust, Action: 's3:GetObject' } },
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
  [
    { Statement: { ...trust, Principal: { Service: 'lambda' } } },
    'Invalid principal in policy: "SERVICE":"lambda"',
  ],
  [
    { Statement: { ...trust, Principal: { AWS: 'arn:aws:iam::1:root' } } },
    'Invalid principal in policy: "AWS":"arn:aws:iam::1:root"',
  ],
];

test.each(refusedTrust)('a trust policy %j is refused: %s', (json, message) => {
  expect(() => parse(json, 'trust')).toThrow(new MalformedPolicy(message));
});

test.each([
  lambda,
  '*',
  { AWS: '*' },
  { AWS: ['111122223333', 'arn:aws:iam::111122223333:root'] },
  { AWS: 'arn:aws:sts::111122223333:assumed-role/a/b', Service: ['ec2.amazonaws.com'] },
  { Federated: 'accounts.google.com' },
])('a trust policy may name %j', (Principal) => {
  expect(parse({ Statement: { ...trust, Principal } }, 'trust').Statement).toHaveLength(1);
});

test('white space does not count towards the size of a policy', () => {
  expect(policySize('{ "a" :\n\t"b" }')).toBe(9);
});

function parse(json: unknown, kind: PolicyKind): ReturnType<typeof parsePolicyDocument> {
  return parsePolicyDocument(json === 'no JSON' ? json : JSON.stringify(json), kind);
}
