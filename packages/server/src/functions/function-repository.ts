/**
 * The records of functions: durable in SQL, and all of them in memory, so that an invocation
 * reads no database. Memory shows a change only after it is durable.
 *
 * A row that is not what was written is moved to a table of its own when the repository opens,
 * counted and reported; it is never served, and its name is free again.
 */
import type { SecretBox } from '../iam/secret-box.ts';
import type { Logger } from '../lib/logger.ts';
import { StaleWrite, type Statement, type Store } from '../store/store.ts';
import {
  claimedConcurrency,
  codesOf,
  settingsOf,
  type FunctionKey,
  type FunctionRecord,
} from './function-record.ts';
import { readRow, rowOf, type FunctionRow } from './function-row.ts';
import { functionMigrations } from './migrations.ts';

export interface FunctionRepository {
  /** From memory; as cheap as a map. */
  find(key: FunctionKey): FunctionRecord | undefined;
  /** Of one account and region, in the order of their names (code points). */
  list(owner: Omit<FunctionKey, 'name'>): readonly FunctionRecord[];
  all(): IterableIterator<FunctionRecord>;
  /** The function that has this URL. */
  findByUrl(urlId: string): FunctionRecord | undefined;
  /** False when the name is taken. */
  insert(record: FunctionRecord): Promise<boolean>;
  /**
   * Puts `next` in the place of `previous`; false when that is no longer what is stored.
   * `rowVersion` of `next` is set here.
   */
  replace(previous: FunctionRecord, next: FunctionRecord): Promise<boolean>;
  /** False when somebody else was faster. */
  remove(record: FunctionRecord): Promise<boolean>;
  /** Whether any function shows or runs this code, as its own or as that of a layer. */
  refersTo(codeSha256: string): boolean;
  /** Whether any function shows or runs the image of this digest. */
  refersToImage(digest: string): boolean;
  /** What the functions of one account and region have reserved or provisioned together. */
  reservedConcurrency(owner: Omit<FunctionKey, 'name'>): number;
  /** The highest number that a version of this name ever got; 0 before the first. */
  lastVersion(key: FunctionKey): number;
  /** Rows that were found damaged, by this start or an earlier one, and are kept aside. */
  readonly quarantinedRows: number;
}

export interface FunctionRepositoryDependencies {
  readonly store: Store;
  readonly logger: Logger;
  readonly secrets: SecretBox;
}

export async function openFunctionRepository(
  deps: FunctionRepositoryDependencies,
): Promise<FunctionRepository> {
  await deps.store.migrate('functions', functionMigrations);
  const rows = await deps.store.read<FunctionRow>(
    'SELECT account, region, name, row_version, body, checksum FROM functions',
  );
  const repository = new SqlFunctionRepository(deps);
  for (const row of rows) await repository.load(row);
  await repository.loadNumbers();
  await repository.countQuarantined();
  return repository;
}

class SqlFunctionRepository implements FunctionRepository {
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #secrets: SecretBox;
  readonly #records = new Map<string, FunctionRecord>();
  /** Of functions that were deleted: their numbers are not given again. */
  readonly #numbers = new Map<string, number>();
  /** Kept as a sum, because every invocation asks. */
  readonly #reserved = new Map<string, number>();
  /** From the id of a URL to its function's key. */
  readonly #urls = new Map<string, string>();
  #quarantinedRows = 0;

  constructor({ store, logger, secrets }: FunctionRepositoryDependencies) {
    this.#store = store;
    this.#logger = logger;
    this.#secrets = secrets;
  }

  get quarantinedRows(): number {
    return this.#quarantinedRows;
  }

  async load(row: FunctionRow): Promise<void> {
    const record = readRow(row, this.#secrets);
    if (typeof record !== 'string') {
      this.#keep(record);
      return;
    }
    const { account, region, name } = row;
    this.#logger.error('function record quarantined', { account, region, name, problem: record });
    await this.#store.write([
      {
        sql: `INSERT INTO function_quarantine
                (account, region, name, row_version, body, checksum, problem)
              SELECT account, region, name, row_version, body, checksum, ? FROM functions
              WHERE account = ? AND region = ? AND name = ?`,
        params: [record, account, region, name],
        expectChanges: 1,
      },
      {
        sql: 'DELETE FROM functions WHERE account = ? AND region = ? AND name = ?',
        params: [account, region, name],
        expectChanges: 1,
      },
    ]);
  }

  async countQuarantined(): Promise<void> {
    const sql = 'SELECT count(*) AS count FROM function_quarantine';
    const [row] = await this.#store.read<{ count: number }>(sql);
    this.#quarantinedRows = row?.count ?? 0;
  }

  async loadNumbers(): Promise<void> {
    const sql = 'SELECT account, region, name, last FROM function_version_numbers';
    for (const row of await this.#store.read<FunctionKey & { last: number }>(sql)) {
      this.#numbers.set(keyOf(row), row.last);
    }
  }

  lastVersion(key: FunctionKey): number {
    return this.find(key)?.lastVersion ?? this.#numbers.get(keyOf(key)) ?? 0;
  }

  find(key: FunctionKey): FunctionRecord | undefined {
    return this.#records.get(keyOf(key));
  }

  list(owner: Omit<FunctionKey, 'name'>): readonly FunctionRecord[] {
    return [...this.#records.values()]
      .filter((each) => each.account === owner.account && each.region === owner.region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  all(): IterableIterator<FunctionRecord> {
    return this.#records.values();
  }

  findByUrl(urlId: string): FunctionRecord | undefined {
    const key = this.#urls.get(urlId);
    return key === undefined ? undefined : this.#records.get(key);
  }

  async insert(record: FunctionRecord): Promise<boolean> {
    const row = rowOf(record, this.#secrets);
    const isWritten = await this.#write({
      sql: `INSERT OR IGNORE INTO functions (account, region, name, row_version, body, checksum)
            VALUES (?, ?, ?, ?, ?, ?)`,
      params: [row.account, row.region, row.name, row.row_version, row.body, row.checksum],
    });
    if (isWritten) this.#keep(record);
    return isWritten;
  }

  async replace(previous: FunctionRecord, next: FunctionRecord): Promise<boolean> {
    if (!this.#isCurrent(previous)) return false;
    const record = { ...next, rowVersion: previous.rowVersion + 1 };
    const row = rowOf(record, this.#secrets);
    const isWritten = await this.#write({
      sql: `UPDATE functions SET row_version = ?, body = ?, checksum = ?
            WHERE account = ? AND region = ? AND name = ? AND row_version = ?`,
      params: [
        row.row_version,
        row.body,
        row.checksum,
        row.account,
        row.region,
        row.name,
        previous.rowVersion,
      ],
    });
    if (isWritten) this.#keep(record);
    return isWritten;
  }

  async remove(record: FunctionRecord): Promise<boolean> {
    if (!this.#isCurrent(record)) return false;
    const { account, region, name, rowVersion, lastVersion } = record;
    const isWritten = await this.#write(
      {
        sql: `DELETE FROM functions
              WHERE account = ? AND region = ? AND name = ? AND row_version = ?`,
        params: [account, region, name, rowVersion],
      },
      ...(lastVersion === undefined
        ? []
        : [
            {
              sql: `INSERT OR REPLACE INTO function_version_numbers (account, region, name, last)
                    VALUES (?, ?, ?, ?)`,
              params: [account, region, name, lastVersion],
            },
          ]),
    );
    if (!isWritten) return false;
    if (lastVersion !== undefined) this.#numbers.set(keyOf(record), lastVersion);
    this.#forget(record);
    return true;
  }

  reservedConcurrency({ account, region }: Omit<FunctionKey, 'name'>): number {
    return this.#reserved.get(`${account}/${region}`) ?? 0;
  }

  refersTo(codeSha256: string): boolean {
    return this.#records
      .values()
      .some((record) =>
        settingsOf(record).some((each) =>
          codesOf(each).some(({ sha256 }) => sha256 === codeSha256),
        ),
      );
  }

  refersToImage(digest: string): boolean {
    return this.#records
      .values()
      .some((record) => settingsOf(record).some(({ image }) => image?.digest === digest));
  }

  #keep(record: FunctionRecord): void {
    this.#forget(record);
    this.#records.set(keyOf(record), record);
    for (const { id } of record.urls ?? []) this.#urls.set(id, keyOf(record));
    this.#reserve(record, claimedConcurrency(record));
  }

  #forget(key: FunctionKey): void {
    for (const { id } of this.find(key)?.urls ?? []) this.#urls.delete(id);
    this.#reserve(key, -claimedConcurrency(this.find(key)));
    this.#records.delete(keyOf(key));
  }

  #reserve({ account, region }: FunctionKey, change: number): void {
    if (change === 0) return;
    const owner = { account, region };
    this.#reserved.set(`${account}/${region}`, this.reservedConcurrency(owner) + change);
  }

  /**
   * Row versions begin again when a name does: a record that was read before its function was
   * deleted and created again could pass for its successor. Revision ids never return.
   */
  #isCurrent(record: FunctionRecord): boolean {
    return this.#records.get(keyOf(record))?.revisionId === record.revisionId;
  }

  /** Whether each of the statements changed its one row; else none did. */
  async #write(...statements: readonly Statement[]): Promise<boolean> {
    try {
      await this.#store.write(statements.map((each) => ({ ...each, expectChanges: 1 })));
      return true;
    } catch (error) {
      if (error instanceof StaleWrite) return false;
      throw error;
    }
  }
}

/** None of the three can hold a slash. */
function keyOf({ account, region, name }: FunctionKey): string {
  return `${account}/${region}/${name}`;
}
