/** A short run of `npm run crash-test`, whose 50 rounds take minutes. */
import { expect, test } from 'vitest';
import { crashRounds } from '../../packages/testkit/src/crash-rounds.ts';

test('every asynchronous event that was acknowledged before a SIGKILL runs', async () => {
  const report = await crashRounds({ rounds: 3, eventsPerRound: 100, random: Math.random });
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.missing).toEqual([]);
  expect(report.unexplained).toEqual([]);
  // Four servers start, beside whatever else the machine does.
}, 300_000);
