import { expect, test } from 'vitest';
import { startRounds } from './rounds.ts';

const never = { everyMs: 1_000_000, onError: () => {} };

test('rounds run one after another, and whoever asks meanwhile waits for the next', async () => {
  const ends: (() => void)[] = [];
  let most = 0;
  let running = 0;
  await using rounds = startRounds(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  }, never);
  const first = rounds.run();
  const second = rounds.run();
  expect(rounds.run()).toBe(second);
  ends.shift()?.();
  await first;
  await expect.poll(() => ends.length).toBe(1);
  ends.shift()?.();
  await second;
  expect(most).toBe(1);
});

test('whoever asks is told of the failure of that round alone', async () => {
  let isBroken = true;
  await using rounds = startRounds(async () => {
    if (isBroken) throw new Error('no');
  }, never);
  await expect(rounds.run()).rejects.toThrow('no');
  isBroken = false;
  await rounds.run();
});

test('a failure that nobody waits for is told to the owner, and rounds go on', async () => {
  const errors: unknown[] = [];
  await using rounds = startRounds(
    async () => {
      throw new Error('again');
    },
    { everyMs: 1, onError: (error) => errors.push(error) },
  );
  await expect.poll(() => errors.length).toBeGreaterThan(1);
  await rounds.close();
});

test('closing waits for the round that runs and tells it; none begins afterwards', async () => {
  let rounds = 0;
  const seen = startRounds(async (closing) => {
    rounds += 1;
    await new Promise((resolve) => closing.addEventListener('abort', resolve));
  }, never);
  const running = seen.run();
  await seen.close();
  await running;
  await seen.run();
  expect(rounds).toBe(1);
});
