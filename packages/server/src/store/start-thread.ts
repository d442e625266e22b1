/**
 * The main thread's end of one store thread: requests out, promises back. Requests are handled in
 * the order of `ask`. When the thread dies, everything under way and later is rejected with why.
 */
import { Worker } from 'node:worker_threads';
import { describeFailure, reviveFailure } from './describe-failure.ts';
import { packRequests } from './packed-bytes.ts';
import { OPENED, type ThreadReply, type ThreadRequest } from './thread-message.ts';

/** A request without its number, each kind on its own. */
type Question = ThreadRequest extends infer Each
  ? Each extends ThreadRequest
    ? Omit<Each, 'id'>
    : never
  : never;

type Waiting = PromiseWithResolvers<unknown>;

export interface StoreThread {
  /** What it told of its opening. */
  readonly opened: unknown;
  ask(question: Question): Promise<unknown>;
  /** How many questions have no answer yet. */
  readonly load: number;
  /** How many messages with answers came: those that come together were worked on together. */
  readonly rounds: number;
  /** Answers what was asked, closes the database, ends the thread. Called once. */
  end(): Promise<void>;
}

/** Rejects with `StoreUnusable` when the thread cannot open the file. */
export async function startThread(
  module: URL,
  workerData: { readonly file: string; readonly journal?: string | undefined },
): Promise<StoreThread> {
  const worker = new Worker(module, { workerData });
  const waiting = new Map<number, Waiting>();
  let lastId = OPENED;
  let rounds = 0;
  let death: Error | undefined;

  const wait = (id: number): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const die = (reason: Error): void => {
    death ??= reason;
    for (const answer of waiting.values()) answer.reject(death);
    waiting.clear();
  };
  worker.on('message', (replies: readonly ThreadReply[]) => {
    rounds += 1;
    settle(waiting, replies);
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', (error) => die(reviveFailure(describeFailure(error))));
  worker.once('exit', () => die(new Error('The store is closed.')));

  const post = postingTo(worker);
  const ask = (question: Question): Promise<unknown> => {
    if (death !== undefined) return Promise.reject(death);
    lastId += 1;
    post({ ...question, id: lastId });
    return wait(lastId);
  };
  const opened = await wait(OPENED).catch(async (error: unknown) => {
    await exited;
    throw error;
  });
  return {
    ask,
    opened,
    get load() {
      return waiting.size;
    },
    get rounds() {
      return rounds;
    },
    end: async () => {
      try {
        await ask({ kind: 'close' });
      } finally {
        await exited;
      }
    },
  };
}

/** Requests leave behind all callbacks that are due now: what those ask as well is one message, and one wake-up. */
function postingTo(worker: Worker): (request: ThreadRequest) => void {
  let asked: ThreadRequest[] = [];
  const post = (): void => {
    const message = packRequests(asked);
    asked = [];
    worker.postMessage(message, message.bytes === undefined ? [] : [message.bytes]);
  };
  return (request) => {
    if (asked.length === 0) process.nextTick(post);
    asked.push(request);
  };
}

function settle(waiting: Map<number, Waiting>, replies: readonly ThreadReply[]): void {
  for (const reply of replies) {
    const answer = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('failure' in reply) answer?.reject(reviveFailure(reply.failure));
    else answer?.resolve(reply.value);
  }
}
