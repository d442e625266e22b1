/**
 * In front of a database: what is appended is durable as soon as one write at the end of a file is,
 * and is in the database a little later, many records at a time. What is appended in one turn of
 * the event loop, or while a write is under way, is one record.
 *
 * A server that starts puts the records into its database that this one has not put there (`replay.ts`).
 */
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { AppendedStatement } from '../store.ts';
import { StoreFailure } from '../store-failure.ts';
import { ByteWriter } from './byte-writer.ts';
import { ALIGNMENT, HEADER_BYTES, type RecordPlace } from './record.ts';
import { Segments, type SegmentsDeps } from './segments.ts';
import { BatchEncoder } from './statement-codec.ts';

export interface Journal extends Closeable {
  /**
   * One batch. Resolves when it is durable; rejects with `StoreFailure`. Batches are in the
   * database in this order.
   */
  append(statements: readonly AppendedStatement[]): Promise<void>;
  /** Resolves when the database has every batch that was durable at the time of the call. */
  settle(): Promise<void>;
  /** Records that were written, each with one sync. */
  readonly records: number;
}

export interface JournalDeps extends Omit<SegmentsDeps, 'onSpareFailure'> {
  readonly logger: Logger;
  /** Puts records into the database, with the place of the last one, all or none. One call at a time. */
  readonly apply: (payloads: readonly Uint8Array[], last: RecordPlace) => Promise<unknown>;
}

/** It goes to the database when it is so much, and so long after it was written at the latest. */
const APPLY_BYTES = 8 * 1_048_576;
const APPLY_AFTER_MS = 100;
/** In one transaction. */
const MOST_APPLIED_BYTES = 4 * 1_048_576;
const RETRY_AFTER_MS = 1_000;
/** Of what the database does not have yet; then appending waits for it. */
const MOST_PENDING_BYTES = 32 * 1_048_576;

interface TakenRound {
  readonly record: Buffer<ArrayBuffer>;
  readonly payloadBytes: number;
  readonly durable: PromiseWithResolvers<void>;
}

interface Pending {
  readonly payload: Uint8Array;
  readonly place: RecordPlace;
}

export function startJournal(deps: JournalDeps): Journal {
  return new WriteAheadJournal(deps);
}

class WriteAheadJournal implements Journal {
  readonly #deps: JournalDeps;
  readonly #segments: Segments;
  readonly #out = new ByteWriter();
  readonly #encoder = new BatchEncoder(this.#out);
  readonly #lifetime: Closeable;
  /** Of those that have appended since the last write began. */
  #round: PromiseWithResolvers<void> | undefined;
  #writing: Promise<void> | undefined;
  /** Of the records, those that the database does not have. */
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #applying: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;
  records = 0;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
    this.#segments = new Segments({
      ...deps,
      onSpareFailure: (error) => deps.logger.warn('no spare for the journal', { error }),
    });
    this.#out.reset(HEADER_BYTES);
    this.#lifetime = closeable(async () => {
      await this.#round?.promise.catch(() => {});
      await this.#writing;
      this.#isClosed = true;
      clearTimeout(this.#timer);
      try {
        await this.settle();
      } catch (error) {
        deps.logger.warn('the next start puts what is in the journal into the database', { error });
      }
      await this.#segments.close();
    });
  }

  close(): Promise<void> {
    return this.#lifetime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  append(statements: readonly AppendedStatement[]): Promise<void> {
    if (this.#round === undefined) {
      this.#round = Promise.withResolvers();
      if (this.#writing === undefined) this.#writeSoon();
    }
    this.#encoder.add(statements);
    return this.#round.promise;
  }

  async settle(): Promise<void> {
    const wanted = this.records;
    while (this.records - this.#pending.length < wanted) await (this.#applying ?? this.#apply());
  }

  /** Behind all sockets that have something to read now, not only behind this one's callbacks. */
  #writeSoon(): void {
    setImmediate(() => {
      this.#writing = this.#write();
    });
  }

  async #write(): Promise<void> {
    try {
      while (this.#pendingBytes > MOST_PENDING_BYTES) await (this.#applying ?? this.#apply());
      await this.#writeRound(this.#take());
    } catch (error) {
      this.#take().durable.reject(asStoreFailure(error));
    }
    this.#writing = undefined;
    if (this.#round !== undefined) this.#writeSoon();
    this.#applySoon();
  }

  async #writeRound({ record, payloadBytes, durable }: TakenRound): Promise<void> {
    try {
      const place = await this.#segments.append(record, payloadBytes);
      this.records += 1;
      const payload = record.subarray(HEADER_BYTES, HEADER_BYTES + payloadBytes);
      this.#pending.push({ payload, place });
      this.#pendingBytes += payloadBytes;
      durable.resolve();
    } catch (error) {
      durable.reject(asStoreFailure(error));
    }
  }

  /** What has been appended up to now. */
  #take(): TakenRound {
    const durable = this.#round ?? Promise.withResolvers<void>();
    const payloadBytes = this.#out.size - HEADER_BYTES;
    const record = this.#out.finish(ALIGNMENT);
    this.#round = undefined;
    this.#out.reset(HEADER_BYTES);
    this.#encoder.reset();
    return { record, payloadBytes, durable };
  }

  #applySoon(): void {
    if (this.#isClosed || this.#pending.length === 0 || this.#applying !== undefined) return;
    if (!this.#isFailing && this.#pendingBytes >= APPLY_BYTES) {
      this.#applyInBackground();
      return;
    }
    const afterMs = this.#isFailing ? RETRY_AFTER_MS : APPLY_AFTER_MS;
    this.#timer ??= setTimeout(() => this.#applyInBackground(), afterMs).unref();
  }

  #applyInBackground(): void {
    // Its failure was told to the log.
    this.#apply().catch(() => {});
  }

  /** The oldest records; called while none are under way. */
  #apply(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#applying = this.#applyOldest().finally(() => {
      this.#applying = undefined;
      this.#applySoon();
    });
    return this.#applying;
  }

  async #applyOldest(): Promise<void> {
    const some = this.#oldest();
    const last = some.at(-1)?.place;
    if (last === undefined) return;
    try {
      await this.#deps.apply(
        some.map(({ payload }) => payload),
        last,
      );
    } catch (error) {
      if (!this.#isFailing) {
        this.#deps.logger.error('the database takes nothing from the journal', { error });
      }
      this.#isFailing = true;
      throw error;
    }
    this.#isFailing = false;
    this.#pending = this.#pending.slice(some.length);
    for (const { payload } of some) this.#pendingBytes -= payload.byteLength;
    this.#segments.release(last);
  }

  #oldest(): readonly Pending[] {
    let bytes = 0;
    const end = this.#pending.findIndex(
      ({ payload }) => (bytes += payload.byteLength) > MOST_APPLIED_BYTES,
    );
    return this.#pending.slice(0, end === -1 ? undefined : Math.max(1, end));
  }
}

/** SQLite's codes for a full disk and for a failed input or output. */
const FULL = 13;
const IO_ERROR = 10;

function asStoreFailure(error: unknown): Error {
  if (error instanceof StoreFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new StoreFailure(isFull ? 'The disk is full.' : message, isFull ? FULL : IO_ERROR);
}
