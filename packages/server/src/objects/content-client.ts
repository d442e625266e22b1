/**
 * The contents of bodies: hashed, and written to files that get a name when their digests are known
 * and right. Threads of their own do it, so that the event loop neither waits for megabytes to be
 * hashed nor hands each call to the disk over; only a short body is hashed here. One thread is there
 * from the start, since most bodies come one at a time; a second starts when the first is found busy, and
 * ends after a minute without work.
 */
import { Worker } from 'node:worker_threads';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import { together } from '../lib/together.ts';
import { startDigest, type DigestName, type Digests } from './checksums.ts';
import { ThreadEnd, type Body, type ContentThread } from './thread-end.ts';

export interface ContentClient extends Closeable {
  /** Starts a thread, so that the first body that needs it need not wait for that. */
  prepare(): void;
  /** One body: only hashed, or also written to `file`, which must be new. */
  start(names: readonly DigestName[], file?: string): RunningContent;
}

/**
 * Whoever hands chunks over uses them no more. The calls of one body follow each other. Each rejects
 * where its thread broke, or the disk refused: then nothing is left.
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

/** As many as can work at once beside the event loop on a small machine. */
const MOST_THREADS = 2;

export function createContentClient(
  startThread: () => ContentThread = () =>
    new Worker(new URL('./content-thread.ts', import.meta.url)),
  mostThreads = MOST_THREADS,
): ContentClient {
  const first = new ThreadEnd(startThread, false);
  const ends = [
    first,
    ...Array.from({ length: mostThreads - 1 }, () => new ThreadEnd(startThread, true)),
  ];
  /** One that still starts is of no use: a body would wait for it longer than behind others. */
  const choose = (): ThreadEnd => {
    const ready = ends.filter((each) => each.isReady);
    const best = ready.reduce((least, each) => (each.load < least.load ? each : least), first);
    if (ready.length > 0 && best.load > 0) ends.find((each) => !each.isReady)?.prepare();
    return best;
  };
  return {
    prepare: () => first.prepare(),
    start(names, file) {
      let body: Body | undefined;
      /** With its first bytes, when it is known who has how much to do. */
      const begin = (hashes: readonly DigestName[]): Body =>
        (body ??= choose().begin(hashes, file));
      /** Of a short body, until it is kept. */
      let short: readonly Uint8Array[] = [];
      let digests: Digests | undefined;
      return {
        update: async (chunks) => {
          const begun = begin(names);
          await begun.end.update(begun, chunks);
        },
        finish: async (chunks) => {
          if (body !== undefined) return await body.end.finish(body, chunks);
          short = chunks;
          digests = digestsOf(names, chunks);
          return digests;
        },
        first: async () => (body === undefined ? firstOf(digests) : await body.first.promise),
        keep: async (place) => {
          const begun = begin([]);
          await begun.end.keep(begun, short, place);
        },
        cancel: async () => {
          await body?.end.cancel(body);
        },
      };
    },
    ...closeable(() => together(...ends.map((end) => end.close()))),
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
