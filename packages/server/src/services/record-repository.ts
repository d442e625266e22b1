/**
 * Records that services keep of what they are told to make: durable in SQL, and all of them in memory. A row
 * that is not what was written is reported when the repository opens, and is not there.
 */
import { createHash } from 'node:crypto';
import { KeyedLock } from '../lib/keyed-lock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Statement, Store } from '../store/store.ts';

/** What every record has in its key. */
export interface NamedKey {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface RecordKind<Key extends NamedKey> {
  /** With the columns `arn`, `body` and `checksum`, of text. */
  readonly table: string;
  readonly arnOf: (key: Key) => string;
}

interface RecordRow {
  readonly arn: string;
  readonly body: string;
  readonly checksum: string;
}

export class RecordRepository<Key extends NamedKey, Kept extends Key> {
  readonly store: Store;
  readonly #kind: RecordKind<Key>;
  readonly #records = new Map<string, Kept>();
  readonly #lock = new KeyedLock();
  damagedRows = 0;

  private constructor(store: Store, kind: RecordKind<Key>) {
    this.store = store;
    this.#kind = kind;
  }

  /** After its table has been made. */
  static async open<Key extends NamedKey, Kept extends Key>(
    store: Store,
    kind: RecordKind<Key>,
    logger: Logger,
  ): Promise<RecordRepository<Key, Kept>> {
    const repository = new RecordRepository<Key, Kept>(store, kind);
    const rows = await store.read<RecordRow>(`SELECT arn, body, checksum FROM ${kind.table}`);
    for (const row of rows) {
      if (checksumOf(row) === row.checksum) {
        repository.#records.set(row.arn, JSON.parse(row.body) as Kept);
        continue;
      }
      repository.damagedRows += 1;
      logger.error('record is damaged', { arn: row.arn });
    }
    return repository;
  }

  find(key: Key): Kept | undefined {
    return this.#records.get(this.#kind.arnOf(key));
  }

  all(): readonly Kept[] {
    return [...this.#records.values()];
  }

  /** Of one account and region, in the order of their names. */
  list({ account, region }: Omit<NamedKey, 'name'>): readonly Kept[] {
    return this.all()
      .filter((each) => each.account === account && each.region === region)
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * What `change` makes of what there is then, undefined for none; changes of one record are made
   * one after another. `also` is written with it, in one transaction. Memory shows it after it is
   * durable.
   */
  async change(
    key: Key,
    change: (record: Kept | undefined) => Kept | undefined,
    also: (earlier: Kept | undefined) => readonly Statement[] = () => [],
  ): Promise<void> {
    const arn = this.#kind.arnOf(key);
    await this.#lock.run(arn, async () => {
      const earlier = this.#records.get(arn);
      const next = change(earlier);
      if (next === earlier) return;
      await this.store.write([this.#statement(arn, next), ...also(earlier)]);
      if (next === undefined) this.#records.delete(arn);
      else this.#records.set(arn, next);
    });
  }

  #statement(arn: string, record: Kept | undefined): Statement {
    const { table } = this.#kind;
    if (record === undefined) return { sql: `DELETE FROM ${table} WHERE arn = ?`, params: [arn] };
    const body = JSON.stringify(record);
    return {
      sql: `INSERT OR REPLACE INTO ${table} (arn, body, checksum) VALUES (?, ?, ?)`,
      params: [arn, body, checksumOf({ arn, body })],
    };
  }
}

function checksumOf({ arn, body }: Omit<RecordRow, 'checksum'>): string {
  return createHash('sha256')
    .update(JSON.stringify([arn, body]))
    .digest('hex');
}
