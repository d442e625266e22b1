/**
 * The digests of bodies: of a short one here, of a long one in a thread of its own, so that the
 * event loop neither waits for megabytes to be hashed nor does it itself. The thread starts with
 * the first long body. When it breaks, the bodies under way are rejected, and the next one starts
 * another.
 */
import { Worker } from 'node:worker_threads';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import { releaseBuffer } from '../lib/young-buffers.ts';
import { startDigest, type DigestName } from './checksums.ts';
import type { DigestReply, DigestRequest } from './digest-message.ts';

export type Digests = ReadonlyMap<DigestName, Buffer>;

export interface Digester extends Closeable {
  /** Of one body. */
  start(names: readonly DigestName[]): RunningDigests;
}

/** Whoever hands chunks over uses them no more. The calls of one body follow each other. */
export interface RunningDigests {
  /** Resolves when there is room for more. Rejects where the thread broke. */
  update(chunks: readonly Uint8Array[]): Promise<void>;
  /** With the last chunks; nothing follows. */
  finish(chunks: readonly Uint8Array[]): Promise<Digests>;
  /** Instead of `finish`. */
  cancel(): void;
}

/** How much of one body may wait for the thread: it is never idle, and memory is bounded. */
const MOST_WAITING_BYTES = 524_288;

export function createDigester(): Digester {
  const thread = new DigestThread();
  return {
    start(names) {
      let body: Body | undefined;
      return {
        update: (chunks) => thread.update((body ??= thread.begin(names)), chunks),
        finish: async (chunks) =>
          body === undefined ? digestsOf(names, chunks) : await thread.finish(body, chunks),
        cancel: () => {
          if (body !== undefined) thread.cancel(body);
        },
      };
    },
    ...closeable(() => thread.close()),
  };
}

interface Body {
  readonly id: number;
  readonly names: readonly DigestName[];
  readonly finished: PromiseWithResolvers<Digests>;
  waitingBytes: number;
  room: PromiseWithResolvers<void> | undefined;
}

/** This side of the thread: which bodies it has, and how much of each is still to be hashed. */
class DigestThread {
  readonly #bodies = new Map<number, Body>();
  #worker: Worker | undefined;
  #lastId = 0;

  begin(names: readonly DigestName[]): Body {
    const id = (this.#lastId += 1);
    const finished = Promise.withResolvers<Digests>();
    // Awaited at the end only.
    finished.promise.catch(() => {});
    const body = { id, names, finished, waitingBytes: 0, room: undefined };
    this.#bodies.set(id, body);
    this.#ask({ id, kind: 'start', names });
    return body;
  }

  async update(body: Body, chunks: readonly Uint8Array[]): Promise<void> {
    this.#hand(body, chunks);
    if (body.waitingBytes <= MOST_WAITING_BYTES) return;
    body.room = Promise.withResolvers();
    await body.room.promise;
  }

  async finish(body: Body, chunks: readonly Uint8Array[]): Promise<Digests> {
    this.#hand(body, chunks);
    this.#ask({ id: body.id, kind: 'finish' });
    return await body.finished.promise;
  }

  cancel({ id }: Body): void {
    if (this.#bodies.delete(id)) this.#ask({ id, kind: 'cancel' });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail(new DigesterBroken());
    await worker?.terminate();
  }

  /** Throws where the thread has broken since the body began. */
  #hand(body: Body, chunks: readonly Uint8Array[]): void {
    const { id } = body;
    if (!this.#bodies.has(id)) throw new DigesterBroken();
    if (chunks.length === 0) return;
    const own = chunks.map(owned);
    for (const { byteLength } of own) body.waitingBytes += byteLength;
    const memory = own.map(({ buffer }) => buffer);
    this.#ask({ id, kind: 'update', chunks: own }, memory);
  }

  #ask(request: DigestRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, transfer);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./digest-thread.ts', import.meta.url));
    worker.unref();
    worker.on('message', (reply: DigestReply) => this.#take(reply));
    worker.on('error', (cause) => this.#fail(new DigesterBroken({ cause })));
    return worker;
  }

  #take(reply: DigestReply): void {
    const body = this.#bodies.get(reply.id);
    if (body === undefined) return;
    if (reply.kind === 'finished') {
      this.#bodies.delete(body.id);
      const digests = body.names.map(
        (name, at) => [name, Buffer.from(reply.digests[at] ?? [])] as const,
      );
      return body.finished.resolve(new Map(digests));
    }
    body.waitingBytes -= reply.bytes;
    if (body.waitingBytes > MOST_WAITING_BYTES) return;
    body.room?.resolve();
    body.room = undefined;
  }

  #fail(reason: Error): void {
    this.#worker = undefined;
    for (const body of this.#bodies.values()) {
      body.room?.reject(reason);
      body.finished.reject(reason);
    }
    this.#bodies.clear();
  }
}

class DigesterBroken extends Error {
  constructor(options: ErrorOptions = {}) {
    super('The thread that hashes uploads has ended.', options);
  }
  override get name(): string {
    return 'DigesterBroken';
  }
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
