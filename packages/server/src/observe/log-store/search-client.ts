/**
 * The main thread's end of the search thread. It starts with the first question. A question that
 * takes too long ends the thread (the only way to stop a regular expression); the next question
 * starts a new one. One question at a time is in the thread, so those behind a slow one only wait.
 */
import { Worker } from 'node:worker_threads';
import type { Closeable } from '../../lib/lifetime.ts';
import { LogSearchTooLong } from './log-store-errors.ts';
import type {
  IndexRequest,
  IndexResult,
  SearchRequest,
  SearchResult,
  SearchThreadReply,
} from './search-message.ts';

/** Clients give up after 60 s, and others wait for this thread too. */
const LONGEST_QUESTION_MS = 20_000;

type Question = SearchRequest | IndexRequest;

interface Waiting {
  readonly question: Question;
  readonly answer: PromiseWithResolvers<SearchResult | IndexResult>;
}

export class SearchClient implements Closeable {
  /** In the order of asking; the first is the one being answered. */
  readonly #queue: Waiting[] = [];
  readonly #longestMs: number;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(longestMs: number = LONGEST_QUESTION_MS) {
    this.#longestMs = longestMs;
  }

  /** Rejects with `LogSearchTooLong`. */
  search(request: Omit<SearchRequest, 'kind'>): Promise<SearchResult> {
    return this.#ask({ ...request, kind: 'search' }) as Promise<SearchResult>;
  }

  index(request: Omit<IndexRequest, 'kind'>): Promise<IndexResult> {
    return this.#ask({ ...request, kind: 'index' }) as Promise<IndexResult>;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    for (const { answer } of this.#queue.splice(0)) answer.reject(closedError());
    await this.#worker?.terminate();
  }

  #ask(question: Question): Promise<SearchResult | IndexResult> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const answer = Promise.withResolvers<SearchResult | IndexResult>();
    this.#queue.push({ question, answer });
    if (this.#queue.length === 1) this.#send();
    return answer.promise;
  }

  #send(): void {
    clearTimeout(this.#timer);
    const [first] = this.#queue;
    if (first === undefined || this.#closing !== undefined) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(first.question);
    this.#timer = setTimeout(() => {
      this.#giveUp(new LogSearchTooLong('The search took too long.'));
    }, this.#longestMs);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./search-thread.ts', import.meta.url));
    worker.on('message', (reply: SearchThreadReply) => {
      const answer = this.#queue.shift()?.answer;
      if ('error' in reply) answer?.reject(new Error(reply.error));
      else answer?.resolve(reply.value);
      this.#send();
    });
    worker.on('error', (error) => this.#giveUp(error));
    return worker;
  }

  #giveUp(reason: unknown): void {
    this.#worker?.removeAllListeners();
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#queue.shift()?.answer.reject(reason);
    this.#send();
  }
}

function closedError(): Error {
  return new Error('The log store is closed.');
}
