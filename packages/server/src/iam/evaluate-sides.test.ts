/**
 * How the sides of a decision combine, row by row from AWS's "Policy evaluation logic": the
 * caller's identity policy, permissions boundary and session policy, and the resource's policy.
 */
import { describe, expect, test } from 'vitest';
import type { Principal } from '../core/principal.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { evaluate, type ApplicablePolicies } from './evaluate.ts';
import { parsePolicyDocument } from './policy-document.ts';

const ACCOUNT = '111122223333';
const user: Principal = {
  kind: 'user',
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/ann`,
  userId: 'AIDAEXAMPLE',
  userName: 'ann',
};
const session: Principal = {
  kind: 'role-session',
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/one`,
  userId: 'AROAEXAMPLE:one',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/app`,
  sessionName: 'one',
};
const callers: Readonly<Record<string, Principal>> = { user, session };

/** Whom the resource's statement names. */
const named: Readonly<Record<string, object>> = {
  user: { AWS: user.arn },
  role: { AWS: `arn:aws:iam::${ACCOUNT}:role/app` },
  session: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/app/one` },
  account: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  everyone: { AWS: '*' },
  other: { AWS: 'arn:aws:iam::444455556666:root' },
};

/** `-`: there is no such policy; `none`: there is one that does not speak of the request. */
const tables: Readonly<Record<string, string>> = {
  'in one account, no policy of the resource': `
    caller  identity boundary session resource  verdict
    user    none     -        -       -         lacks identity
    user    allow    -        -       -         allowed
    user    deny     -        -       -         denied by identity
    user    allow    allow    -       -         allowed
    user    allow    none     -       -         lacks boundary
    user    allow    deny     -       -         denied by boundary
    user    none     allow    -       -         lacks identity
    user    none     none     -       -         lacks identity
    user    none     deny     -       -         denied by boundary
    user    deny     allow    -       -         denied by identity
    user    deny     none     -       -         denied by identity
    user    deny     deny     -       -         denied by identity
    session none     -        -       -         lacks identity
    session allow    -        -       -         allowed
    session deny     -        -       -         denied by identity
    session allow    allow    -       -         allowed
    session allow    none     -       -         lacks boundary
    session allow    deny     -       -         denied by boundary
    session none     allow    -       -         lacks identity
    session allow    -        allow   -         allowed
    session allow    -        none    -         lacks session
    session allow    -        deny    -         denied by session
    session none     -        allow   -         lacks identity
    session none     -        none    -         lacks identity
    session none     -        deny    -         denied by session
    session deny     -        allow   -         denied by identity
    session allow    allow    allow   -         allowed
    session allow    allow    none    -         lacks session
    session allow    allow    deny    -         denied by session
    session allow    none     allow   -         lacks boundary
    session allow    none     none    -         lacks boundary
    session allow    none     deny    -         denied by session
    session allow    deny     allow   -         denied by boundary
    session allow    deny     none    -         denied by boundary
    session none     allow    allow   -         lacks identity
    session none     allow    none    -         lacks identity
    session none     none     allow   -         lacks identity
    session deny     allow    allow   -         denied by identity`,
  'in one account, the resource names the user': `
    caller  identity boundary session resource  verdict
    user    none     -        -       user      allowed
    user    allow    -        -       user      allowed
    user    deny     -        -       user      denied by identity
    user    none     allow    -       user      allowed
    user    none     none     -       user      allowed
    user    none     deny     -       user      denied by boundary
    user    allow    none     -       user      allowed
    user    deny     none     -       user      denied by identity
    user    none     -        -       everyone  allowed
    user    none     none     -       everyone  allowed
    user    none     deny     -       everyone  denied by boundary
    user    none     -        -       role      lacks identity
    user    allow    -        -       role      allowed
    user    none     -        -       other     lacks identity
    user    allow    -        -       other     allowed
    session none     -        -       user      lacks identity`,
  'in one account, the resource names the role': `
    caller  identity boundary session resource  verdict
    session none     -        -       role      allowed
    session allow    -        -       role      allowed
    session deny     -        -       role      denied by identity
    session none     allow    -       role      allowed
    session none     none     -       role      lacks boundary
    session none     deny     -       role      denied by boundary
    session none     -        allow   role      allowed
    session none     -        none    role      lacks session
    session none     -        deny    role      denied by session
    session none     allow    allow   role      allowed
    session none     allow    none    role      lacks session
    session none     none     allow   role      lacks boundary
    session allow    none     -       role      lacks boundary
    session allow    -        none    role      lacks session`,
  'in one account, the resource names the session itself': `
    caller  identity boundary session resource  verdict
    session none     -        -       session   allowed
    session none     none     -       session   allowed
    session none     -        none    session   allowed
    session none     none     none    session   allowed
    session deny     -        -       session   denied by identity
    session none     deny     -       session   denied by boundary
    session none     -        deny    session   denied by session
    session allow    none     none    session   allowed`,
  'in one account, the resource leaves it to the account': `
    caller  identity boundary session resource  verdict
    user    none     -        -       account   lacks identity
    user    allow    -        -       account   allowed
    user    deny     -        -       account   denied by identity
    user    allow    none     -       account   lacks boundary
    user    allow    allow    -       account   allowed
    session none     -        -       account   lacks identity
    session allow    -        -       account   allowed
    session allow    -        none    account   lacks session
    session allow    none     -       account   lacks boundary`,
  'in one account, the resource denies': `
    caller  identity boundary session resource       verdict
    user    none     -        -       deny:user      denied by resource
    user    allow    -        -       deny:user      denied by resource
    user    allow    allow    -       deny:everyone  denied by resource
    user    allow    -        -       deny:account   denied by resource
    user    allow    -        -       deny:other     allowed
    user    allow    -        -       deny:role      allowed
    user    deny     -        -       deny:user      denied by identity
    user    none     deny     -       deny:user      denied by boundary
    session allow    -        -       deny:role      denied by resource
    session allow    -        -       deny:session   denied by resource
    session allow    -        -       deny:account   denied by resource
    session allow    -        allow   deny:everyone  denied by resource
    session allow    -        -       deny:user      allowed
    session allow    -        deny    deny:role      denied by session`,
  'across accounts': `
    caller  identity boundary session resource  verdict
    user    allow    -        -       -         lacks resource
    user    none     -        -       -         lacks resource
    user    allow    -        -       other     lacks resource
    user    none     -        -       user      lacks identity
    user    allow    -        -       user      allowed
    user    deny     -        -       user      denied by identity
    user    allow    -        -       account   allowed
    user    none     -        -       account   lacks identity
    user    allow    -        -       everyone  allowed
    user    none     -        -       everyone  lacks identity
    user    allow    allow    -       user      allowed
    user    allow    none     -       user      lacks boundary
    user    allow    deny     -       user      denied by boundary
    user    allow    none     -       account   lacks boundary
    user    allow    -        -       deny:user denied by resource
    session allow    -        -       -         lacks resource
    session none     -        -       role      lacks identity
    session allow    -        -       role      allowed
    session allow    -        -       session   allowed
    session none     -        -       session   lacks identity
    session allow    -        none    role      lacks session
    session allow    -        none    session   lacks session
    session allow    -        allow   role      allowed
    session allow    none     -       session   lacks boundary
    session allow    none     allow   role      lacks boundary
    session allow    allow    allow   account   allowed
    session allow    -        deny    account   denied by session`,
  'taking on a role of the own account': `
    caller  identity boundary session resource  verdict
    user    allow    -        -       -         lacks resource
    user    allow    -        -       other     lacks resource
    user    none     -        -       user      allowed
    user    none     none     -       user      allowed
    user    none     deny     -       user      denied by boundary
    user    deny     -        -       user      denied by identity
    user    none     -        -       account   lacks identity
    user    allow    -        -       account   allowed
    user    allow    none     -       account   lacks boundary
    user    none     -        -       everyone  allowed
    session allow    -        -       -         lacks resource
    session none     -        -       role      allowed
    session none     none     -       role      lacks boundary
    session none     -        none    role      lacks session
    session none     -        none    session   allowed
    session none     -        -       account   lacks identity
    session allow    -        -       account   allowed
    session allow    -        none    account   lacks session
    session allow    -        -       deny:role denied by resource`,
};

const rules: Readonly<Record<string, ApplicablePolicies['rule']>> = {
  'across accounts': 'both',
  'taking on a role of the own account': 'trust',
};

describe.each(Object.entries(tables))('%s', (table, text) => {
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/));

  test.each(rows)(
    '%s: identity %s, boundary %s, session %s, resource %s: %s %s %s',
    (caller, identity, boundary, sessionPolicy, resource, ...words) => {
      const verdict = evaluate(
        {
          identity: [statement(identity)],
          ...(boundary === '-' ? {} : { boundary: statement(boundary) }),
          ...(sessionPolicy === '-' ? {} : { session: [statement(sessionPolicy)] }),
          ...(resource === '-' ? {} : { resource: resourceStatement(resource) }),
          rule: rules[table] ?? 'either',
        },
        {
          principal: callers[caller]!,
          action: 'sts:AssumeRole',
          resource: `arn:aws:iam::${ACCOUNT}:role/target`,
          keys: () => undefined,
        },
      );
      expect(spoken(verdict)).toBe(words.filter((word) => word !== undefined).join(' '));
    },
  );
});

function spoken(verdict: ReturnType<typeof evaluate>): string {
  if (verdict.kind === 'allowed') return 'allowed';
  return verdict.kind === 'explicit-deny' ? `denied by ${verdict.by}` : `lacks ${verdict.missing}`;
}

function statement(effect: string): CompiledPolicy {
  const Action = effect === 'none' ? 'unrelated:Action' : 'sts:*';
  const Effect = effect === 'deny' ? 'Deny' : 'Allow';
  const document = { Version: '2012-10-17', Statement: { Effect, Action, Resource: '*' } };
  return compilePolicy(parsePolicyDocument(JSON.stringify(document), 'managed'));
}

function resourceStatement(text: string): CompiledPolicy {
  const isDeny = text.startsWith('deny:');
  const Statement = {
    Effect: isDeny ? 'Deny' : 'Allow',
    Principal: named[isDeny ? text.slice('deny:'.length) : text],
    Action: 'sts:AssumeRole',
  };
  return compilePolicy(parsePolicyDocument(JSON.stringify({ Statement }), 'trust'));
}
