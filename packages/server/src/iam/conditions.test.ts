import { expect, test } from 'vitest';
import { compileConditions } from './conditions.ts';

type Case = readonly [
  operator: string,
  wanted: unknown,
  actual: string | readonly string[] | undefined,
  holds: boolean,
];

const cases: readonly Case[] = [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', 'a', undefined, false],
  ['StringEqualsIfExists', 'a', undefined, true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', 'a', undefined, true],
  ['StringEqualsIgnoreCase', 'Abc', 'aBC', true],
  ['StringNotEqualsIgnoreCase', 'Abc', 'aBC', false],
  ['StringLike', 'home/*', 'home/ann/x', true],
  ['StringLike', 'h?me', 'home', true],
  ['StringLike', 'home', 'Home', false],
  ['StringNotLike', 'home/*', 'work/', true],
  ['StringNotLike', 'home/*', 'home/', false],
  ['NumericEquals', '10', '10.0', true],
  ['NumericNotEquals', '10', '10', false],
  ['NumericLessThan', '10', '9', true],
  ['NumericLessThan', '10', '10', false],
  ['NumericLessThanEquals', 10, '10', true],
  ['NumericGreaterThan', '9', '10', true],
  ['NumericGreaterThanEquals', '10', '9.5', false],
  ['NumericLessThan', '10', 'many', false],
  ['NumericNotEquals', '10', 'many', false],
  ['DateEquals', '2026-01-01T00:00:00Z', '1767225600', true],
  ['DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', true],
  ['DateLessThan', '2026-01-01', '2026-01-01T00:00:00Z', false],
  ['DateLessThanEquals', '2026-01-01', '2026-01-01T00:00:00Z', true],
  ['DateGreaterThan', '2026-01-01T00:00:00Z', '2026-01-01T02:00:00+01:00', true],
  ['DateGreaterThanEquals', '2026-01-01T00:00:00Z', 'yesterday', false],
  ['DateNotEquals', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', true],
  ['Bool', 'true', 'true', true],
  ['Bool', true, 'true', true],
  ['Bool', 'true', 'false', false],
  ['Bool', 'true', undefined, false],
  ['BoolIfExists', 'true', undefined, true],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ['IpAddress', '203.0.113.0/24', '203.0.113.7', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.7', false],
  ['IpAddress', '203.0.113.7', '203.0.113.7', true],
  ['IpAddress', '2001:db8::/32', '2001:db8::1', true],
  ['IpAddress', '2001:db8::/32', '203.0.113.7', false],
  ['NotIpAddress', '203.0.113.0/24', '198.51.100.1', true],
  ['NotIpAddress', '203.0.113.0/24', '203.0.113.1', false],
  ['NotIpAddress', 'nonsense', '203.0.113.1', false],
  ['ArnEquals', 'arn:aws:sns:*:*:topic', 'arn:aws:sns:eu-west-1:111122223333:topic', true],
  ['ArnLike', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/x', true],
  ['ArnLike', 'arn:aws:s3:::b', 'arn:aws:s3:::c', false],
  ['ArnLike', '*', 'no arn', false],
  ['ArnNotLike', 'arn:aws:s3:::b', 'arn:aws:s3:::c', true],
  ['ArnNotEquals', 'arn:aws:s3:::b', 'arn:aws:s3:::b', false],
  ['Null', 'true', undefined, true],
  ['Null', 'true', 'x', false],
  ['Null', 'false', 'x', true],
  ['Null', false, undefined, false],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b', 'a'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a'], undefined, true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
  ['ForAnyValue:StringEquals', ['a'], undefined, false],
  ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
  ['ForAllValues:StringNotEquals', ['a'], ['b', 'a'], false],
  ['ForAnyValue:StringNotEquals', ['a'], ['b', 'a'], true],
  ['ForAnyValue:StringLike', ['team-*'], ['x', 'team-1'], true],
];

test.each(cases)('%s of %j holds for %j: %j', (operator, wanted, actual, holds) => {
  const block = { [operator]: { 'The:Key': wanted as string } };
  const condition = compileConditions(block, true, false);
  const values = actual === undefined ? undefined : [actual].flat();
  expect(condition((key) => (key === 'the:key' ? values : undefined))).toBe(holds);
});

test('every operator and every key of a block must hold', () => {
  const block = { StringEquals: { 'a:x': '1', 'a:y': '2' }, Bool: { 'a:z': 'true' } };
  const condition = compileConditions(block, true, false);
  const keys: Record<string, string> = { 'a:x': '1', 'a:y': '2', 'a:z': 'true' };
  const ask = (given: Record<string, string>): boolean =>
    condition((key) => (given[key] === undefined ? undefined : [given[key]]));
  expect(ask(keys)).toBe(true);
  for (const key of Object.keys(keys)) expect(ask({ ...keys, [key]: 'other' })).toBe(false);
});

test('an operator that does not exist never allows and always denies', () => {
  const block = { StringRhymesWith: { 'a:x': '1' } };
  expect(compileConditions(block, true, false)(() => ['1'])).toBe(false);
  expect(compileConditions(block, true, true)(() => ['1'])).toBe(true);
});
