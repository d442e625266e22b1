/**
 * The answer of a URL in the mode RESPONSE_STREAM: the head as soon as the function has said it,
 * the body while it is written. A function that does not stream is answered when it has ended.
 */
import type { InvocationRequest, InvocationResult, Invoker } from '../../../core/invocation.ts';
import type { ResponseSink } from '../../../core/response-sink.ts';
import { Handover } from '../../../lib/handover.ts';
import { HTTP_INTEGRATION_TYPE, Prelude } from './prelude.ts';
import { badGateway, httpHead, written, type HttpHead, type UrlAnswer } from './url-answer.ts';

/** Rejects with what kept the function from being run. */
export async function startUrlStream(
  invoker: Invoker,
  invocation: InvocationRequest,
): Promise<UrlAnswer> {
  const stream = new UrlStream();
  const running = invoker.invoke({ ...invocation, sink: stream.sink });
  running.then(
    (result) => stream.end(result),
    (error: unknown) => stream.fail(error),
  );
  return await stream.answer;
}

class UrlStream {
  readonly #answer = Promise.withResolvers<UrlAnswer>();
  readonly #chunks = new Handover<Uint8Array>();
  #isBegun = false;
  /** Of a function that gives none; it goes out with the first bytes, and never before an error. */
  #head: HttpHead | undefined;
  /** The head is collected first, where the function gives one. */
  #prelude: Prelude | undefined;

  get answer(): Promise<UrlAnswer> {
    return this.#answer.promise;
  }

  get sink(): ResponseSink {
    return {
      begin: ({ contentType }) => this.#begin(contentType),
      write: (chunk) => this.#write(chunk),
    };
  }

  end(result: InvocationResult): void {
    const hasFailed = result.functionError !== undefined;
    if (!this.#isBegun && !hasFailed) this.#answerWhole(result);
    // A head that never came, or an error before it.
    else if (!this.#isBegun || this.#prelude !== undefined) this.#answer.resolve(badGateway);
    else if (this.#head !== undefined) {
      if (hasFailed) this.#answer.resolve(badGateway);
      else this.#answerHead(this.#head);
    }
    // The status has gone out: only a connection that breaks can still tell of an error.
    this.#chunks.end(hasFailed ? new Error('The function failed in its answer.') : undefined);
  }

  fail(error: unknown): void {
    this.#answer.reject(error);
    this.#chunks.end(error);
  }

  #begin(contentType: string | undefined): void {
    this.#isBegun = true;
    if (contentType === HTTP_INTEGRATION_TYPE) {
      this.#prelude = new Prelude();
      return;
    }
    const headers = { 'content-type': contentType ?? 'application/octet-stream' };
    this.#head = httpHead({ headers }, {});
    if (this.#head === undefined) this.#answer.resolve(badGateway);
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#head !== undefined) this.#answerHead(this.#head);
    if (this.#prelude === undefined) return this.#chunks.put(chunk);
    const step = this.#prelude.push(chunk);
    if (step.kind === 'incomplete') return undefined;
    this.#prelude = undefined;
    if (step.kind === 'bad') {
      this.#answer.resolve(badGateway);
      // What follows has no head and goes nowhere.
      void this.#chunks.return();
      return undefined;
    }
    this.#answerHead(step.head);
    return step.rest.length === 0 ? undefined : this.#chunks.put(step.rest);
  }

  #answerHead(head: HttpHead): void {
    this.#head = undefined;
    this.#answer.resolve({ ...written(head), body: new Uint8Array(), chunks: this.#chunks });
  }

  /** From memory: what a function returns whole is not read as status and headers in this mode. */
  #answerWhole({ payload }: InvocationResult): void {
    const headers = { 'content-type': 'application/json' };
    this.#answer.resolve({ status: 200, headers, body: payload });
  }
}
