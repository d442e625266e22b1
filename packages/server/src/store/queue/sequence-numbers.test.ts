import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import type { Store } from '../store.ts';
import { queueMigrations } from './migrations.ts';
import { openSequenceNumbers } from './sequence-numbers.ts';

test('no number is given twice, though the disk has refused something meanwhile', async () => {
  await using store = openMemoryStore();
  await store.migrate('queue', queueMigrations);
  let refusals = 0;
  const refusing: Store = {
    ...store,
    append: (statements) => {
      refusals += 1;
      return refusals === 1 ? Promise.reject(new Error('no room')) : store.append(statements);
    },
  };
  const numbers = await openSequenceNumbers(refusing);
  let last = numbers.lastOfEarlier;
  for (let thousands = 0; thousands < 3_000; thousands += 1) {
    for (let each = 0; each < 1_000; each += 1) {
      const next = numbers.next();
      if (next <= last) expect.fail(`${next} came after ${last}`);
      last = next;
    }
    await Promise.resolve();
  }
  expect(refusals).toBeGreaterThan(1);
  const ofAnother = await openSequenceNumbers(store);
  expect(ofAnother.lastOfEarlier).toBeGreaterThanOrEqual(last);
  expect(ofAnother.next()).toBeGreaterThan(last);
});

test('what a journal has put into an older database is known, and its numbers are not given', async () => {
  await using store = openMemoryStore();
  await store.migrate('queue', queueMigrations);
  await store.write([
    {
      sql: `INSERT INTO queue_entries VALUES
        (5000000, 'q', 'a', '', 0, 0, NULL, 0, 0, 0, '', 0, 0, '', x'00')`,
    },
  ]);
  const numbers = await openSequenceNumbers(store);
  expect(numbers.lastOfEarlier).toBe(5_000_000);
  const first = numbers.next();
  expect(first).toBeGreaterThan(5_000_000);
  expect((await openSequenceNumbers(store)).next()).toBeGreaterThan(first);
});
