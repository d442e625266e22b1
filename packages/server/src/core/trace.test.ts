import { expect, test } from 'vitest';
import { isDecided, isSampled, parentIdOf, traceIdOf, withMembers } from './trace.ts';

const root = '1-69a42840-0123456789abcdef01234567';

test('a header is sampled when it says so, and undecided when it does not say', () => {
  const decisions = (header: string): readonly boolean[] => [isSampled(header), isDecided(header)];
  expect(decisions(`Root=${root};Sampled=1`)).toEqual([true, true]);
  expect(decisions(`Sampled=1;Lineage=a`)).toEqual([true, true]);
  expect(decisions(`Root=${root};Sampled=0`)).toEqual([false, true]);
  expect(decisions(`Root=${root};Sampled=?`)).toEqual([false, false]);
  expect(decisions(`Root=${root};NotSampled=1`)).toEqual([false, false]);
  expect(decisions(`Root=${root};Sampled=10`)).toEqual([false, false]);
});

test('ids are taken from a header where they are ids', () => {
  expect(traceIdOf(`Parent=0123456789abcdef;Root=${root}`)).toBe(root);
  expect(traceIdOf('Root=1-2-3')).toBeUndefined();
  expect(parentIdOf(`Root=${root};Parent=0123456789abcdef`)).toBe('0123456789abcdef');
  expect(parentIdOf(`Root=${root};Parent=me`)).toBeUndefined();
});

test('members take the place of those of the same name, and the others stay', () => {
  const header = 'Self=x;Root=old;Sampled=?;Lineage=1:a:0';
  const members = { Root: root, Sampled: '1' };
  expect(withMembers(header, members)).toBe(`Root=${root};Sampled=1;Self=x;Lineage=1:a:0`);
  expect(withMembers('', members)).toBe(`Root=${root};Sampled=1`);
});
