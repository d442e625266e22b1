/**
 * The content thread's side: several bodies in turns. Bytes are written as they come, and hashed
 * when nothing more has come meanwhile: the disk works at the one while this thread does the other.
 * Of a body that is not long the digest that it is named by is told first, so that its name is on
 * its way to the disk while the others are made.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { BodyDigests } from './body-digests.ts';
import type { ContentDisk } from './content-disk.ts';
import {
  answersTo,
  type BodyReply,
  type ContentReply,
  type ContentRequest,
  type StartRequest,
} from './content-message.ts';
import { createFolderSyncs } from './folder-syncs.ts';
import { NewFile, type NewFileDeps } from './new-file.ts';

type UpdateRequest = Extract<ContentRequest, { kind: 'update' }>;

interface Body {
  readonly digests: BodyDigests;
  file: NewFile | undefined;
  /** How many answers are still to be given. */
  left: number;
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
  port.postMessage({ kind: 'ready' } satisfies ContentReply);
}

interface ContentServerDeps {
  readonly files: NewFileDeps;
  readonly reply: (message: BodyReply) => void;
  /** Takes what has come meanwhile. */
  readonly takeMore: () => void;
}

class ContentServer {
  readonly #deps: ContentServerDeps;
  readonly #bodies = new Map<number, Body>();
  readonly #turns = createTurns();

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

  #start(request: StartRequest): void {
    const { id, names, file } = request;
    const digests = new BodyDigests(names, file !== undefined);
    const body: Body = { digests, file: undefined, left: answersTo(request) };
    this.#bodies.set(id, body);
    if (file === undefined) return;
    try {
      body.file = new NewFile(file, this.#deps.files);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #update({ file, digests }: Body, { id, chunks, tells }: UpdateRequest): void {
    file?.write(chunks);
    const hash = (): void => {
      digests.update(chunks, this.#deps.takeMore);
      if (digests.owes) this.#turns.whileIdle(digests);
      if (!tells) return;
      const room = file?.room() ?? Promise.resolve();
      room.then(
        () => this.#deps.reply({ id, kind: 'updated' }),
        (error: unknown) => this.#fail(id, error),
      );
    };
    if (digests.count === 0) hash();
    else this.#turns.add(hash);
  }

  #finish(id: number, { file, digests }: Body): void {
    file?.finish();
    if (digests.count === 0) return;
    this.#turns.add(() => {
      // It may have failed meanwhile, or been given up.
      if (!this.#bodies.has(id)) return;
      if (!digests.owes) return this.#tellDigests(id);
      this.#deps.reply({ id, kind: 'named', digest: digests.first() });
      this.#turns.add(() => {
        digests.catchUp(this.#deps.takeMore);
        this.#tellDigests(id);
      });
    });
  }

  #tellDigests(id: number): void {
    const body = this.#bodies.get(id);
    if (body === undefined) return;
    this.#answer(body, { id, kind: 'finished', digests: body.digests.all() });
  }

  #keep(id: number, body: Body, place: string): void {
    const { file } = body;
    invariant(file !== undefined, 'a body that is kept has a file');
    file.keep(place).then(
      () => this.#answer(body, { id, kind: 'kept' }),
      (error: unknown) => this.#fail(id, error),
    );
  }

  /** Its digests may be told last, or that it is kept. */
  #answer(body: Body, answer: BodyReply): void {
    body.left -= 1;
    if (body.left === 0) this.#bodies.delete(answer.id);
    this.#deps.reply(answer);
  }

  #fail(id: number, error: unknown): void {
    const body = this.#bodies.get(id);
    if (body === undefined) return;
    const { message, code } = error as NodeJS.ErrnoException;
    this.#end(body, { id, kind: 'failed', failure: { message, code } });
  }

  /** Told when nothing is left of it. */
  #end({ file }: Body, last: BodyReply): void {
    this.#bodies.delete(last.id);
    const told = (): void => this.#deps.reply(last);
    // What cannot be removed is removed by the next start.
    (file?.drop() ?? Promise.resolve()).then(told, told);
  }
}

interface Turns {
  add(work: () => void): void;
  /** While nothing else waits, until it has caught up. */
  whileIdle(behind: Pick<BodyDigests, 'catchUpOne'>): void;
}

/** One piece of work after another; between two of them, what has come is taken. */
function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  const allBehind = new Set<Pick<BodyDigests, 'catchUpOne'>>();
  let isDue = false;
  const soon = (): void => {
    if (isDue || waiting.length + allBehind.size === 0) return;
    isDue = true;
    setImmediate(next);
  };
  const next = (): void => {
    isDue = false;
    const work = waiting.shift();
    const [behind] = allBehind;
    if (work !== undefined) work();
    else if (behind?.catchUpOne() === false) allBehind.delete(behind);
    soon();
  };
  return {
    add: (work) => {
      waiting.push(work);
      soon();
    },
    whileIdle: (behind) => {
      allBehind.add(behind);
      soon();
    },
  };
}
