/**
 * The contents of bodies: hashed, and written to files that get a name when their digests are known
 * and right. A thread of its own does it, so that the event loop neither waits for megabytes to be
 * hashed nor hands each call to the disk over; only a short body is hashed here.
 */
import { Worker } from 'node:worker_threads';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import { startDigest, type DigestName, type Digests } from './checksums.ts';
import { ThreadEnd, type Body, type ContentThread } from './thread-end.ts';

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

function firstOf(digests: Digests | undefined): Buffer {
  const [first] = digests?.values() ?? [];
  return first ?? Buffer.alloc(0);
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
