import { expect, test } from 'vitest';
import { report } from './invocation-report.ts';

test.each([
  { durationMs: 2.004, initMs: undefined, billedMs: 2 },
  { durationMs: 2.006, initMs: undefined, billedMs: 3 },
  { durationMs: 1.99, initMs: 0.01, billedMs: 2 },
  { durationMs: 1.994, initMs: 100.014, billedMs: 102 },
  { durationMs: 0.2, initMs: 0.1, billedMs: 1 },
])('what is billed is what the line shows, in whole milliseconds: %j', (each) => {
  const { billedMs, durationMs, initMs } = each;
  const facts = { durationMs, memoryMib: 1, status: { status: 'success' } } as const;
  expect(report(initMs === undefined ? facts : { ...facts, initMs }).billedMs).toBe(billedMs);
});
