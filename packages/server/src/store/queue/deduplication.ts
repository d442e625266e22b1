/**
 * Keys of entries that were sent a short while ago. A key is taken before its entry is durable, so
 * that a duplicate at the same moment waits for the first and shares its fate.
 */
import type { AppendedStatement } from '../store.ts';
import type { SentEntry } from './durable-queue.ts';

export interface KnownKey {
  readonly id: string;
  readonly sequence: number;
  readonly untilMs: number;
  /** Of the write under way; undefined once it is durable. */
  readonly writing: Promise<unknown> | undefined;
}

export interface KeyRow {
  readonly queue: string;
  readonly key: string;
  readonly id: string;
  readonly sequence: number;
  readonly until: number;
}

export class Deduplication {
  readonly #queues = new Map<string, Map<string, KnownKey>>();

  load({ queue, key, id, sequence, until }: KeyRow): void {
    this.set(queue, key, { id, sequence, untilMs: until, writing: undefined });
  }

  find(queue: string, key: string, nowMs: number): KnownKey | undefined {
    const known = this.#queues.get(queue)?.get(key);
    return known !== undefined && known.untilMs > nowMs ? known : undefined;
  }

  set(queue: string, key: string, known: KnownKey): void {
    let keys = this.#queues.get(queue);
    if (keys === undefined) {
      keys = new Map();
      this.#queues.set(queue, keys);
    }
    // The map's order is that of the ends, since a queue's window is always as long.
    keys.delete(key);
    keys.set(key, known);
  }

  /** The entry did not become durable. */
  forget(queue: string, key: string, sequence: number): void {
    const keys = this.#queues.get(queue);
    if (keys?.get(key)?.sequence === sequence) keys.delete(key);
  }

  drop(queue: string): void {
    this.#queues.delete(queue);
  }

  /** Forgets the keys whose window is over; the statements that do so on disk. */
  expire(queue: string, nowMs: number): readonly AppendedStatement[] {
    const keys = this.#queues.get(queue);
    const sql = 'DELETE FROM queue_deduplication WHERE queue = ? AND key = ?';
    const statements: AppendedStatement[] = [];
    for (const [key, { untilMs }] of keys ?? []) {
      if (untilMs > nowMs) break;
      keys?.delete(key);
      statements.push({ sql, params: [queue, key] });
    }
    if (keys?.size === 0) this.#queues.delete(queue);
    return statements;
  }
}

export function keyStatement(
  queue: string,
  key: string,
  { id, sequence }: SentEntry,
  untilMs: number,
): AppendedStatement {
  return {
    sql: `INSERT OR REPLACE INTO queue_deduplication (queue, key, id, sequence, until)
          VALUES (?, ?, ?, ?, ?)`,
    params: [queue, key, id, sequence, untilMs],
  };
}
