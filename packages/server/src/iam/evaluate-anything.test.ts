/** Properties of parser and evaluation over arbitrary documents. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Principal } from '../core/principal.ts';
import { compilePolicy } from './compile-policy.ts';
import { evaluate } from './evaluate.ts';
import { MalformedPolicy, parsePolicyDocument, type PolicyDocument } from './policy-document.ts';

const principal: Principal = {
  kind: 'role-session',
  account: '111122223333',
  arn: 'arn:aws:sts::111122223333:assumed-role/r/s',
  userId: 'AROA:s',
  roleArn: 'arn:aws:iam::111122223333:role/r',
  sessionName: 's',
};

const words = fc.constantFrom(
  '*',
  '?',
  's3:*',
  'arn:aws:s3:::b/*',
  '${aws:username}',
  '${x',
  '',
  '${*}',
  "${a, 'b'}",
  '10',
  'true',
  '2026-01-01',
  '10.0.0.0/8',
  '__proto__',
  'toString',
);
const text = fc.oneof(words, fc.string({ maxLength: 8 }));
const oneOrMore = fc.oneof(text, fc.array(text, { maxLength: 3 }));
const operators = fc.constantFrom(
  'StringEquals',
  'StringNotLike',
  'NumericLessThan',
  'Bool',
  'IpAddress',
  'NotIpAddress',
  'ArnLike',
  'ArnNotEquals',
  'Null',
  'ForAllValues:StringLikeIfExists',
  'ForAnyValue:NumericNotEquals',
  'BinaryEquals',
);
const condition = fc.dictionary(operators, fc.dictionary(text, oneOrMore, { maxKeys: 2 }), {
  maxKeys: 2,
});
const actions = fc.oneof(fc.constantFrom('*', 's3:*', 's3:Get?', 'a:${b}'), text);
const resources = fc.oneof(
  fc.constantFrom(
    '*',
    'arn:aws:s3:::b/*',
    'arn:aws:s3',
    'arn:*:s3:::${aws:username}',
    'arn:aws:a:*b:c',
  ),
  text,
);
const shape = (action: string, resource: string): fc.Arbitrary<object> =>
  fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      [action]: fc.oneof(actions, fc.array(actions, { minLength: 1, maxLength: 3 })),
      [resource]: fc.oneof(resources, fc.array(resources, { minLength: 1, maxLength: 3 })),
      Condition: condition,
      Sid: text,
    },
    { requiredKeys: ['Effect', action, resource] },
  );
const statement = fc.oneof(
  shape('Action', 'Resource'),
  shape('NotAction', 'Resource'),
  shape('Action', 'NotResource'),
  shape('NotAction', 'NotResource'),
);
const policies = fc.record({
  Version: fc.constantFrom('2012-10-17', '2008-10-17'),
  Statement: fc.oneof(statement, fc.array(statement, { maxLength: 2 })),
});
const keys = fc.dictionary(
  fc.oneof(text, fc.constant('aws:username')),
  fc.array(text, { maxLength: 3 }),
);
const requests = fc.record({ action: actions, resource: resources, keys });

test('the parser answers any text with a document or with a MalformedPolicy', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        policies.map((json) => JSON.stringify(json)),
      ),
      (json) => {
        for (const kind of ['managed', 'inline', 'trust'] as const) parse(json, kind);
      },
    ),
    { numRuns: 1500 },
  );
});

test('what the parser accepts is evaluated without ever throwing', () => {
  let evaluated = 0;
  fc.assert(
    fc.property(policies, requests, (json, request) => {
      const document = parse(JSON.stringify(json), 'inline');
      if (document === undefined) return;
      evaluated++;
      const { kind } = decide(document, request);
      expect(['allowed', 'explicit-deny', 'implicit-deny']).toContain(kind);
    }),
    { numRuns: 3000 },
  );
  expect(evaluated).toBeGreaterThan(300);
});

test('one more Deny never allows more, and one more Allow never denies', () => {
  const document = (Effect: string): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [{ Effect: Effect as 'Allow', Action: '*', Resource: '*' }],
  });
  fc.assert(
    fc.property(policies, requests, (json, request) => {
      const parsed = parse(JSON.stringify(json), 'inline');
      if (parsed === undefined) return;
      const Statement = parsed.Statement;
      const denied = { ...parsed, Statement: [...Statement, ...document('Deny').Statement] };
      expect(decide(denied, request).kind).toBe('explicit-deny');
      const opened = { ...parsed, Statement: [...Statement, ...document('Allow').Statement] };
      const before = decide(parsed, request).kind;
      expect(decide(opened, request).kind).toBe(before === 'explicit-deny' ? before : 'allowed');
    }),
    { numRuns: 1000 },
  );
});

function parse(json: string, kind: 'managed' | 'inline' | 'trust'): PolicyDocument | undefined {
  try {
    return parsePolicyDocument(json, kind);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedPolicy);
    return undefined;
  }
}

function decide(
  document: PolicyDocument,
  request: { action: string; resource: string; keys: Record<string, string[]> },
): ReturnType<typeof evaluate> {
  const lookup = (key: string): readonly string[] | undefined =>
    Object.hasOwn(request.keys, key) ? request.keys[key] : undefined;
  return evaluate({ identity: [compilePolicy(document)] }, { ...request, principal, keys: lookup });
}
