import { describe, expect, test } from 'vitest';
import { NO_PROGRESS, obstacleOf, stepAfter, type AsyncRules } from './async-event.ts';

const rules: AsyncRules = {
  maxRetries: 2,
  maxAgeMs: 3_600_000,
  isBlocked: false,
  firstRetryMs: 60_000,
};

describe('an asynchronous event', () => {
  test('is done when the function has succeeded', () => {
    expect(stepAfter('succeeded', NO_PROGRESS, rules, 0)).toEqual({ kind: 'done' });
  });

  test('is tried again one and two minutes after errors of the function, then given up', () => {
    const first = stepAfter('function-error', NO_PROGRESS, rules, 0);
    expect(first).toMatchObject({ kind: 'retry', afterMs: 60_000 });
    if (first.kind !== 'retry') return;
    const second = stepAfter('function-error', first.progress, rules, 0);
    expect(second).toMatchObject({ kind: 'retry', afterMs: 120_000 });
    if (second.kind !== 'retry') return;
    expect(second.progress.invocations).toBe(2);
    expect(stepAfter('function-error', second.progress, rules, 0)).toEqual({
      kind: 'fail',
      condition: 'RetriesExhausted',
    });
  });

  test('is given up at once where no retries are allowed', () => {
    const step = stepAfter('function-error', NO_PROGRESS, { ...rules, maxRetries: 0 }, 0);
    expect(step).toEqual({ kind: 'fail', condition: 'RetriesExhausted' });
  });

  test('waits from one second to five minutes while it cannot be run, without using up retries', () => {
    const pauses: number[] = [];
    let progress = NO_PROGRESS;
    for (let round = 0; round < 11; round += 1) {
      const step = stepAfter('refused', progress, rules, 0);
      if (step.kind !== 'retry') throw new Error('it was given up');
      pauses.push(step.afterMs / 1_000);
      ({ progress } = step);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(progress).toMatchObject({ functionErrors: 0, invocations: 0 });
  });

  test.each(['function-error', 'refused'] as const)(
    'waits no longer than it may be old, and is not tried then: after %s',
    (outcome) => {
      for (const ageMs of [3_599_500, 3_600_000, 4_000_000]) {
        const step = stepAfter(outcome, NO_PROGRESS, rules, ageMs);
        if (step.kind !== 'retry') throw new Error('it was given up');
        expect(step.afterMs).toBe(Math.max(0, 3_600_000 - ageMs) + 1);
        expect(obstacleOf(ageMs + step.afterMs, rules)).toBe('EventAgeExceeded');
      }
    },
  );

  test('may not be tried when it is too old, or its function has no concurrency', () => {
    expect(obstacleOf(3_600_000, rules)).toBeUndefined();
    expect(obstacleOf(3_600_001, rules)).toBe('EventAgeExceeded');
    expect(obstacleOf(0, { ...rules, isBlocked: true })).toBe('ZeroReservedConcurrency');
  });
});
