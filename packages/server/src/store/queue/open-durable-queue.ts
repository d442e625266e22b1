/**
 * The durable queue in this process: content and state of every entry in a store of its own, an
 * index of all of them in memory. Each change is one transaction of the store, which commits
 * those of concurrent callers together; the index shows what the store has made durable.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Store } from '../store.ts';
import { Deduplication, type KeyRow } from './deduplication.ts';
import type { DurableQueue } from './durable-queue.ts';
import { EmbeddedQueue } from './embedded-queue.ts';
import { queueMigrations } from './migrations.ts';
import type { QueueEntry } from './queue-entry.ts';
import { ENTRY_COLUMNS, quarantineStatements, readEntryRow, type EntryRow } from './queue-rows.ts';
import { openSequenceNumbers } from './sequence-numbers.ts';

export interface DurableQueueDeps {
  /** Closed by whoever opened it, after the queue. */
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

export async function openDurableQueue(deps: DurableQueueDeps): Promise<DurableQueue> {
  const { store, clock } = deps;
  await store.migrate('queue', queueMigrations);
  const numbers = await openSequenceNumbers(store);
  const keys = await loadKeys(store, clock.nowMs());
  const quarantined = await countQuarantined(store);
  const queue = new EmbeddedQueue(deps, { numbers, keys, quarantined });
  for await (const entry of loadEntries(deps, (problem) => queue.reportDamage(problem))) {
    queue.load(entry);
  }
  return queue;
}

const ROWS_AT_ONCE = 10_000;

async function* loadEntries(
  { store, clock }: DurableQueueDeps,
  onDamage: (row: EntryRow) => void,
): AsyncGenerator<QueueEntry> {
  let last = -1;
  for (;;) {
    const rows = await store.read<EntryRow>(
      `SELECT ${ENTRY_COLUMNS} FROM queue_entries WHERE sequence > ? ORDER BY sequence LIMIT ?`,
      [last, ROWS_AT_ONCE],
    );
    const nowMs = clock.nowMs();
    const monotonicMs = clock.monotonicMs();
    for (const row of rows) {
      last = row.sequence;
      const entry = readEntryRow(row, nowMs, monotonicMs);
      if (entry !== undefined) {
        yield entry;
        continue;
      }
      onDamage(row);
      await store.write(quarantineStatements(row.sequence, 'The checksum does not match.'));
    }
    if (rows.length < ROWS_AT_ONCE) return;
  }
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
