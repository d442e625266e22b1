import { expect, test } from 'vitest';
import type { ConcurrencyShare } from '../core/invocation.ts';
import { RateLimits } from './rate-limits.ts';

const f = { account: '1', region: 'r', name: 'f' };
const g = { ...f, name: 'g' };
const unreserved: ConcurrencyShare = { kind: 'unreserved', reservedByOthers: 0 };

function startLimits(accountConcurrency: number): { limits: RateLimits; clock: { ms: number } } {
  const clock = { ms: 0 };
  const time = { nowMs: () => clock.ms, monotonicMs: () => clock.ms };
  return { limits: new RateLimits(time, accountConcurrency), clock };
}

test('a function gets 1,000 environments at once and 100 more each second, and no other waits', () => {
  const { limits, clock } = startLimits(5_000);
  for (let each = 0; each < 1_000; each++) expect(limits.takeStart(f)).toBeUndefined();
  expect(limits.takeStart(f)).toBe('FunctionInvocationRateLimitExceeded');
  expect(limits.takeStart(g)).toBeUndefined();
  clock.ms = 1_000;
  limits.sweep();
  for (let each = 0; each < 100; each++) expect(limits.takeStart(f)).toBeUndefined();
  expect(limits.takeStart(f)).toBe('FunctionInvocationRateLimitExceeded');
});

test('functions without reserved concurrency share ten requests a second for each slot', () => {
  const { limits, clock } = startLimits(2);
  for (let each = 0; each < 10; each++) {
    limits.takeRequest(f, unreserved);
    limits.takeRequest(g, unreserved);
  }
  expect(() => limits.takeRequest(g, unreserved)).toThrow(
    expect.objectContaining({
      name: 'Throttled',
      reason: 'FunctionInvocationRateLimitExceeded',
      message: 'Rate Exceeded.',
    }),
  );
  limits.takeRequest({ ...g, account: '2' }, unreserved);
  clock.ms = 100;
  limits.takeRequest(f, unreserved);
  limits.takeRequest(g, unreserved);
  expect(() => limits.takeRequest(f, unreserved)).toThrow();
});

test('reserved concurrency brings a rate of its own', () => {
  const { limits } = startLimits(100);
  const share: ConcurrencyShare = { kind: 'reserved', limit: 1 };
  for (let each = 0; each < 10; each++) limits.takeRequest(f, share);
  expect(() => limits.takeRequest(f, share)).toThrow(
    expect.objectContaining({ reason: 'ReservedFunctionInvocationRateLimitExceeded' }),
  );
  limits.takeRequest(g, { kind: 'unreserved', reservedByOthers: 1 });
});

test('what is provisioned has a rate of its own, which nobody else pays for', () => {
  const { limits } = startLimits(1);
  const version = { ...f, version: '1' };
  for (let each = 0; each < 20; each++) expect(limits.takeProvisioned(version, 2)).toBe(true);
  expect(limits.takeProvisioned(version, 2)).toBe(false);
  limits.takeRequest(f, unreserved);
});
