import { expect, test } from 'vitest';
import { Handover } from './handover.ts';

test('what was put is taken in its order, and then the end comes', async () => {
  const handover = new Handover<number>();
  void handover.put(1);
  void handover.put(2);
  handover.end();
  expect(await Array.fromAsync(handover)).toEqual([1, 2]);
});

test('whoever puts waits until it was taken', async () => {
  const handover = new Handover<number>();
  let isTaken = false;
  const put = handover.put(1).then(() => (isTaken = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isTaken).toBe(false);
  expect(await handover.next()).toEqual({ done: false, value: 1 });
  await put;
});

test('a taker that waits gets the next item at once', async () => {
  const handover = new Handover<number>();
  const next = handover.next();
  await handover.put(7);
  expect(await next).toEqual({ done: false, value: 7 });
});

test('when the taker has left, what is put is dropped and nobody waits', async () => {
  const handover = new Handover<number>();
  const waiting = handover.put(1);
  const taking = new Handover<number>();
  const next = taking.next();
  await handover.return();
  await taking.return();
  await waiting;
  await handover.put(2);
  expect(await handover.next()).toEqual({ done: true, value: undefined });
  expect(await next).toEqual({ done: true, value: undefined });
});

test('a failure comes after what was put, once', async () => {
  const handover = new Handover<number>();
  void handover.put(1);
  handover.end(new Error('broken'));
  expect(await handover.next()).toEqual({ done: false, value: 1 });
  await expect(handover.next()).rejects.toThrow('broken');
  expect(await handover.next()).toEqual({ done: true, value: undefined });
});
