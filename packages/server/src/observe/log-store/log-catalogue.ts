/**
 * The names and settings of log groups and streams: in the SQL store, and in memory so that
 * neither an append nor a search asks the database. Groups are loaded at the start, the streams
 * of a group with its first use. Memory changes after the write was durable.
 */
import type { Clock } from '../../lib/clock.ts';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import type { Store } from '../../store/store.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import { LogGroupExists, LogGroupMissing, LogStreamExists } from './log-store-errors.ts';
import type { LogGroup, LogGroupKey, LogOwner, LogTags } from './log-store.ts';
import { logMigrations } from './log-migrations.ts';

export interface GroupRow extends LogGroup {
  readonly id: number;
  readonly key: LogGroupKey;
}

export type GroupChange = Partial<Pick<LogGroup, 'retentionDays' | 'tags'>>;

export interface StreamRow {
  readonly id: number;
  readonly name: string;
  readonly createdAtMs: number;
}

export interface LogCatalogueDeps {
  readonly store: Store;
  readonly clock: Clock;
}

export async function openLogCatalogue(deps: LogCatalogueDeps): Promise<LogCatalogue> {
  await deps.store.migrate('log-store', logMigrations);
  const rows = await deps.store.read<SqlGroup>('SELECT * FROM log_groups');
  return new LogCatalogue(deps, rows.map(groupFrom));
}

export class LogCatalogue {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #groups = new Map<string, GroupRow>();
  /** By the group's number. */
  readonly #streams = new Map<number, Promise<Map<string, StreamRow>>>();
  /** By name, one after the other: who is told that it exists is to find it. */
  readonly #creating = new KeyedLock();
  #lastChange: Promise<void> = Promise.resolve();

  constructor({ store, clock }: LogCatalogueDeps, groups: readonly GroupRow[]) {
    this.#store = store;
    this.#clock = clock;
    for (const group of groups) this.#groups.set(nameOf(group.key), group);
  }

  get groups(): readonly GroupRow[] {
    return [...this.#groups.values()];
  }

  listGroups(owner: LogOwner): readonly GroupRow[] {
    return this.groups
      .filter(({ key }) => key.account === owner.account && key.region === owner.region)
      .sort(byName);
  }

  find(key: LogGroupKey): GroupRow | undefined {
    return this.#groups.get(nameOf(key));
  }

  get(key: LogGroupKey): GroupRow {
    const group = this.find(key);
    if (group === undefined) throw new LogGroupMissing(key.group);
    return group;
  }

  createGroup(key: LogGroupKey, tags: LogTags): Promise<void> {
    return this.#creating.run(nameOf(key), () => this.#createGroup(key, tags));
  }

  async #createGroup(key: LogGroupKey, tags: LogTags): Promise<void> {
    if (this.find(key) !== undefined) throw new LogGroupExists(key.group);
    const { account, region, group } = key;
    await this.#insert(
      `INSERT INTO log_groups (account, region, name, created_at_ms, tags) VALUES (?, ?, ?, ?, ?)`,
      [account, region, group, this.#clock.nowMs(), JSON.stringify(tags)],
      () => new LogGroupExists(group),
    );
    const [row] = await this.#store.read<SqlGroup>(
      'SELECT * FROM log_groups WHERE account = ? AND region = ? AND name = ?',
      [account, region, group],
    );
    if (row !== undefined) this.#groups.set(nameOf(key), groupFrom(row));
  }

  async deleteGroup(key: LogGroupKey): Promise<GroupRow> {
    const group = this.get(key);
    const [deleted] = await this.#store.write([
      { sql: 'DELETE FROM log_groups WHERE id = ?', params: [group.id] },
    ]);
    if (deleted?.changes !== 1) throw new LogGroupMissing(key.group);
    this.#groups.delete(nameOf(key));
    this.#streams.delete(group.id);
    return group;
  }

  /** One after the other: each change sees what the one before it wrote. */
  changeGroup(key: LogGroupKey, change: (group: GroupRow) => GroupChange): Promise<void> {
    const apply = (): Promise<void> => this.#applyChange(key, change);
    const applied = this.#lastChange.then(apply, apply);
    this.#lastChange = applied;
    return applied;
  }

  async #applyChange(key: LogGroupKey, change: (group: GroupRow) => GroupChange): Promise<void> {
    const group = this.get(key);
    const changed = { ...group, ...change(group) };
    await this.#store.write([
      {
        sql: 'UPDATE log_groups SET retention_days = ?, tags = ? WHERE id = ?',
        params: [changed.retentionDays ?? null, JSON.stringify(changed.tags), changed.id],
      },
    ]);
    // Deleted meanwhile: it must not come back.
    if (this.find(key)?.id === changed.id) this.#groups.set(nameOf(key), changed);
  }

  /** By name. The map is the catalogue's own: it changes when streams do. */
  streams(group: GroupRow): Promise<ReadonlyMap<string, StreamRow>> {
    return this.#streamsOf(group);
  }

  createStream(key: LogGroupKey, name: string): Promise<void> {
    // A colon: no name of a stream has one.
    return this.#creating.run(`${nameOf(key)}:${name}`, () => this.#createStream(key, name));
  }

  async #createStream(key: LogGroupKey, name: string): Promise<void> {
    const group = this.get(key);
    const streams = await this.#streamsOf(group);
    if (streams.has(name)) throw new LogStreamExists(name);
    await this.#insert(
      'INSERT INTO log_streams (group_id, name, created_at_ms) VALUES (?, ?, ?)',
      [group.id, name, this.#clock.nowMs()],
      (error) => (error.isDuplicate ? new LogStreamExists(name) : new LogGroupMissing(key.group)),
    );
    const [row] = await this.#store.read<SqlStream>(
      'SELECT id, name, created_at_ms FROM log_streams WHERE group_id = ? AND name = ?',
      [group.id, name],
    );
    if (row !== undefined) streams.set(name, streamFrom(row));
  }

  async deleteStream(key: LogGroupKey, name: string): Promise<boolean> {
    const group = this.get(key);
    const streams = await this.#streamsOf(group);
    const [deleted] = await this.#store.write([
      { sql: 'DELETE FROM log_streams WHERE group_id = ? AND name = ?', params: [group.id, name] },
    ]);
    streams.delete(name);
    return deleted?.changes === 1;
  }

  #streamsOf(group: GroupRow): Promise<Map<string, StreamRow>> {
    const known = this.#streams.get(group.id);
    if (known !== undefined) return known;
    const loading = this.#loadStreams(group.id);
    this.#streams.set(group.id, loading);
    loading.catch(() => this.#streams.delete(group.id));
    return loading;
  }

  async #loadStreams(groupId: number): Promise<Map<string, StreamRow>> {
    const rows = await this.#store.read<SqlStream>(
      'SELECT id, name, created_at_ms FROM log_streams WHERE group_id = ?',
      [groupId],
    );
    return new Map(rows.map((row) => [row.name, streamFrom(row)]));
  }

  async #insert(
    sql: string,
    params: readonly (string | number)[],
    refusal: (error: StoreFailure) => Error,
  ): Promise<void> {
    try {
      await this.#store.write([{ sql, params }]);
    } catch (error) {
      // Somebody else was first, or the group went: constraints, never other failures.
      if (error instanceof StoreFailure && (error.isDuplicate || error.isOrphan)) {
        throw refusal(error);
      }
      throw error;
    }
  }
}

interface SqlGroup {
  readonly id: number;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly created_at_ms: number;
  readonly retention_days: number | null;
  readonly tags: string;
}

interface SqlStream {
  readonly id: number;
  readonly name: string;
  readonly created_at_ms: number;
}

function groupFrom(row: SqlGroup): GroupRow {
  return {
    id: row.id,
    key: { account: row.account, region: row.region, group: row.name },
    name: row.name,
    createdAtMs: row.created_at_ms,
    retentionDays: row.retention_days ?? undefined,
    tags: JSON.parse(row.tags) as Record<string, string>,
  };
}

function streamFrom(row: SqlStream): StreamRow {
  return { id: row.id, name: row.name, createdAtMs: row.created_at_ms };
}

function nameOf({ account, region, group }: LogGroupKey): string {
  return `${account}/${region}/${group}`;
}

/** Code units, as AWS sorts: not the order of any language. */
function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
