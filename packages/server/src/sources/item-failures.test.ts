import { expect, test } from 'vitest';
import { failedItems } from './item-failures.ts';

const ids = new Set(['a', 'b', 'c']);
const failed = (answer: string): string[] => [...failedItems(Buffer.from(answer), ids)];
const naming = (...items: unknown[]): string => JSON.stringify({ batchItemFailures: items });

test.each([
  ['an empty answer', ''],
  ['null', 'null'],
  ['an empty object', '{}'],
  ['an empty text', '""'],
  ['an empty list', naming()],
  ['null for a list', '{"batchItemFailures":null}'],
])('nothing failed after %s', (_name, answer) => {
  expect(failed(answer)).toEqual([]);
});

test('what is named failed, however often', () => {
  const b = { itemIdentifier: 'b' };
  expect(failed(naming(b))).toEqual(['b']);
  expect(failed(naming({ itemIdentifier: 'c' }, b, b))).toEqual(['c', 'b']);
});

test.each([
  ['what is no JSON', '{'],
  ['a text', '"done"'],
  ['a number', '1'],
  ['a list', '[]'],
  ['a list that is none', '{"batchItemFailures":{}}'],
  ['an empty identifier', naming({ itemIdentifier: '' })],
  ['no identifier', naming({ itemIdentifier: null })],
  ['another key', naming({ itemId: 'a' })],
  ['an identifier that is a number', naming({ itemIdentifier: 1 })],
  ['an item that is a text', naming('a')],
  ['an item that is null', naming(null)],
  ['an item that was not in the batch', naming({ itemIdentifier: 'a' }, { itemIdentifier: 'd' })],
])('everything failed after %s', (_name, answer) => {
  expect(failed(answer)).toEqual(['a', 'b', 'c']);
});
