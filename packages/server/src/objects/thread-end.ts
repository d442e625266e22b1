/**
 * The event loop's end of the content thread: which bodies the thread has, and how much of each it
 * still has in memory. The thread starts with `prepare`, or with the first body that needs it. When
 * it breaks, the bodies under way are rejected, and the next one starts another.
 */
import type { Worker } from 'node:worker_threads';
import { releaseBuffer } from '../lib/young-buffers.ts';
import type { DigestName, Digests } from './checksums.ts';
import {
  answersTo,
  type ContentReply,
  type ContentRequest,
  type DiskFailure,
  type StartRequest,
} from './content-message.ts';

/** What this end uses of a worker. */
export type ContentThread = Pick<Worker, 'on' | 'postMessage' | 'terminate' | 'unref'>;

/** How much of one body may wait for the thread: it is never idle, and memory is bounded. */
const MOST_WAITING_BYTES = 1_048_576;
/** How long a thread that is not the first stays without a body. */
const IDLE_MS = 60_000;
/** How often it is asked how far it is: each answer wakes this end. */
const TOLD_EVERY_BYTES = MOST_WAITING_BYTES / 2;

export interface Body {
  /** Which has it. */
  readonly end: ThreadEnd;
  readonly id: number;
  readonly names: readonly DigestName[];
  /** Until it has been sent, with what comes after it. */
  opening: StartRequest | undefined;
  /** Handed over, and the thread is asked to tell when it has dealt with it. */
  waitingBytes: number;
  /** Handed over since then: less than makes another question. */
  newBytes: number;
  /** How much each question that it has not answered yet is about. */
  readonly asked: number[];
  room: PromiseWithResolvers<void> | undefined;
  readonly first: PromiseWithResolvers<Buffer>;
  readonly finished: PromiseWithResolvers<readonly Uint8Array[]>;
  /** Whoever waits for it to be kept, or dropped. */
  ended: PromiseWithResolvers<void> | undefined;
  failure: Error | undefined;
  /** How many answers are still to come. */
  left: number;
}

export class ThreadEnd {
  readonly #startThread: () => ContentThread;
  readonly #bodies = new Map<number, Body>();
  readonly #isExtra: boolean;
  #thread: ContentThread | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isReady = false;
  #isClosed = false;

  /** `isExtra`: of no use while there is little to do; its thread ends then. */
  constructor(startThread: () => ContentThread, isExtra: boolean) {
    this.#startThread = startThread;
    this.#isExtra = isExtra;
  }

  /** Its thread takes requests at once. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** How many bodies it has. */
  get load(): number {
    return this.#bodies.size;
  }

  prepare(): void {
    if (!this.#isClosed) this.#thread ??= this.#start();
  }

  begin(names: readonly DigestName[], file: string | undefined): Body {
    const id = (this.#lastId += 1);
    const opening = { id, kind: 'start', names, file } as const;
    const body: Body = {
      end: this,
      id,
      names,
      opening,
      waitingBytes: 0,
      newBytes: 0,
      asked: [],
      room: undefined,
      first: heard(),
      finished: heard(),
      ended: undefined,
      failure: undefined,
      left: answersTo(opening),
    };
    clearTimeout(this.#idle);
    this.#bodies.set(id, body);
    return body;
  }

  async update(body: Body, chunks: readonly Uint8Array[]): Promise<void> {
    this.#ask(body, chunks);
    if (body.waitingBytes <= MOST_WAITING_BYTES) return;
    body.room = Promise.withResolvers();
    await body.room.promise;
  }

  async finish(body: Body, chunks: readonly Uint8Array[]): Promise<Digests> {
    this.#ask(body, chunks, { id: body.id, kind: 'finish' });
    const digests = await body.finished.promise;
    return new Map(body.names.map((name, at) => [name, Buffer.from(digests[at] ?? [])]));
  }

  /** `chunks`: of a short body, whose only call this is. */
  async keep(body: Body, chunks: readonly Uint8Array[], place: string): Promise<void> {
    const { id, opening } = body;
    body.ended = heard();
    const finish = { id, kind: 'finish' } as const;
    const keep = { id, kind: 'keep', place } as const;
    this.#ask(body, chunks, ...(opening === undefined ? [keep] : [finish, keep]));
    await body.ended.promise;
  }

  async cancel(body: Body): Promise<void> {
    if (!this.#bodies.has(body.id)) return;
    body.ended = heard();
    this.#ask(body, [], { id: body.id, kind: 'cancel' });
    // Where it has failed instead, nothing is left either.
    await Promise.allSettled([body.ended.promise]);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#fail(new ContentThreadBroken());
    await thread?.terminate();
  }

  /** Throws where the body has failed since its last call. */
  #ask(body: Body, chunks: readonly Uint8Array[], ...more: readonly ContentRequest[]): void {
    const { id, opening } = body;
    if (!this.#bodies.has(id) || this.#isClosed) throw body.failure ?? new ContentThreadBroken();
    const requests: ContentRequest[] = opening === undefined ? [] : [opening];
    body.opening = undefined;
    const own = chunks.map(owned);
    if (own.length > 0) {
      requests.push({ id, kind: 'update', chunks: own, tells: this.#isAsked(body, own) });
    }
    this.#thread ??= this.#start();
    this.#thread.postMessage(
      [...requests, ...more],
      own.map(({ buffer }) => buffer),
    );
  }

  /** Whether the thread is to tell when it has dealt with these. */
  #isAsked(body: Body, chunks: readonly Uint8Array[]): boolean {
    for (const { byteLength } of chunks) body.newBytes += byteLength;
    if (body.newBytes < TOLD_EVERY_BYTES) return false;
    body.asked.push(body.newBytes);
    body.waitingBytes += body.newBytes;
    body.newBytes = 0;
    return true;
  }

  #start(): ContentThread {
    const thread = this.#startThread();
    thread.unref();
    thread.on('message', (reply: ContentReply) => this.#take(reply));
    thread.on('error', (cause) => this.#fail(new ContentThreadBroken({ cause })));
    return thread;
  }

  #take(reply: ContentReply): void {
    if (reply.kind === 'ready') {
      this.#isReady = true;
      this.#endIdle();
      return;
    }
    const body = this.#bodies.get(reply.id);
    if (body === undefined) return;
    switch (reply.kind) {
      case 'updated':
        return makeRoom(body);
      case 'named':
        return body.first.resolve(Buffer.from(reply.digest));
      case 'finished':
        this.#answered(body);
        body.first.resolve(Buffer.from(reply.digests[0] ?? []));
        return body.finished.resolve(reply.digests);
      case 'kept':
        this.#answered(body);
        return body.ended?.resolve();
      case 'dropped':
        this.#forget(body);
        return body.ended?.resolve();
      case 'failed':
        this.#forget(body);
        return reject(body, revived(reply.failure));
    }
  }

  /** Its digests may come last, or that it is kept. */
  #answered(body: Body): void {
    body.left -= 1;
    if (body.left === 0) this.#forget(body);
  }

  #forget(body: Body): void {
    this.#bodies.delete(body.id);
    if (this.#bodies.size === 0) this.#endIdle();
  }

  #endIdle(): void {
    if (!this.#isExtra) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      [this.#thread, this.#isReady] = [undefined, false];
      void thread?.terminate();
    }, IDLE_MS).unref();
  }

  #fail(reason: Error): void {
    this.#thread = undefined;
    this.#isReady = false;
    for (const body of this.#bodies.values()) reject(body, reason);
    this.#bodies.clear();
  }
}

function makeRoom(body: Body): void {
  body.waitingBytes -= body.asked.shift() ?? 0;
  if (body.waitingBytes > MOST_WAITING_BYTES) return;
  body.room?.resolve();
  body.room = undefined;
}

/** Whoever waits is told now, and whoever comes next then. */
function reject(body: Body, reason: Error): void {
  body.failure = reason;
  body.room?.reject(reason);
  body.first.reject(reason);
  body.finished.reject(reason);
  body.ended?.reject(reason);
}

/** Its failure is told to whoever waits for it, and is nobody's unhandled rejection. */
function heard<T>(): PromiseWithResolvers<T> {
  const resolvers = Promise.withResolvers<T>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

class ContentThreadBroken extends Error {
  constructor(options: ErrorOptions = {}) {
    super('The thread that takes the bodies of uploads has ended.', options);
  }
  override get name(): string {
    return 'ContentThreadBroken';
  }
}

function revived({ message, code }: DiskFailure): Error {
  return Object.assign(new Error(message), { code });
}

/** All of its memory, which is then transferred; a copy where it shares that with others. */
function owned(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = chunk;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength;
  if (isWhole) return chunk as Uint8Array<ArrayBuffer>;
  // What it was cut from stays behind here.
  releaseBuffer(chunk.byteLength);
  return new Uint8Array(chunk);
}
