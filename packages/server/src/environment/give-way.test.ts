import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { giveWay } from './give-way.ts';

let told: boolean[];
const sandbox = {
  yieldCpus: async (yields: boolean): Promise<void> => {
    told.push(yields);
  },
};

beforeEach(() => {
  told = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a start gives way until it is told that it has ended, once', async () => {
  const given = await giveWay(sandbox);
  expect(told).toEqual([true]);
  given.end();
  given.end();
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([true, false]);
});

test('a start that takes long gives way no longer', async () => {
  const given = await giveWay(sandbox);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([true, false]);
  given.end();
  expect(told).toEqual([true, false]);
});
