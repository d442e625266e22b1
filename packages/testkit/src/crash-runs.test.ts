import { expect, test } from 'vitest';
import { unexplained, type Run } from './crash-runs.ts';

/** One run each 10 ms. */
const runsOf = (numbers: readonly number[], fromMs = 0): Run[] =>
  numbers.map((number, at) => ({ number, atMs: fromMs + at * 10, ageMs: 0 }));
const upTo = (count: number): number[] => Array.from({ length: count }, (_each, at) => at);

test('an event that runs again after a kill is explained where it was among the last', () => {
  const runs = [...runsOf(upTo(300)), ...runsOf([299, 250, 300], 9_000)];
  expect(unexplained(runs, [3_000])).toHaveLength(0);
});

test('an event that runs again though it was long over, or nobody was killed, is not explained', () => {
  expect(unexplained([...runsOf(upTo(300)), ...runsOf([10], 9_000)], [3_000])).toHaveLength(1);
  expect(unexplained([...runsOf(upTo(300)), ...runsOf([299], 9_000)], [])).toHaveLength(1);
  expect(unexplained([...runsOf(upTo(300)), ...runsOf([300, 300], 9_000)], [3_000])).toHaveLength(
    1,
  );
});
