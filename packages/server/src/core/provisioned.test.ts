import { expect, test } from 'vitest';
import { provisionedByVersion, provisionedStatus, totalProvisioned } from './provisioned.ts';

const requests = [
  { qualifier: 'blue', requested: 2, lastModifiedMs: 0 },
  { qualifier: 'green', requested: 3, lastModifiedMs: 0 },
  { qualifier: '7', requested: 1, lastModifiedMs: 0 },
];

test('aliases of one version add up, nothing asked for is nothing', () => {
  const sums = provisionedByVersion(requests, (each) => (each === '7' ? '7' : '4'));
  expect(Object.fromEntries(sums)).toEqual({ '4': 5, '7': 1 });
  expect(totalProvisioned(requests)).toBe(6);
  expect(totalProvisioned()).toBe(0);
  expect(provisionedByVersion(undefined, String).size).toBe(0);
});

test.each([
  [2, 0, { allocated: 0 }, { status: 'IN_PROGRESS', allocated: 0 }],
  [2, 0, { allocated: 1 }, { status: 'IN_PROGRESS', allocated: 1 }],
  [2, 0, { allocated: 2 }, { status: 'READY', allocated: 2 }],
  // After a smaller number was asked for, some may still be there.
  [2, 0, { allocated: 9 }, { status: 'READY', allocated: 2 }],
  [2, 3, { allocated: 4 }, { status: 'IN_PROGRESS', allocated: 1 }],
  [2, 3, { allocated: 1 }, { status: 'IN_PROGRESS', allocated: 0 }],
  [2, 0, { allocated: 1, failure: 'x' }, { status: 'FAILED', allocated: 1, reason: 'x' }],
  [2, 0, { allocated: 2, failure: 'x' }, { status: 'READY', allocated: 2 }],
] as const)('%i asked for after %i, of %o: %o', (requested, before, capacity, status) => {
  expect(provisionedStatus(requested, before, capacity)).toEqual(status);
});
