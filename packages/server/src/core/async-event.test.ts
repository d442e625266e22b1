import { describe, expect, test } from 'vitest';
import { NO_PROGRESS, obstacleOf, stepAfter, type AsyncRules } from './async-event.ts';

const rules: AsyncRules = {
  maxRetries: 2,
  maxAgeMs: 60_000,
  isBlocked: false,
  firstRetryMs: 60_000,
};

describe('an asynchronous event', () => {
  test('is done when the function has succeeded', () => {
    expect(stepAfter('succeeded', NO_PROGRESS, rules)).toEqual({ kind: 'done' });
  });

  test('is tried again one and two minutes after errors of the function, then given up', () => {
    const first = stepAfter('function-error', NO_PROGRESS, rules);
    expect(first).toMatchObject({ kind: 'retry', afterMs: 60_000 });
    if (first.kind !== 'retry') return;
    const second = stepAfter('function-error', first.progress, rules);
    expect(second).toMatchObject({ kind: 'retry', afterMs: 120_000 });
    if (second.kind !== 'retry') return;
    expect(second.progress.invocations).toBe(2);
    expect(stepAfter('function-error', second.progress, rules)).toEqual({
      kind: 'fail',
      condition: 'RetriesExhausted',
    });
  });

  test('is given up at once where no retries are allowed', () => {
    const step = stepAfter('function-error', NO_PROGRESS, { ...rules, maxRetries: 0 });
    expect(step).toEqual({ kind: 'fail', condition: 'RetriesExhausted' });
  });

  test('waits from one second to five minutes while it cannot be run, without using up retries', () => {
    const pauses: number[] = [];
    let progress = NO_PROGRESS;
    for (let round = 0; round < 11; round += 1) {
      const step = stepAfter('refused', progress, rules);
      if (step.kind !== 'retry') throw new Error('it was given up');
      pauses.push(step.afterMs / 1_000);
      ({ progress } = step);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(progress).toMatchObject({ functionErrors: 0, invocations: 0 });
  });

  test('may not be tried when it is too old, or its function has no concurrency', () => {
    expect(obstacleOf(60_000, rules)).toBeUndefined();
    expect(obstacleOf(60_001, rules)).toBe('EventAgeExceeded');
    expect(obstacleOf(0, { ...rules, isBlocked: true })).toBe('ZeroReservedConcurrency');
  });
});
