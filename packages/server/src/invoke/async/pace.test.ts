import { describe, expect, test } from 'vitest';
import { Pace } from './pace.ts';

/** The limit after many events, of a function whose events take so long when so many run. */
function settled(durationMs: (atOnce: number) => number, events = 5_000): number {
  const pace = new Pace();
  for (let event = 0; event < events; event += 1) pace.tried(durationMs(pace.limit));
  return pace.limit;
}

describe('the pace of a function', () => {
  test('grows to a hundred for one that waits', () => {
    expect(settled(() => 1_000)).toBe(100);
  });

  test('stays small for one that keeps two cores busy', () => {
    expect(settled((atOnce) => 10 * Math.max(1, atOnce / 2))).toBeLessThan(12);
  });

  test('does not grow for one whose events come one after the other', () => {
    const pace = new Pace();
    for (let event = 0; event < 5_000; event += 1) pace.tried(5, false);
    expect(pace.limit).toBe(2);
    for (let event = 0; event < 5_000; event += 1) pace.tried(5, event % 2 === 0);
    expect(pace.limit).toBe(100);
  });

  test('grows again for one that has become slower by itself', () => {
    const pace = new Pace();
    for (let event = 0; event < 1_000; event += 1) pace.tried(5);
    for (let event = 0; event < 10_000; event += 1) pace.tried(500);
    expect(pace.limit).toBe(100);
  });

  test('is not held back by cold starts', () => {
    let event = 0;
    const duration = (): number => ((event += 1) % 4 === 0 ? 400 : 20);
    expect(settled(duration)).toBe(100);
  });

  test('is halved by each throttle and never below one', () => {
    const pace = new Pace();
    for (let event = 0; event < 5_000; event += 1) pace.tried(50);
    pace.throttled();
    expect(pace.limit).toBe(50);
    for (let round = 0; round < 10; round += 1) pace.throttled();
    expect(pace.limit).toBe(1);
  });
});
