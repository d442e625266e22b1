import { expect, test } from 'vitest';
import { Throttled } from '../core/invocation.ts';
import { Concurrency } from './concurrency.ts';

test('no more slots are given than the limit, and a freed one is given again', () => {
  const concurrency = new Concurrency(2);
  const first = concurrency.take('1', 'r');
  concurrency.take('1', 'r');
  expect(() => concurrency.take('1', 'r')).toThrow(Throttled);
  first();
  first();
  concurrency.take('1', 'r');
  expect(() => concurrency.take('1', 'r')).toThrow(Throttled);
});

test('accounts and regions have limits of their own', () => {
  const concurrency = new Concurrency(1);
  concurrency.take('1', 'r');
  concurrency.take('2', 'r');
  concurrency.take('1', 's');
  expect(concurrency.used('1', 'r')).toBe(1);
});

test('a limit of nothing blocks everything', () => {
  expect(() => new Concurrency(0).take('1', 'r')).toThrow(Throttled);
});
