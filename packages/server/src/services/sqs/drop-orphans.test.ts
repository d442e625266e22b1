import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { systemClock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import { openDurableQueue } from '../../store/queue/open-durable-queue.ts';
import { dropOrphans, type OrphanDeps } from './drop-orphans.ts';
import { messagesOf, type QueueRecord } from './queue-record.ts';
import { QueueRepository } from './queue-repository.ts';

const kept: QueueRecord = {
  account: '000000000000',
  region: 'eu-west-1',
  name: 'kept',
  id: '2',
  createdMs: 0,
  modifiedMs: 0,
  attributes: {},
  tags: {},
};
const deletedPlace = 'sqs/arn:aws:sqs:eu-west-1:000000000000:deleted/1';
const eventPlace = 'lambda/pay';
const all = [deletedPlace, messagesOf(kept), eventPlace];

let queue: DurableQueue;
let deps: OrphanDeps;
let ending: AbortController;
beforeEach(async () => {
  const store = openMemoryStore();
  const logger = silentLogger;
  queue = await openDurableQueue({ store, logger, clock: systemClock, ids: randomIds });
  const records = await QueueRepository.open(store, logger);
  await records.change(kept, () => kept);
  ending = new AbortController();
  deps = { records, messages: queue, ending: ending.signal, logger };
  for (const place of all) {
    await queue.send(place, [{ id: 'm', body: Buffer.from('a') }]);
  }
});
afterEach(() => queue.close());

test('messages of a queue that is no more are removed, and nothing else', async () => {
  await dropOrphans(deps);
  expect(queue.names()).toEqual([messagesOf(kept), eventPlace]);
});

test('a server that ends does not wait until everything is read, and removes nothing then', async () => {
  const loaded = Promise.withResolvers<void>();
  vi.spyOn(queue, 'loaded', 'get').mockReturnValue(loaded.promise);
  const dropping = dropOrphans(deps);
  ending.abort();
  await dropping;
  expect(queue.names()).toEqual(all);
});

test('nothing is removed where not every queue is known', async () => {
  deps.records.damagedRows = 1;
  await dropOrphans(deps);
  expect(queue.names()).toEqual(all);
});
