import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BURST_MS,
  LONG_BURST_MS,
  MEMORY_MS,
  poolMemoryMib,
  poolTarget,
  UNUSED_MS,
} from './pool-size.ts';

const bounds = { usual: 4, most: 64 };
const at = (takenAtMs: readonly number[], nowMs: number, lastUseMs = takenAtMs.at(-1) ?? 0) =>
  poolTarget({ takenAtMs, lastUseMs }, bounds, nowMs);

test('a runtime in use has its usual number ready, however slowly they are taken', () => {
  expect(at([], 10)).toBe(4);
  expect(at([0, 2_000, 4_000, 6_000, 8_000, 10_000], 10_000)).toBe(4);
});

test('after a burst as many are kept as came at once, until it is forgotten', () => {
  const burst = Array.from({ length: 30 }, (_, index) => 1_000 + index * 10);
  expect(at(burst, 1_300)).toBe(30);
  expect(at(burst, 1_000 + MEMORY_MS)).toBe(30);
  expect(at(burst, 1_291 + MEMORY_MS)).toBe(4);
});

test('starts that wait for each other are one burst, though it lasts longer', () => {
  const much = { usual: 4, most: 500 };
  expect(poolTarget({ takenAtMs: every(20, 200), lastUseMs: 0 }, much, 4_000)).toBe(200);
  expect(poolTarget({ takenAtMs: every(100, 100), lastUseMs: 0 }, much, 10_000)).toBe(11);
});

test('a row of starts without end is a burst of its last seconds', () => {
  const target = poolTarget(
    { takenAtMs: every(20, 1_000), lastUseMs: 20_000 },
    { usual: 4, most: 500 },
    20_000,
  );
  expect(target).toBe(LONG_BURST_MS / 20 + 1);
});

test('starts that are further apart than a burst do not add up', () => {
  const two = [...Array.from({ length: 10 }, () => 0), ...Array.from({ length: 7 }, () => 5_000)];
  expect(at(two, 5_000)).toBe(10);
  expect(at([0, BURST_MS, 2 * BURST_MS + 1], 2 * BURST_MS + 1)).toBe(4);
});

test('of what nobody has used for long one is kept', () => {
  expect(at([], UNUSED_MS + 1, 0)).toBe(1);
  expect(at([], UNUSED_MS, 0)).toBe(4);
});

test('a pool of none is none, and the bound holds whatever is asked', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200_000)),
      fc.nat(200_000),
      fc.nat(10),
      fc.nat(20),
      (times, nowMs, usual, most) => {
        const takenAtMs = times.toSorted((a, b) => a - b);
        const target = poolTarget({ takenAtMs, lastUseMs: nowMs }, { usual, most }, nowMs);
        expect(target).toBeLessThanOrEqual(most);
        if (usual === 0) expect(target).toBe(0);
        else expect(target).toBeGreaterThanOrEqual(Math.min(usual, most));
      },
    ),
  );
});

test('pools take an eighth of the memory at most, and leave an eighth free', () => {
  const pooled = (freeMib: number, pooledMib: number): number =>
    poolMemoryMib({ totalMib: 8_000, freeMib, pooledMib });
  expect(pooled(7_000, 0)).toBe(1_000);
  expect(pooled(6_000, 1_000)).toBe(1_000);
  expect(pooled(1_200, 0)).toBe(200);
  expect(pooled(1_000, 500)).toBe(500);
});

test('pools give back what others need, down to nothing', () => {
  const pooled = (freeMib: number, pooledMib: number): number =>
    poolMemoryMib({ totalMib: 8_000, freeMib, pooledMib });
  expect(pooled(700, 500)).toBe(200);
  expect(pooled(100, 500)).toBe(0);
});

function every(pauseMs: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * pauseMs);
}
