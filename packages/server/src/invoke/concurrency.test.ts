import fc from 'fast-check';
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

test('whatever comes and goes, no limit is exceeded and every slot comes back', () => {
  const ready = { 1: 2, 2: 1 } as const;
  const step = fc.record({ what: fc.constantFrom('latest', '1', '2', 'end'), at: fc.nat(50) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 3, max: 6 }),
      (steps, limit) => {
        const concurrency = new Concurrency(0);
        const running: { readonly kind: string; readonly release: () => void }[] = [];
        const count = (kind: string): number => running.filter((each) => each.kind === kind).length;
        for (const { what, at } of steps) {
          if (what === 'end') {
            const [ended] = running.splice(at % Math.max(1, running.length), 1);
            ended?.release();
            continue;
          }
          const release =
            what === 'latest'
              ? undefined
              : concurrency.takeProvisioned({ ...f, version: what }, reserved(limit), ready[what]);
          if (release !== undefined) running.push({ kind: what, release });
          else if (count('on demand') < limit - 3 && running.length < limit) {
            running.push({ kind: 'on demand', release: concurrency.take(f, reserved(limit), 3) });
          } else expect(() => concurrency.take(f, reserved(limit), 3)).toThrow(Throttled);
          expect(running.length).toBeLessThanOrEqual(limit);
          expect(count('1')).toBeLessThanOrEqual(2);
          expect(count('2')).toBeLessThanOrEqual(1);
        }
        for (const { release } of running) release();
        for (let each = 0; each < limit; each++) concurrency.take(f, reserved(limit));
      },
    ),
  );
});
