/**
 * The contents of bodies: hashed, and written to files that get a name when their digests are known
 * and right. A thread of its own does it, so that the event loop neither waits for megabytes to be
 * hashed nor hands each call to the disk over; only a short body is hashed here. The thread starts with
 * `prepare`, or with the first body that needs it. When it breaks, the bodies under way are rejected, and the next one starts
 * another.
 */
import { Worker } from 'node:worker_threads';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import { releaseBuffer } from '../lib/young-buffers.ts';
import { startDigest, type DigestName } from './checksums.ts';
import type { ContentReply, ContentRequest, DiskFailure } from './content-message.ts';

export type Digests = ReadonlyMap<DigestName, Buffer>;

export interface ContentClient extends Closeable {
  /** Starts the thread, so that the first body that needs it need not wait for that. */
  prepare(): void;
  /** One body: only hashed, or also written to `file`, which must be new. */
  start(names: readonly DigestName[], file?: string): RunningContent;
}

/**
 * Whoever hands chunks over uses them no more. The calls of one body follow each other. Each rejects
 * where the thread broke, or the disk refused: then nothing is left.
 */
export interface RunningContent {
  /** Resolves when there is room for more. */
  update(chunks: readonly Uint8Array[]): Promise<void>;
  /** With the last chunks. */
  finish(chunks: readonly Uint8Array[]): Promise<Digests>;
  /** After `finish` was called: the first digest, which may be there before the others. */
  first(): Promise<Buffer>;
  /** With the first digest, of one with a file: resolves when its bytes and its new name are durable. */
  keep(place: string): Promise<void>;
  /** Instead of the rest, or after a rejection: resolves when nothing is left. */
  cancel(): Promise<void>;
}

/** What this end uses of a worker. */
export type ContentThread = Pick<Worker, 'on' | 'postMessage' | 'terminate' | 'unref'>;

export function createContentClient(
  startThread: () => ContentThread = () =>
    new Worker(new URL('./content-thread.ts', import.meta.url)),
): ContentClient {
  const end = new ThreadEnd(startThread);
  return {
    prepare: () => end.prepare(),
    start(names, file) {
      let body: Body | undefined;
      /** Of a short body, until it is kept. */
      let short: readonly Uint8Array[] = [];
      let digests: Digests | undefined;
      return {
        update: (chunks) => end.update((body ??= end.begin(names, file)), chunks),
        finish: async (chunks) => {
          if (body !== undefined) return await end.finish(body, chunks);
          short = chunks;
          digests = digestsOf(names, chunks);
          return digests;
        },
        first: async () => (body === undefined ? firstOf(digests) : await body.first.promise),
        keep: (place) => end.keep((body ??= end.begin([], file)), short, place),
        cancel: async () => {
          if (body !== undefined) await end.cancel(body);
        },
      };
    },
    ...closeable(() => end.close()),
  };
}

/** How much of one body may wait for the thread: it is never idle, and memory is bounded. */
const MOST_WAITING_BYTES = 1_048_576;
/** How often it is asked how far it is: each answer wakes this end. */
const TOLD_EVERY_BYTES = MOST_WAITING_BYTES / 2;

interface Body {
  readonly id: number;
  readonly names: readonly DigestName[];
  readonly hasFile: boolean;
  /** Until it has been sent, with what comes after it. */
  opening: ContentRequest | undefined;
  /** Handed over, and the thread is asked to tell when it has dealt with it. */
  waitingBytes: number;
  /** Handed over since then: less than makes another question. */
  newBytes: number;
  /** How much each question that it has not answered yet is about. */
  readonly asked: number[];
  room: PromiseWithResolvers<void> | undefined;
  readonly first: PromiseWithResolvers<Buffer>;
  /** What it is asked for and has not answered: digests, and then that it is kept or dropped. */
  finished: PromiseWithResolvers<readonly Uint8Array[]> | undefined;
  ended: PromiseWithResolvers<void> | undefined;
  failure: Error | undefined;
  /** All its digests are known; what the thread tells last may be this or that it is kept. */
  isTold: boolean;
  isKept: boolean;
}

/** This end of the thread: which bodies it has, and how much of each it still has in memory. */
class ThreadEnd {
  readonly #startThread: () => ContentThread;
  readonly #bodies = new Map<number, Body>();
  #thread: ContentThread | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(startThread: () => ContentThread) {
    this.#startThread = startThread;
  }

  prepare(): void {
    if (!this.#isClosed) this.#thread ??= this.#start();
  }

  begin(names: readonly DigestName[], file: string | undefined): Body {
    const id = (this.#lastId += 1);
    const body: Body = {
      id,
      names,
      hasFile: file !== undefined,
      opening: { id, kind: 'start', names, file },
      waitingBytes: 0,
      newBytes: 0,
      asked: [],
      room: undefined,
      first: heard(),
      finished: undefined,
      ended: undefined,
      failure: undefined,
      isTold: names.length === 0,
      isKept: false,
    };
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
    this.#refuseEnded(body);
    body.finished = heard();
    this.#ask(body, chunks, { id: body.id, kind: 'finish' });
    const digests = await body.finished.promise;
    return new Map(body.names.map((name, at) => [name, Buffer.from(digests[at] ?? [])]));
  }

  /** `chunks`: of a short body, whose only call this is. */
  async keep(body: Body, chunks: readonly Uint8Array[], place: string): Promise<void> {
    const { id, opening } = body;
    this.#refuseEnded(body);
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
    const thread = this.#thread;
    this.#fail(new ContentThreadBroken());
    await thread?.terminate();
  }

  #refuseEnded(body: Body): void {
    if (!this.#bodies.has(body.id)) throw body.failure ?? new ContentThreadBroken();
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
    const body = this.#bodies.get(reply.id);
    if (body === undefined) return;
    switch (reply.kind) {
      case 'updated':
        return makeRoom(body);
      case 'named':
        return body.first.resolve(Buffer.from(reply.digest));
      case 'finished':
        body.isTold = true;
        if (!body.hasFile || body.isKept) this.#bodies.delete(body.id);
        body.first.resolve(Buffer.from(reply.digests[0] ?? []));
        return body.finished?.resolve(reply.digests);
      case 'kept':
        body.isKept = true;
        if (body.isTold) this.#bodies.delete(body.id);
        return body.ended?.resolve();
      case 'dropped':
        this.#bodies.delete(body.id);
        return body.ended?.resolve();
      case 'failed':
        this.#bodies.delete(body.id);
        return reject(body, revived(reply.failure));
    }
  }

  #fail(reason: Error): void {
    this.#thread = undefined;
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
  body.finished?.reject(reason);
  body.ended?.reject(reason);
}

/** Its failure is told to whoever waits for it, and is nobody's unhandled rejection. */
function heard<T>(): PromiseWithResolvers<T> {
  const resolvers = Promise.withResolvers<T>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

function firstOf(digests: Digests | undefined): Buffer {
  const [first] = digests?.values() ?? [];
  return first ?? Buffer.alloc(0);
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

function digestsOf(names: readonly DigestName[], chunks: readonly Uint8Array[]): Digests {
  return new Map(
    names.map((name) => {
      const digest = startDigest(name);
      for (const chunk of chunks) digest.update(chunk);
      return [name, digest.digest()];
    }),
  );
}
