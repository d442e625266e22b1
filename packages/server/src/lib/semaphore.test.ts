import { expect, test } from 'vitest';
import { Semaphore } from './semaphore.ts';

test('permits are handed out in the order in which they were asked for', async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  const first = await semaphore.acquire()!;
  const others = [1, 2, 3].map(async (each) => {
    const release = await semaphore.acquire()!;
    order.push(each);
    release();
  });
  first();
  await Promise.all(others);
  expect(order).toEqual([1, 2, 3]);
});

test('a permit that is given back twice counts once', async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire()!;
  release();
  release();
  await semaphore.acquire();
  void semaphore.acquire();
  expect(semaphore.waiting).toBe(1);
});

test('a full queue refuses at once', async () => {
  const semaphore = new Semaphore(1, 1);
  await semaphore.acquire();
  expect(semaphore.acquire()).toBeInstanceOf(Promise);
  expect(semaphore.acquire()).toBeUndefined();
});
