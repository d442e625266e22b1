import { expect, test } from 'vitest';
import { isFull, takeToken, type TokenBucket, type TokenRate } from './token-bucket.ts';

const rate: TokenRate = { size: 3, perSecond: 2 };

function takeAll(
  bucket: TokenBucket | undefined,
  nowMs: number,
): [TokenBucket | undefined, number] {
  let count = 0;
  for (let next = takeToken(bucket, rate, nowMs); next; next = takeToken(next, rate, nowMs)) {
    bucket = next;
    count += 1;
  }
  return [bucket, count];
}

test('a new bucket is full, and an empty one gives nothing', () => {
  expect(takeAll(undefined, 0)[1]).toBe(3);
  expect(takeAll(takeAll(undefined, 0)[0], 0)[1]).toBe(0);
});

test('a bucket fills at its rate and never above its size', () => {
  const [empty] = takeAll(undefined, 1_000);
  expect(takeAll(empty, 1_499)[1]).toBe(0);
  expect(takeAll(empty, 1_500)[1]).toBe(1);
  expect(takeAll(empty, 2_000)[1]).toBe(2);
  expect(takeAll(empty, 1_000_000)[1]).toBe(3);
});

test('a clock that steps back takes nothing away', () => {
  const one = takeToken(undefined, rate, 5_000);
  expect(takeAll(one, 0)[1]).toBe(2);
});

test('only a full bucket can be forgotten', () => {
  const one = { tokens: 2, atMs: 0 };
  expect(isFull(one, rate, 499)).toBe(false);
  expect(isFull(one, rate, 500)).toBe(true);
});
