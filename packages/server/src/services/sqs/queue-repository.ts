/**
 * The records of queues: durable in SQL, and all of them in memory. A row that is not what was
 * written is reported when the repository opens and never served.
 */
import { createHash } from 'node:crypto';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Migration, Store } from '../../store/store.ts';
import { queueArn, type QueueKey, type QueueRecord } from './queue-record.ts';

/** Append only: what has been released is never edited. */
const migrations: readonly Migration[] = [
  {
    id: 1,
    sql: `CREATE TABLE sqs_queues (
      arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
    ) STRICT;`,
  },
];

interface QueueRow {
  readonly arn: string;
  readonly body: string;
  readonly checksum: string;
}

export class QueueRepository {
  readonly #store: Store;
  readonly #records = new Map<string, QueueRecord>();
  readonly #lock = new KeyedLock();
  damagedRows = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store, logger: Logger): Promise<QueueRepository> {
    await store.migrate('sqs', migrations);
    const repository = new QueueRepository(store);
    for (const row of await store.read<QueueRow>('SELECT arn, body, checksum FROM sqs_queues')) {
      if (checksumOf(row) === row.checksum) {
        repository.#records.set(row.arn, JSON.parse(row.body) as QueueRecord);
        continue;
      }
      repository.damagedRows += 1;
      logger.error('queue record is damaged', { arn: row.arn });
    }
    return repository;
  }

  find(key: QueueKey): QueueRecord | undefined {
    return this.#records.get(queueArn(key));
  }

  findByArn(arn: string): QueueRecord | undefined {
    return this.#records.get(arn);
  }

  all(): IterableIterator<QueueRecord> {
    return this.#records.values();
  }

  /** Of one account and region, in the order of their names. */
  list({ account, region }: Omit<QueueKey, 'name'>): readonly QueueRecord[] {
    return [...this.#records.values()]
      .filter((each) => each.account === account && each.region === region)
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * What `change` makes of what there is then, undefined for none; changes of one queue are made
   * one after another. Memory shows it after it is durable.
   */
  async change(
    key: QueueKey,
    change: (record: QueueRecord | undefined) => QueueRecord | undefined,
  ): Promise<void> {
    const arn = queueArn(key);
    await this.#lock.run(arn, async () => {
      const earlier = this.#records.get(arn);
      const next = change(earlier);
      if (next === earlier) return;
      if (next === undefined) {
        await this.#store.write([{ sql: 'DELETE FROM sqs_queues WHERE arn = ?', params: [arn] }]);
        this.#records.delete(arn);
        return;
      }
      const row = { arn, body: JSON.stringify(next) };
      const sql = 'INSERT OR REPLACE INTO sqs_queues (arn, body, checksum) VALUES (?, ?, ?)';
      await this.#store.write([{ sql, params: [row.arn, row.body, checksumOf(row)] }]);
      this.#records.set(arn, next);
    });
  }
}

function checksumOf({ arn, body }: Omit<QueueRow, 'checksum'>): string {
  return createHash('sha256')
    .update(JSON.stringify([arn, body]))
    .digest('hex');
}
