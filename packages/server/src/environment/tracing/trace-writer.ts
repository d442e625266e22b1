/**
 * Brings segments to X-Ray in each function's own name, as AWS's daemon does: in batches, after
 * what they tell of, by its execution role. A role that may not write loses them, as on AWS; the
 * refusal is among the denials, the loss is counted. Bounded: what comes faster than X-Ray takes
 * it is dropped.
 */
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { FunctionVersion } from '../../core/function-version.ts';
import { RoleNotAssumable } from '../../core/invocation.ts';
import type { RoleSessions } from '../../core/role-sessions.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';

export interface TraceWriter extends Closeable {
  /** Takes documents (JSON) that are sent soon. Never throws; of no effect after `close`. */
  write(owner: TraceOwner, documents: readonly string[]): void;
  /** `close` waits for it, because more is written then. It never rejects. */
  expect(work: Promise<void>): void;
  /** Documents that X-Ray did not get. */
  readonly dropped: number;
}

/** Whose segments: all versions of a function that have one role. */
export type TraceOwner = Pick<FunctionVersion, 'account' | 'region' | 'name' | 'role'>;

export interface TraceWriterDeps {
  readonly callAs: CallAs;
  readonly roles: RoleSessions;
  readonly logger: Logger;
}

/** Segments reach X-Ray within about this time. */
const FLUSH_AFTER_MS = 250;
/** AWS's daemon sends so many at once. */
const BATCH = 50;
/** What may wait of one function. */
const PENDING = 1_000;
const PENDING_BYTES = 4 * 1_048_576;

interface Pending {
  readonly owner: TraceOwner;
  readonly documents: string[];
  bytes: number;
}

export function createTraceWriter(deps: TraceWriterDeps): TraceWriter {
  const writer = new Writer(deps);
  return {
    write: (owner, documents) => writer.write(owner, documents),
    expect: (work) => writer.expect(work),
    get dropped() {
      return writer.dropped;
    },
    ...closeable(() => writer.finish()),
  };
}

class Writer {
  readonly #deps: TraceWriterDeps;
  readonly #pending = new Map<string, Pending>();
  readonly #expected = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  dropped = 0;

  constructor(deps: TraceWriterDeps) {
    this.#deps = deps;
  }

  write(owner: TraceOwner, documents: readonly string[]): void {
    const key = `${owner.account}/${owner.region}/${owner.name}/${owner.role}`;
    const pending = this.#pending.get(key) ?? { owner, documents: [], bytes: 0 };
    const bytes = sizeOf(documents);
    const isFull =
      pending.documents.length + documents.length > PENDING ||
      pending.bytes + bytes > PENDING_BYTES;
    if (this.#isClosed || isFull) {
      this.dropped += documents.length;
      return;
    }
    pending.documents.push(...documents);
    pending.bytes += bytes;
    this.#pending.set(key, pending);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  }

  expect(work: Promise<void>): void {
    this.#expected.add(work);
    void work.finally(() => this.#expected.delete(work));
  }

  async finish(): Promise<void> {
    await Promise.all(this.#expected);
    this.#isClosed = true;
    await this.#sending;
    this.#flush();
    await this.#sending;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  /** Functions in turn: one that writes much does not keep the others waiting. */
  async #sendAll(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      await this.#send(next.owner, next.documents);
    }
  }

  #take(): Pick<Pending, 'owner' | 'documents'> | undefined {
    const [first] = this.#pending;
    if (first === undefined) return undefined;
    const [key, pending] = first;
    this.#pending.delete(key);
    const documents = pending.documents.splice(0, BATCH);
    pending.bytes -= sizeOf(documents);
    // To the end of the line.
    if (pending.documents.length > 0) this.#pending.set(key, pending);
    return { owner: pending.owner, documents };
  }

  async #send(owner: TraceOwner, documents: readonly string[]): Promise<void> {
    const { callAs, roles, logger } = this.#deps;
    const { account, region, name, role } = owner;
    try {
      const { principal } = await roles.assume(role, name, 'lambda.amazonaws.com');
      const input = { TraceSegmentDocuments: documents };
      await callAs({ principal, account, region }, 'xray', 'PutTraceSegments', input);
    } catch (error) {
      this.dropped += documents.length;
      const isClients = error instanceof AwsError && error.fault === 'client';
      const isKnown = isClients || error instanceof RoleNotAssumable;
      const fields = { function: name, segments: documents.length, error };
      if (isKnown) logger.debug('segments.lost', fields);
      else logger.error('segments.lost', fields);
    }
  }
}

function sizeOf(documents: readonly string[]): number {
  return documents.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
}
