import { expect, test } from 'vitest';
import { createBodyBudget } from './body-budget.ts';

test('bytes are taken while there are some, and given back once', () => {
  const budget = createBodyBudget(10);
  const first = budget.take(6);
  expect(budget.take(5)).toBeUndefined();
  expect(budget.take(4)).toBeTypeOf('function');
  first?.();
  first?.();
  expect(budget.take(7)).toBeUndefined();
  expect(budget.take(6)).toBeTypeOf('function');
});

test('a request without a body always has room', () => {
  expect(createBodyBudget(0).take(0)).toBeTypeOf('function');
});
