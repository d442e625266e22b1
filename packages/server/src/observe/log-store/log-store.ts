/**
 * The port of the log store: groups, streams and events as CloudWatch Logs knows them. Names and
 * settings are in the SQL store, events in append-only segment files beside it.
 */
import type { Closeable } from '../../lib/lifetime.ts';

export interface LogOwner {
  readonly account: string;
  readonly region: string;
}

export interface LogGroupKey extends LogOwner {
  readonly group: string;
}

export interface LogStreamKey extends LogGroupKey {
  readonly stream: string;
}

export type LogTags = Readonly<Record<string, string>>;

export interface LogGroup {
  readonly name: string;
  readonly createdAtMs: number;
  /** Absent: events never expire. */
  readonly retentionDays: number | undefined;
  readonly tags: LogTags;
}

export interface LogStream {
  readonly name: string;
  readonly createdAtMs: number;
  /** Absent while the stream has no events. */
  readonly extent?: LogExtent;
}

export interface LogExtent {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly ingestedAtMs: number;
  readonly events: number;
  readonly bytes: number;
}

export interface NewLogEvent {
  readonly timestampMs: number;
  readonly message: string;
}

/** Where an event stands in its group: by timestamp, then in the order of ingestion. */
export interface LogPosition {
  readonly timestampMs: number;
  readonly place: number;
}

export interface LogEvent extends LogPosition {
  readonly stream: string;
  readonly ingestedAtMs: number;
  readonly message: string;
}

export interface LogQuery {
  readonly order: 'oldest-first' | 'newest-first';
  /** All streams of the group where neither is given. */
  readonly streams?: readonly string[];
  readonly streamPrefix?: string;
  /** Both inclusive. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Continues behind this position, in the query's order. */
  readonly after?: LogPosition;
  /** CloudWatch's filter pattern. */
  readonly pattern?: string;
  readonly mostEvents: number;
}

export interface LogPage {
  /** In the query's order. May be empty although there is a `next`. */
  readonly events: readonly LogEvent[];
  /** Present when there may be more. */
  readonly next?: LogPosition;
}

/**
 * Methods on a group or stream that does not exist reject with `LogGroupMissing` or
 * `LogStreamMissing`. After `close` all reject.
 */
export interface LogStore extends Closeable {
  /** Rejects with `LogGroupExists`. */
  createGroup(key: LogGroupKey, tags: LogTags): Promise<void>;
  /** With its streams and events. */
  deleteGroup(key: LogGroupKey): Promise<void>;
  findGroup(key: LogGroupKey): LogGroup | undefined;
  /** Sorted by name. */
  listGroups(owner: LogOwner): readonly LogGroup[];
  storedBytes(key: LogGroupKey): Promise<number>;
  setRetention(key: LogGroupKey, days: number | undefined): Promise<void>;
  /** Changes of concurrent callers are applied one after the other. */
  changeTags(key: LogGroupKey, change: (tags: LogTags) => LogTags): Promise<void>;
  /** Rejects with `LogStreamExists`. */
  createStream(key: LogStreamKey): Promise<void>;
  deleteStream(key: LogStreamKey): Promise<void>;
  /** Sorted by name. */
  listStreams(key: LogGroupKey): Promise<readonly LogStream[]>;
  /**
   * Resolves when the events are durable; calls under way at the same time share one fdatasync.
   * Called by every flush of every execution environment: it writes nothing to the SQL store.
   */
  append(key: LogStreamKey, events: readonly NewLogEvent[]): Promise<void>;
  /** Runs in a thread of its own. Rejects with `InvalidFilterPattern`, `LogSearchTooLong`. */
  query(key: LogGroupKey, query: LogQuery): Promise<LogPage>;
  /** Removes the segments that hold nothing but expired events. Called by the store's own timer. */
  sweep(): Promise<void>;
  /** Records whose checksum did not fit, since the start. */
  readonly damagedRecords: number;
}
