/**
 * Decisions of every condition operator, row by row from AWS's "Condition operators" and "Single-
 * valued vs. multivalued context keys": whether a statement with the condition speaks of a request
 * in which `k` has the values given (several behind commas; `-` where it has none).
 */
import { describe, expect, test } from 'vitest';
import type { Principal } from '../core/principal.ts';
import { compilePolicy } from './compile-policy.ts';
import { evaluate } from './evaluate.ts';
import { parsePolicyDocument } from './policy-document.ts';

const caller: Principal = {
  kind: 'user',
  account: '111122223333',
  arn: 'arn:aws:iam::111122223333:user/ann',
  userId: 'AIDAEXAMPLE',
  userName: 'ann',
};
const topic = 'arn:aws:sns:eu-west-1:111122223333:news';

const tables: Readonly<Record<string, string>> = {
  strings: `
    StringEquals                        a            a          yes
    StringEquals                        a            A          no
    StringEquals                        a            -          no
    StringEquals                        a,b          b          yes
    StringEquals                        a*           ab         no
    StringNotEquals                     a            a          no
    StringNotEquals                     a            A          yes
    StringNotEquals                     a            -          yes
    StringNotEquals                     a,b          b          no
    StringNotEquals                     a,b          c          yes
    StringEqualsIgnoreCase              Ab           aB         yes
    StringEqualsIgnoreCase              Ab           abc        no
    StringEqualsIgnoreCase              Ab           -          no
    StringNotEqualsIgnoreCase           Ab           aB         no
    StringNotEqualsIgnoreCase           Ab           b          yes
    StringNotEqualsIgnoreCase           Ab           -          yes
    StringLike                          a*           a          yes
    StringLike                          a*           abc        yes
    StringLike                          a*           ba         no
    StringLike                          a?c          abc        yes
    StringLike                          a?c          ac         no
    StringLike                          *b*,x        x          yes
    StringLike                          *            -          no
    StringNotLike                       a*           abc        no
    StringNotLike                       a*           b          yes
    StringNotLike                       a*           -          yes
    StringEqualsIfExists                a            a          yes
    StringEqualsIfExists                a            b          no
    StringEqualsIfExists                a            -          yes
    StringNotEqualsIfExists             a            a          no
    StringNotEqualsIfExists             a            -          yes
    StringLikeIfExists                  a*           b          no
    StringLikeIfExists                  a*           -          yes`,
  numbers: `
    NumericEquals                       5            5          yes
    NumericEquals                       5            5.0        yes
    NumericEquals                       5            6          no
    NumericEquals                       5            five       no
    NumericEquals                       5            -          no
    NumericNotEquals                    5            6          yes
    NumericNotEquals                    5            5.0        no
    NumericNotEquals                    5            -          yes
    NumericLessThan                     5            4.9        yes
    NumericLessThan                     5            5          no
    NumericLessThan                     5            -          no
    NumericLessThanEquals               5            5          yes
    NumericLessThanEquals               5            5.1        no
    NumericGreaterThan                  5            10         yes
    NumericGreaterThan                  5            5          no
    NumericGreaterThan                  5            -1         no
    NumericGreaterThanEquals            5            5          yes
    NumericGreaterThanEquals            5            4          no
    NumericLessThanIfExists             5            9          no
    NumericLessThanIfExists             5            -          yes`,
  dates: `
    DateEquals         2026-01-02T03:04:05Z  2026-01-02T03:04:05Z       yes
    DateEquals         2026-01-02T03:04:05Z  2026-01-02T04:04:05+01:00  yes
    DateEquals         2026-01-02T03:04:05Z  2026-01-02T03:04:06Z       no
    DateEquals         2026-01-02T03:04:05Z  1767323045                 yes
    DateNotEquals      2026-01-02T03:04:05Z  2026-01-02T03:04:06Z       yes
    DateNotEquals      2026-01-02T03:04:05Z  -                          yes
    DateLessThan       2026-01-02            2026-01-01T23:59:59Z       yes
    DateLessThan       2026-01-02            2026-01-02T00:00:00Z       no
    DateLessThan       2026-01-02            -                          no
    DateLessThanEquals 2026-01-02            2026-01-02T00:00:00Z       yes
    DateGreaterThan    2026-01-02            2026-01-02T00:00:01Z       yes
    DateGreaterThan    2026-01-02            2026-01-01                 no
    DateGreaterThanEquals 2026-01-02         2026-01-02                 yes
    DateLessThanIfExists  2026-01-02         -                          yes`,
  'truth, presence and bytes': `
    Bool                                true         true       yes
    Bool                                true         false      no
    Bool                                true         -          no
    Bool                                false        false      yes
    Bool                                false        -          no
    BoolIfExists                        true         -          yes
    BoolIfExists                        true         false      no
    Null                                true         -          yes
    Null                                true         a          no
    Null                                false        a          yes
    Null                                false        -          no
    BinaryEquals                        QUJD         QUJD       yes
    BinaryEquals                        QUJD         qujd       no
    BinaryEquals                        QUJD         -          no`,
  addresses: `
    IpAddress                           10.0.0.0/8   10.1.2.3       yes
    IpAddress                           10.0.0.0/8   11.0.0.1       no
    IpAddress                           10.0.0.1     10.0.0.1       yes
    IpAddress                           10.0.0.1     10.0.0.2       no
    IpAddress                           10.0.0.0/8   -              no
    IpAddress                           10.0.0.0/8,192.168.0.0/16  192.168.3.4  yes
    IpAddress                           2001:db8::/32  2001:db8::1  yes
    IpAddress                           2001:db8::/32  2001:db9::1  no
    IpAddress                           0.0.0.0/0    2001:db8::1    no
    NotIpAddress                        10.0.0.0/8   10.1.2.3       no
    NotIpAddress                        10.0.0.0/8   11.0.0.1       yes
    NotIpAddress                        10.0.0.0/8   -              yes`,
  ARNs: `
    ArnEquals                           ${topic}     ${topic}   yes
    ArnEquals                           ${topic}     ${topic}2  no
    ArnEquals                           ${topic}     -          no
    ArnEquals                           arn:aws:sns:*:111122223333:*   ${topic}  yes
    ArnLike                             arn:aws:sns:eu-*:*:ne?s        ${topic}  yes
    ArnLike                             arn:aws:sqs:*:*:*              ${topic}  no
    ArnLike                             *            news       no
    ArnNotEquals                        ${topic}     ${topic}   no
    ArnNotEquals                        ${topic}     ${topic}2  yes
    ArnNotLike                          arn:aws:sns:*:*:*              ${topic}  no
    ArnNotLike                          arn:aws:sqs:*:*:*              ${topic}  yes
    ArnNotLike                          arn:aws:sqs:*:*:*              -         yes
    ArnLikeIfExists                     arn:aws:sqs:*:*:*              -         yes`,
  'several values': `
    ForAnyValue:StringEquals            a,b          a          yes
    ForAnyValue:StringEquals            a,b          a,x        yes
    ForAnyValue:StringEquals            a,b          x,y        no
    ForAnyValue:StringEquals            a,b          -          no
    ForAllValues:StringEquals           a,b          a          yes
    ForAllValues:StringEquals           a,b          a,b        yes
    ForAllValues:StringEquals           a,b          a,x        no
    ForAllValues:StringEquals           a,b          -          yes
    ForAnyValue:StringNotEquals         a,b          a,x        yes
    ForAnyValue:StringNotEquals         a,b          a,b        no
    ForAnyValue:StringNotEquals         a,b          -          no
    ForAllValues:StringNotEquals        a,b          x,y        yes
    ForAllValues:StringNotEquals        a,b          a,x        no
    ForAllValues:StringNotEquals        a,b          -          yes
    ForAnyValue:StringLike              a*           b,ab       yes
    ForAllValues:StringLike             a*           ab,ac      yes
    ForAllValues:StringLike             a*           ab,b       no
    ForAnyValue:StringEqualsIfExists    a            -          yes
    ForAllValues:StringEqualsIfExists   a            b          no
    ForAnyValue:NumericGreaterThan      5            1,9        yes
    ForAllValues:NumericGreaterThan     5            1,9        no`,
};

describe.each(Object.entries(tables))('%s', (_table, text) => {
  const rows = text
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/));

  test.each(rows)('%s %s, k is %s: %s', (operator, wanted, actual, expected) => {
    const values = actual === '-' ? undefined : actual.split(',');
    const holds = (Effect: 'Allow' | 'Deny'): string => {
      const Condition = { [operator]: { k: wanted.split(',') } };
      const statements = [
        { Effect: 'Allow', Action: 'unrelated:Action', Resource: '*' },
        { Effect, Action: 's3:GetObject', Resource: '*', Condition },
      ];
      const document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
      const identity = [compilePolicy(parsePolicyDocument(document, 'managed'))];
      const keys = (key: string): readonly string[] | undefined =>
        key === 'k' ? values : undefined;
      const request = { principal: caller, action: 's3:GetObject', resource: '*', keys };
      return evaluate({ identity }, request).kind;
    };
    expect(holds('Allow')).toBe(expected === 'yes' ? 'allowed' : 'implicit-deny');
    expect(holds('Deny')).toBe(expected === 'yes' ? 'explicit-deny' : 'implicit-deny');
  });
});
