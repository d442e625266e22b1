import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('a value counts for every bound that it does not exceed, and for the whole', () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 5, 7]) histogram.add(value);
  expect(histogram.counts).toEqual({ bounds: [1, 2, 5], atMost: [2, 3, 4], count: 5, sum: 14.5 });
});

test('one without values is all zeros', () => {
  expect(new Histogram([1]).counts).toEqual({ bounds: [1], atMost: [0], count: 0, sum: 0 });
});
