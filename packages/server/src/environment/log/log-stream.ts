/**
 * One log stream being written: collects lines, sends them in batches, one batch at a time and in
 * order. Bounded in memory: what does not fit while a batch is under way is dropped and counted.
 * Mirrors the rules of PutLogEvents (batch size, count, order of time).
 */
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Logger } from '../../lib/logger.ts';
import type { LogTarget } from './log-shipper.ts';

interface PendingEvent {
  readonly event: { readonly timestamp: number; readonly message: string };
  readonly sizeBytes: number;
}

export interface LogStreamListener {
  dropped(lines: number): void;
  ended(): void;
}

/** Lines reach the log within about this time. */
const FLUSH_AFTER_MS = 200;
/** A batch goes at once when it holds this much. */
const FLUSH_AT_BYTES = 262_144;
/** PutLogEvents: at most this much and this many, each event counting 26 bytes more. */
const BATCH_BYTES = 1_000_000;
const BATCH_EVENTS = 10_000;
const EVENT_OVERHEAD_BYTES = 26;
/** What may wait for a slow log service, for one environment. */
const PENDING_BYTES = 4 * 1_048_576;

export class LogStream {
  readonly #deps: { readonly callAs: CallAs; readonly logger: Logger };
  readonly #target: LogTarget;
  readonly #listener: LogStreamListener;
  #pending: PendingEvent[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isMade = false;
  #hasToldLoss = false;
  #lastTimestamp = 0;
  #ending: Promise<void> | undefined;

  constructor(
    deps: { readonly callAs: CallAs; readonly logger: Logger },
    target: LogTarget,
    listener: LogStreamListener,
  ) {
    this.#deps = deps;
    this.#target = target;
    this.#listener = listener;
  }

  append(atMs: number, message: string): void {
    const sizeBytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (this.#ending !== undefined || this.#pendingBytes + sizeBytes > PENDING_BYTES) {
      this.#listener.dropped(1);
      return;
    }
    // A batch must be in order of time, and the wall clock may step back.
    this.#lastTimestamp = Math.max(this.#lastTimestamp, Math.floor(atMs));
    this.#pending.push({ event: { timestamp: this.#lastTimestamp, message }, sizeBytes });
    this.#pendingBytes += sizeBytes;
    if (this.#pendingBytes >= FLUSH_AT_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  }

  /** Sends what is left; idempotent and shared. Later lines are dropped. */
  end(): Promise<void> {
    return (this.#ending ??= this.#finish());
  }

  async #finish(): Promise<void> {
    this.#flush();
    await this.#sending;
    this.#listener.ended();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#send(batch);
      } catch (error) {
        this.#lose(batch.length, error);
      }
    }
  }

  #takeBatch(): readonly PendingEvent[] {
    let batchBytes = 0;
    let count = 0;
    for (const { sizeBytes } of this.#pending) {
      if (count > 0 && (batchBytes + sizeBytes > BATCH_BYTES || count === BATCH_EVENTS)) break;
      batchBytes += sizeBytes;
      count += 1;
    }
    this.#pendingBytes -= batchBytes;
    return this.#pending.splice(0, count);
  }

  async #send(batch: readonly PendingEvent[]): Promise<void> {
    if (!this.#isMade) await this.#make();
    try {
      await this.#put(batch);
    } catch (error) {
      // Somebody deleted the group or the stream meanwhile: make them again, once.
      if (!isNamed(error, 'ResourceNotFoundException')) throw error;
      await this.#make();
      await this.#put(batch);
    }
  }

  async #put(batch: readonly PendingEvent[]): Promise<void> {
    const { group, stream } = this.#target;
    await this.#call('PutLogEvents', {
      logGroupName: group,
      logStreamName: stream,
      logEvents: batch.map(({ event }) => event),
    });
  }

  async #make(): Promise<void> {
    const names = { logGroupName: this.#target.group, logStreamName: this.#target.stream };
    try {
      await this.#call('CreateLogStream', names);
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) {
        await this.#callUnlessExisting('CreateLogGroup', { logGroupName: names.logGroupName });
        await this.#callUnlessExisting('CreateLogStream', names);
      } else if (!isNamed(error, 'ResourceAlreadyExistsException')) {
        throw error;
      }
    }
    this.#isMade = true;
  }

  async #callUnlessExisting(operation: string, input: object): Promise<void> {
    try {
      await this.#call(operation, input);
    } catch (error) {
      // Another environment of the same function was first.
      if (!isNamed(error, 'ResourceAlreadyExistsException')) throw error;
    }
  }

  #call(operation: string, input: object): Promise<object> {
    const { principal, account, region } = this.#target;
    return this.#deps.callAs({ principal, account, region }, 'logs', operation, input);
  }

  #lose(lines: number, error: unknown): void {
    this.#listener.dropped(lines);
    if (this.#hasToldLoss) return;
    this.#hasToldLoss = true;
    const { group, stream } = this.#target;
    const fields = { group, stream, lines };
    if (error instanceof AwsError && error.fault === 'client') {
      // Most often a role that may not write logs: the sentence says it all, and where it was
      // thrown nobody needs.
      this.#deps.logger.info('function-log.lost', { ...fields, reason: error.message });
    } else {
      this.#deps.logger.error('function-log.lost', { ...fields, error });
    }
  }
}

function isNamed(error: unknown, code: string): boolean {
  return error instanceof AwsError && error.code === code;
}
