/**
 * The content thread's side: several bodies in turns. Bytes are written as they come, and hashed
 * when nothing more has come meanwhile: the disk works at the one while this thread does the other.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { releaseBuffer } from '../lib/young-buffers.ts';
import { startDigest, type RunningDigest } from './checksums.ts';
import type { ContentDisk } from './content-disk.ts';
import type { ContentReply, ContentRequest } from './content-message.ts';
import { createFolderSyncs } from './folder-syncs.ts';
import { NewFile, type NewFileDeps } from './new-file.ts';

type UpdateRequest = Extract<ContentRequest, { kind: 'update' }>;

interface Body {
  readonly digests: readonly RunningDigest[];
  readonly file: NewFile | undefined;
}

export function serveContents(port: MessagePort, disk: ContentDisk): void {
  const take = (requests: readonly ContentRequest[]): void => {
    for (const request of requests) server.take(request);
  };
  const takeMore = (): void => {
    for (;;) {
      const more = receiveMessageOnPort(port);
      if (more === undefined) return;
      take(more.message as readonly ContentRequest[]);
    }
  };
  const server = new ContentServer({
    files: { disk, folders: createFolderSyncs((folder) => disk.syncFolder(folder)) },
    reply: (message) => port.postMessage(message),
    takeMore,
  });
  port.on('message', take);
}

interface ContentServerDeps {
  readonly files: NewFileDeps;
  readonly reply: (message: ContentReply) => void;
  /** Takes what has come meanwhile. */
  readonly takeMore: () => void;
}

class ContentServer {
  readonly #deps: ContentServerDeps;
  readonly #bodies = new Map<number, Body>();
  readonly #hashLater = createTurns();

  constructor(deps: ContentServerDeps) {
    this.#deps = deps;
  }

  take(request: ContentRequest): void {
    const { id } = request;
    if (request.kind === 'start') return this.#start(request);
    const body = this.#bodies.get(id);
    // It has failed, and this was on its way.
    if (body === undefined) return;
    try {
      switch (request.kind) {
        case 'update':
          return this.#update(body, request);
        case 'finish':
          return this.#finish(id, body);
        case 'keep':
          return this.#keep(id, body, request.place);
        case 'cancel':
          return this.#end(body, { id, kind: 'dropped' });
      }
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #start({ id, names, file }: Extract<ContentRequest, { kind: 'start' }>): void {
    const digests = names.map(startDigest);
    this.#bodies.set(id, { digests, file: undefined });
    if (file === undefined) return;
    try {
      this.#bodies.set(id, { digests, file: new NewFile(file, this.#deps.files) });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #update({ file, digests }: Body, { id, chunks, tells }: UpdateRequest): void {
    file?.write(chunks);
    const hash = (): void => {
      releaseBuffer(this.#digest(digests, chunks));
      if (!tells) return;
      const room = file?.room() ?? Promise.resolve();
      room.then(
        () => this.#deps.reply({ id, kind: 'updated' }),
        (error: unknown) => this.#fail(id, error),
      );
    };
    if (digests.length === 0) hash();
    else this.#hashLater(hash);
  }

  /** Answers how many bytes these are. */
  #digest(digests: readonly RunningDigest[], chunks: readonly Uint8Array[]): number {
    let bytes = 0;
    for (const chunk of chunks) {
      for (const digest of digests) digest.update(chunk);
      bytes += chunk.byteLength;
      // What is to be written does not wait for the rest of these.
      this.#deps.takeMore();
    }
    return bytes;
  }

  #finish(id: number, { file, digests }: Body): void {
    file?.finish();
    if (digests.length === 0) return;
    this.#hashLater(() => {
      // It may have failed meanwhile, or been given up.
      if (!this.#bodies.has(id)) return;
      if (file === undefined) this.#bodies.delete(id);
      const values = digests.map((each) => new Uint8Array(each.digest()));
      this.#deps.reply({ id, kind: 'finished', digests: values });
    });
  }

  #keep(id: number, { file }: Body, place: string): void {
    invariant(file !== undefined, 'a body that is kept has a file');
    file.keep(place).then(
      () => {
        this.#bodies.delete(id);
        this.#deps.reply({ id, kind: 'kept' });
      },
      (error: unknown) => this.#fail(id, error),
    );
  }

  #fail(id: number, error: unknown): void {
    const body = this.#bodies.get(id);
    if (body === undefined) return;
    const { message, code } = error as NodeJS.ErrnoException;
    this.#end(body, { id, kind: 'failed', failure: { message, code } });
  }

  /** Told when nothing is left of it. */
  #end({ file }: Body, last: ContentReply): void {
    this.#bodies.delete(last.id);
    const told = (): void => this.#deps.reply(last);
    // What cannot be removed is removed by the next start.
    (file?.drop() ?? Promise.resolve()).then(told, told);
  }
}

/** One piece of work after another; between two of them, what has come is taken. */
function createTurns(): (work: () => void) => void {
  const waiting: (() => void)[] = [];
  const next = (): void => {
    waiting[0]?.();
    waiting.shift();
    if (waiting.length > 0) setImmediate(next);
  };
  return (work) => {
    waiting.push(work);
    if (waiting.length === 1) setImmediate(next);
  };
}
