import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { Rest } from './rest.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bed(freeze: () => Promise<void> = async () => {}): {
  readonly rest: Rest;
  readonly events: string[];
  readonly sleeper: { freeze(): Promise<void>; thaw(): Promise<void> };
} {
  const events: string[] = [];
  const sleeper = {
    async freeze() {
      events.push('freeze');
      await freeze();
    },
    async thaw() {
      events.push('thaw');
    },
  };
  const onFrozen = (): void => void events.push('sleeps');
  return { rest: new Rest({ logger: silentLogger, afterMs: 100, onFrozen }), events, sleeper };
}

test('what is idle for long enough is frozen, and thawed before it works again', async () => {
  const { rest, events, sleeper } = bed();
  rest.begin(sleeper);
  await vi.advanceTimersByTimeAsync(100);
  expect(events).toEqual(['freeze', 'sleeps']);
  await rest.wake();
  expect(events).toEqual(['freeze', 'sleeps', 'thaw']);
  expect(rest.wake()).toBeUndefined();
});

test('what is busy again soon is never frozen', async () => {
  const { rest, events, sleeper } = bed();
  for (let each = 0; each < 5; each++) {
    rest.begin(sleeper);
    await vi.advanceTimersByTimeAsync(99);
    expect(rest.wake()).toBeUndefined();
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(events).toEqual([]);
});

test('work that comes while it freezes waits until it has, and does not count as sleep', async () => {
  const frozen = Promise.withResolvers<void>();
  const { rest, events, sleeper } = bed(() => frozen.promise);
  rest.begin(sleeper);
  await vi.advanceTimersByTimeAsync(100);
  const awake = rest.wake();
  expect(events).toEqual(['freeze']);
  frozen.resolve();
  await awake;
  expect(events).toEqual(['freeze', 'thaw']);
});

test('what could not be frozen is thawed all the same', async () => {
  const { rest, events, sleeper } = bed(() => Promise.reject(new Error('busy')));
  rest.begin(sleeper);
  await vi.advanceTimersByTimeAsync(100);
  await rest.wake();
  expect(events).toEqual(['freeze', 'thaw']);
});
