import { expect, test } from 'vitest';
import { InvalidEventPattern } from '../core/event-pattern/invalid-event-pattern.ts';
import { createRecordFilter } from './record-filter.ts';

const accepts = (patterns: readonly object[], body: string): boolean => {
  const filter = createRecordFilter(patterns.map((each) => JSON.stringify(each)));
  const fields = { messageId: 'm', body, attributes: { SenderId: 'AIDA' } };
  return filter.accepts?.({ content: 'body', fields }) ?? true;
};

// AWS: the table of "Amazon SQS" in invocation-eventfiltering.
test.each([
  ['text, asked for as text', { body: ['one'] }, 'one', true],
  ['other text', { body: ['two'] }, 'one', false],
  ['text that begins so', { body: [{ prefix: 'on' }] }, 'one', true],
  ['text, asked for as JSON', { body: { kind: ['one'] } }, 'one', false],
  ['text, of which a field is to be absent', { body: { kind: [{ exists: false }] } }, 'one', false],
  ['JSON, asked for as JSON', { body: { kind: ['one'] } }, ' {"kind":"one"}', true],
  ['other JSON', { body: { kind: ['two'] } }, '{"kind":"one"}', false],
  ['JSON, asked for as text', { body: ['{"kind":"one"}'] }, '{"kind":"one"}', false],
  ['JSON, of which a field is absent', { body: { x: [{ exists: false }] } }, '{"kind":1}', true],
  ['text that begins as JSON does', { body: ['{one'] }, '{one', true],
  ['a number, asked for as text', { body: ['12'] }, '12', true],
  ['metadata alone, of text', { attributes: { SenderId: ['AIDA'] } }, 'one', true],
  ['metadata alone, of JSON', { attributes: { SenderId: ['AIDA'] } }, '{"kind":"one"}', true],
  ['metadata that differs', { attributes: { SenderId: ['AROA'] } }, 'one', false],
  ['numbers', { body: { size: [{ numeric: ['>', 3, '<=', 9] }] } }, '{"size":9}', true],
] as const)('%s', (_name, pattern, body, isAccepted) => {
  expect(accepts([pattern], body)).toBe(isAccepted);
});

test('one of several patterns is enough', () => {
  const patterns = [{ body: ['one'] }, { body: { kind: ['two'] } }];
  expect(['one', '{"kind":"two"}', 'two'].map((body) => accepts(patterns, body))).toEqual([
    true,
    true,
    false,
  ]);
});

test('without a pattern records need not be looked at', () => {
  expect(createRecordFilter([]).accepts).toBeUndefined();
});

test('what is no pattern is refused', () => {
  expect(() => createRecordFilter(['{"body":["a"]}', '{"body":"a"}'])).toThrow(InvalidEventPattern);
});
