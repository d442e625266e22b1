import { expect, test } from 'vitest';
import { BatchLimit } from './batch-limit.ts';

/** Until the limit stays as it is: messages wait, and each batch takes 10 ms. */
function grown(limit: BatchLimit, durationMs: () => number, fromMs = 0): number {
  let nowMs = fromMs;
  for (let round = 0; round < 20_000; round += 1) {
    nowMs += 50;
    limit.succeeded(durationMs());
    limit.backlog(nowMs);
  }
  return limit.current();
}

test('five batches at first, or as many as are wanted', () => {
  expect(new BatchLimit().current()).toBe(5);
  expect(new BatchLimit().current(2)).toBe(2);
});

test('more while messages wait, three hundred a minute at most', () => {
  const limit = new BatchLimit();
  for (let done = 0; done < 1_000; done += 1) limit.succeeded(10);
  limit.backlog(0);
  limit.backlog(10);
  limit.backlog(199);
  expect(limit.current()).toBe(6);
  limit.backlog(200);
  expect(limit.current()).toBe(7);
});

test('not more than are worth it for the machine', () => {
  const limit = new BatchLimit();
  // Twice as many take twice as long: the machine is busy.
  expect(grown(limit, () => limit.current() * 10)).toBeLessThan(20);
  expect(grown(new BatchLimit(), () => 10)).toBe(100);
});

test('fewer again, down to five, when nothing comes', () => {
  const limit = new BatchLimit();
  grown(limit, () => 10);
  for (let round = 0; round < 200; round += 1) limit.idle();
  expect(limit.current()).toBe(5);
});

test('half of them, down to one, when the function is throttled; more again when it runs', () => {
  const limit = new BatchLimit();
  limit.refused();
  expect(limit.current()).toBe(2);
  limit.refused();
  limit.refused();
  expect(limit.current()).toBe(1);
  for (let done = 0; done < 10; done += 1) limit.succeeded(10);
  expect(limit.current()).toBe(5);
});

test('errors of the function take back what was more than five, and no more', () => {
  const limit = new BatchLimit();
  grown(limit, () => 10);
  for (let round = 0; round < 200; round += 1) limit.failed();
  expect(limit.current()).toBe(5);
});
