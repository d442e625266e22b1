import { expect, test } from 'vitest';
import { LOSS_REASON, Subscriber, type Delivery } from './subscriber.ts';

const buffering = { maxItems: 1_000, maxBytes: 262_144, timeoutMs: 30_000 };

/** A receiver that takes nothing until it is told to, and may refuse. */
function receiver(): {
  readonly delivery: Delivery;
  readonly batches: (readonly string[])[];
  readonly take: () => void;
  failures: number;
} {
  let gate = Promise.withResolvers<void>();
  const self = {
    batches: [] as (readonly string[])[],
    failures: 0,
    take(): void {
      gate.resolve();
      gate = Promise.withResolvers();
      gate.promise.catch(() => {});
    },
    delivery: {
      async send(events: readonly string[]): Promise<void> {
        if (self.failures > 0) {
          self.failures -= 1;
          throw new Error('refused');
        }
        self.batches.push(events);
        await gate.promise;
      },
      close: () => gate.reject(new Error('closed')),
    },
  };
  gate.promise.catch(() => {});
  return self;
}

function subscriber(delivery: Delivery, changes: Partial<typeof buffering> = {}): Subscriber {
  const lossEvent = (record: object): string => JSON.stringify(record);
  return new Subscriber({ delivery, buffering: { ...buffering, ...changes }, lossEvent });
}

test('a batch goes when it has its number, its size or its time', async () => {
  const to = receiver();
  const full = subscriber(to.delivery);
  for (let event = 0; event < 1_000; event++) full.push(`${event}`, false);
  expect(to.batches.map(({ length }) => length)).toEqual([1_000]);
  const big = subscriber(to.delivery);
  big.push('x'.repeat(200_000), false);
  expect(to.batches).toHaveLength(1);
  big.push('x'.repeat(100_000), false);
  expect(to.batches).toHaveLength(2);
  const timed = subscriber(to.delivery, { timeoutMs: 25 });
  timed.push('late', false);
  await expect.poll(() => to.batches.at(-1)).toEqual(['late']);
  for (const each of [full, big, timed]) each.close();
});

test('what a slow receiver has no room for is dropped, counted and told; the platform goes first', async () => {
  const to = receiver();
  const slow = subscriber(to.delivery);
  for (let event = 0; event < 5_000; event++) slow.push('y'.repeat(100), false);
  slow.push('platform', true);
  expect(to.batches).toHaveLength(1);
  to.take();
  await expect.poll(() => to.batches.length).toBe(2);
  expect(to.batches[1]).toHaveLength(1_002);
  expect(to.batches[1]?.at(-2)).toBe('platform');
  expect(JSON.parse(to.batches[1]!.at(-1)!)).toEqual({
    droppedBytes: 300_000,
    droppedRecords: 3_000,
    reason: LOSS_REASON,
  });
  slow.close();
});

test('a batch that was not taken is tried again until it is', async () => {
  const to = receiver();
  to.failures = 3;
  const stubborn = subscriber(to.delivery);
  stubborn.push('again', false);
  const flushed = stubborn.flush();
  await expect.poll(() => to.batches).toEqual([['again']]);
  to.take();
  await flushed;
  stubborn.close();
});

test('after close nothing is sent, whatever was waiting', async () => {
  const to = receiver();
  const closed = subscriber(to.delivery);
  for (let event = 0; event < 2_500; event++) closed.push(`${event}`, false);
  const flushed = closed.flush();
  closed.close();
  await flushed;
  closed.push('late', true);
  await closed.flush();
  expect(to.batches).toHaveLength(1);
});
