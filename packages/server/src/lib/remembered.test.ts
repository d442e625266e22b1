import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

/** With how often each text was asked for. */
function counting(): {
  readonly lengthOf: (text: string) => number;
  readonly asked: Map<string, number>;
} {
  const asked = new Map<string, number>();
  const lengthOf = remembered((text) => {
    asked.set(text, (asked.get(text) ?? 0) + 1);
    return text.length;
  });
  return { lengthOf, asked };
}

test('a text is looked at once, and each text for itself', () => {
  const { lengthOf, asked } = counting();
  expect(['a', 'bb', 'a', '', '', '\ud800', '\ufffd'].map(lengthOf)).toEqual([1, 2, 1, 0, 0, 1, 1]);
  expect([...asked.values()]).toEqual([1, 1, 1, 1, 1]);
});

test('the oldest of more than a thousand is forgotten', () => {
  const { lengthOf, asked } = counting();
  for (let index = 0; index <= 1_000; index += 1) lengthOf(String(index));
  lengthOf('0');
  lengthOf('1000');
  expect(asked.get('0')).toBe(2);
  expect(asked.get('1000')).toBe(1);
});

test('what is made of a long text is not kept', () => {
  const { lengthOf, asked } = counting();
  const long = 'x'.repeat(513);
  expect([lengthOf(long), lengthOf(long)]).toEqual([513, 513]);
  expect(asked.get(long)).toBe(2);
});

test('a failure is not kept', () => {
  let isBroken = true;
  const read = remembered((text) => {
    if (isBroken) throw new Error('broken');
    return text;
  });
  expect(() => read('a')).toThrow('broken');
  isBroken = false;
  expect(read('a')).toBe('a');
});
