import { describe, expect, test } from 'vitest';
import { Throttled, type ConcurrencyShare } from '../core/invocation.ts';
import { Concurrency } from './concurrency.ts';

const f = { account: '1', region: 'r', name: 'f' };
const g = { ...f, name: 'g' };
const reserved = (limit: number): ConcurrencyShare => ({ kind: 'reserved', limit });
const beside = (reservedByOthers: number): ConcurrencyShare => ({
  kind: 'unreserved',
  reservedByOthers,
});

test('no more slots are given than the limit, and a freed one is given again', () => {
  const concurrency = new Concurrency(2);
  const first = concurrency.take(f);
  concurrency.take(g);
  expect(() => concurrency.take(f)).toThrow(Throttled);
  first();
  first();
  concurrency.take(f);
  expect(() => concurrency.take(f)).toThrow(Throttled);
});

test('accounts and regions have limits of their own', () => {
  const concurrency = new Concurrency(1);
  concurrency.take(f);
  concurrency.take({ ...f, account: '2' });
  concurrency.take({ ...f, region: 's' });
  expect(concurrency.used('1', 'r')).toBe(1);
});

test('a limit of nothing blocks everything', () => {
  expect(() => new Concurrency(0).take(f)).toThrow(Throttled);
});

describe('reserved concurrency', () => {
  test('is what the function may have, whatever others do', () => {
    const concurrency = new Concurrency(3);
    for (let each = 0; each < 2; each++) concurrency.take(f, reserved(2));
    expect(() => concurrency.take(f, reserved(2))).toThrow(
      expect.objectContaining({ reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }),
    );
    concurrency.take(g, beside(2));
    expect(() => concurrency.take(g, beside(2))).toThrow(
      expect.objectContaining({ reason: 'ConcurrentInvocationLimitExceeded' }),
    );
  });

  test('of nothing blocks the function alone', () => {
    const concurrency = new Concurrency(1);
    expect(() => concurrency.take(f, reserved(0))).toThrow(Throttled);
    concurrency.take(g, beside(0));
  });

  test('counts what was running before it was reserved', () => {
    const concurrency = new Concurrency(5);
    const before = concurrency.take(f);
    expect(() => concurrency.take(f, reserved(1))).toThrow(Throttled);
    before();
    concurrency.take(f, reserved(1))();
    expect(concurrency.used('1', 'r')).toBe(0);
  });
});

describe('provisioned concurrency', () => {
  const v1 = { ...f, version: '1' };

  test('needs no slot of the account, and is bounded by itself', () => {
    const concurrency = new Concurrency(0);
    const first = concurrency.takeProvisioned(v1, beside(0), 1);
    expect(first).toBeDefined();
    expect(concurrency.takeProvisioned(v1, beside(0), 1)).toBeUndefined();
    first?.();
    first?.();
    expect(concurrency.takeProvisioned(v1, beside(0), 1)).toBeDefined();
    expect(concurrency.used('1', 'r')).toBe(0);
  });

  test('is a part of what is reserved: the rest of it is for other versions', () => {
    const concurrency = new Concurrency(10);
    const other = concurrency.take(f, reserved(3), 2);
    expect(() => concurrency.take(f, reserved(3), 2)).toThrow(Throttled);
    for (let each = 0; each < 2; each++) {
      expect(concurrency.takeProvisioned(v1, reserved(3), 2)).toBeDefined();
    }
    other();
    concurrency.take(f, reserved(3), 2);
    expect(() => concurrency.take(f, reserved(3), 2)).toThrow(Throttled);
  });

  test('never lets a function exceed what is reserved', () => {
    const concurrency = new Concurrency(10);
    for (let each = 0; each < 2; each++) concurrency.take(f, reserved(2));
    expect(concurrency.takeProvisioned(v1, reserved(2), 2)).toBeUndefined();
  });
});
