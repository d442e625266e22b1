import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KeyedLock } from './keyed-lock.ts';

test('work on one key runs in order and never at the same time', async () => {
  const lock = new KeyedLock();
  const events: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    events.push(`${name} starts`);
    await setImmediate();
    events.push(`${name} ends`);
    return name;
  };
  const names = await Promise.all([lock.run('k', work('a')), lock.run('k', work('b'))]);
  expect(names).toEqual(['a', 'b']);
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
});

test('different keys run side by side', async () => {
  const lock = new KeyedLock();
  const gate = Promise.withResolvers<void>();
  const first = lock.run('a', () => gate.promise);
  await lock.run('b', async () => gate.resolve());
  await first;
});

test('a failure reaches its caller and frees the key', async () => {
  const lock = new KeyedLock();
  const failed = lock.run('k', () => Promise.reject(new Error('no')));
  const after = lock.run('k', async () => 'yes');
  await expect(failed).rejects.toThrow('no');
  expect(await after).toBe('yes');
});
