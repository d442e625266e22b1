/**
 * The durable queue in this process: content and state of every entry in a store of its own, an
 * index in memory of those that are due or in somebody's hands; of a long backlog the rest is known
 * by its numbers. Each change is one transaction of the store, which commits those of concurrent
 * callers together; the index shows what the store has made durable.
 *
 * What an earlier server left is looked through after opening, however much it is: until then
 * entries are accepted, and whatever needs the earlier ones waits.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Store } from '../store.ts';
import { Deduplication, type KeyRow } from './deduplication.ts';
import type { DurableQueue } from './durable-queue.ts';
import { EmbeddedQueue } from './embedded-queue.ts';
import { queueMigrations } from './migrations.ts';
import { openSequenceNumbers } from './sequence-numbers.ts';

export interface DurableQueueDeps {
  /** Closed by whoever opened it, after the queue. */
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Entries of a queue whose state is kept in memory, besides those in somebody's hands; 20,000. */
  readonly mostVisible?: number;
}

export async function openDurableQueue(deps: DurableQueueDeps): Promise<DurableQueue> {
  const { store, clock } = deps;
  await store.migrate('queue', queueMigrations);
  const numbers = await openSequenceNumbers(store);
  const keys = await loadKeys(store, clock.nowMs());
  const quarantined = (await countQuarantined(store)) + store.damaged;
  const queue = new EmbeddedQueue(deps, { numbers, keys, quarantined });
  queue.startLoading();
  return queue;
}

async function loadKeys(store: Store, nowMs: number): Promise<Deduplication> {
  await store.write([{ sql: 'DELETE FROM queue_deduplication WHERE until <= ?', params: [nowMs] }]);
  const keys = new Deduplication();
  const rows = await store.read<KeyRow>(
    'SELECT queue, key, id, sequence, until FROM queue_deduplication ORDER BY until',
  );
  for (const row of rows) keys.load(row);
  return keys;
}

async function countQuarantined(store: Store): Promise<number> {
  const [row] = await store.read<{ count: number }>(
    'SELECT count(*) AS count FROM queue_quarantine',
  );
  return row?.count ?? 0;
}
