/**
 * The records of rules: durable in SQL, and all of them in memory. A row that is not what was
 * written is reported when the repository opens and never fires.
 */
import { createHash } from 'node:crypto';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Migration, Statement, Store } from '../../store/store.ts';
import { ruleArn, type RuleKey, type RuleRecord } from './rule-record.ts';

/** Append only: what has been released is never edited. */
const migrations: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE events_rules (
        arn TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL
      ) STRICT;
      CREATE TABLE events_deliveries (
        id INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX events_deliveries_due ON events_deliveries (due_ms);
    `,
  },
];

interface RuleRow {
  readonly arn: string;
  readonly body: string;
  readonly checksum: string;
}

export class RuleRepository {
  readonly store: Store;
  readonly #records = new Map<string, RuleRecord>();
  readonly #lock = new KeyedLock();
  damagedRows = 0;

  constructor(store: Store) {
    this.store = store;
  }

  static async open(store: Store, logger: Logger): Promise<RuleRepository> {
    await store.migrate('events', migrations);
    const repository = new RuleRepository(store);
    for (const row of await store.read<RuleRow>('SELECT arn, body, checksum FROM events_rules')) {
      if (checksumOf(row) === row.checksum) {
        repository.#records.set(row.arn, JSON.parse(row.body) as RuleRecord);
        continue;
      }
      repository.damagedRows += 1;
      logger.error('rule record is damaged', { arn: row.arn });
    }
    return repository;
  }

  find(key: RuleKey): RuleRecord | undefined {
    return this.#records.get(ruleArn(key));
  }

  all(): readonly RuleRecord[] {
    return [...this.#records.values()];
  }

  /** Of one account and region, in the order of their names. */
  list({ account, region }: Omit<RuleKey, 'name'>): readonly RuleRecord[] {
    return this.all()
      .filter((each) => each.account === account && each.region === region)
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /**
   * What `change` makes of what there is then, undefined for none; changes of one rule are made
   * one after another. `also` is written with it, in one transaction. Memory shows it after it is
   * durable.
   */
  async change(
    key: RuleKey,
    change: (record: RuleRecord | undefined) => RuleRecord | undefined,
    also: (earlier: RuleRecord | undefined) => readonly Statement[] = () => [],
  ): Promise<void> {
    const arn = ruleArn(key);
    await this.#lock.run(arn, async () => {
      const earlier = this.#records.get(arn);
      const next = change(earlier);
      if (next === earlier) return;
      await this.store.write([statementOf(arn, next), ...also(earlier)]);
      if (next === undefined) this.#records.delete(arn);
      else this.#records.set(arn, next);
    });
  }
}

function statementOf(arn: string, record: RuleRecord | undefined): Statement {
  if (record === undefined) return { sql: 'DELETE FROM events_rules WHERE arn = ?', params: [arn] };
  const body = JSON.stringify(record);
  return {
    sql: 'INSERT OR REPLACE INTO events_rules (arn, body, checksum) VALUES (?, ?, ?)',
    params: [arn, body, checksumOf({ arn, body })],
  };
}

function checksumOf({ arn, body }: Omit<RuleRow, 'checksum'>): string {
  return createHash('sha256')
    .update(JSON.stringify([arn, body]))
    .digest('hex');
}
