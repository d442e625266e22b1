import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bandwidth } from './bandwidth.ts';

const limit = { burstBytes: 1_000, bytesPerSecond: 100 };

test('the first part costs no time, the rest goes at the rate', () => {
  const bandwidth = new Bandwidth(limit, 0);
  expect(bandwidth.spend(1_000, 0)).toBe(0);
  expect(bandwidth.spend(50, 0)).toBe(500);
  expect(bandwidth.spend(50, 500)).toBe(500);
});

test('a pause earns no more than the first part again', () => {
  const bandwidth = new Bandwidth(limit, 0);
  bandwidth.spend(1_000, 0);
  expect(bandwidth.spend(1_000, 1_000_000)).toBe(0);
  expect(bandwidth.spend(100, 1_000_000)).toBe(1_000);
});

test('whoever waits as told never goes faster than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1 }), (chunks) => {
      const bandwidth = new Bandwidth(limit, 0);
      let nowMs = 0;
      let sent = 0;
      for (const bytes of chunks) {
        nowMs += bandwidth.spend(bytes, nowMs);
        sent += bytes;
        expect(sent).toBeLessThanOrEqual(
          limit.burstBytes + (nowMs / 1000) * limit.bytesPerSecond + 1e-6,
        );
      }
    }),
  );
});
