/**
 * The port of the SQL store. One implementation runs SQLite in its own threads; nothing here
 * assumes that there is only one process. Each room owns its own tables and migrations.
 */
import type { Closeable } from '../lib/lifetime.ts';
import type { CHECKSUM } from './row-checksum.ts';

export type SqlValue = string | number | bigint | Uint8Array | null;

export interface Statement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
  /** In place of `params`: it runs once with each of these, in order. */
  readonly rows?: readonly (readonly SqlValue[])[];
  /** Rows that each run must change; another count rolls the whole batch back (`StaleWrite`). */
  readonly expectChanges?: number;
}

/** Nobody is told of changes, and checksums of rows are computed on their way to the database. */
export interface AppendedStatement {
  readonly sql: string;
  readonly params?: readonly AppendedValue[];
  /** In place of `params`, as of a `Statement`. */
  readonly rows?: readonly (readonly AppendedValue[])[];
  readonly expectChanges?: never;
}

export type AppendedValue = SqlValue | typeof CHECKSUM;

export interface Migration {
  /** 1, 2, 3, ... within the room; applied once, in order. */
  readonly id: number;
  readonly sql: string;
}

export interface Store extends Closeable {
  /**
   * Runs the statements as one atomic transaction and resolves after it is durable (fdatasync).
   * Writes of concurrent callers are committed together; they are applied in call order. Bytes
   * among the values must not change before that.
   */
  write(statements: readonly Statement[]): Promise<readonly { readonly changes: number }[]>;
  /**
   * As `write`, for statements that expect no counts and that nothing can be wrong with: where the
   * store has a journal, they are durable there, the next `read` or `write` sees them, and what
   * SQLite then refuses is told to the log alone.
   */
  append(statements: readonly AppendedStatement[]): Promise<void>;
  /** Reads the last durable state, including every write that has resolved. */
  read<Row extends object>(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Records of the journal that were not what had been written, when it was opened. */
  readonly damaged: number;
  /** Since it was opened. */
  readonly counts: StoreCounts;
  /** Brings one room's tables to the newest form. Called once by each room when it opens. */
  migrate(room: string, migrations: readonly Migration[]): Promise<void>;
}

export interface StoreCounts {
  /** Calls of `write` and `append`. */
  readonly writes: number;
  /** Groups that were made durable together, in the journal and in the database. */
  readonly commits: number;
}

/** A write whose `expectChanges` did not hold: somebody else changed the row first. */
export class StaleWrite extends Error {
  override get name(): string {
    return 'StaleWrite';
  }
}
