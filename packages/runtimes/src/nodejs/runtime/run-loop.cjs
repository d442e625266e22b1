'use strict';
// One event after the other: ask, run the handler, answer. Also the place that decides what an
// error outside of the handler, or an event loop with nothing left to do, means.
const { setLoggedInvocation } = require('./console.cjs');
const { createContext } = require('./invocation-context.cjs');
const { runtimeError } = require('./errors.cjs');
const { callWithCallback } = require('./callback-handler.cjs');
const { ResponseStream } = require('./response-stream.cjs');
const { highWaterMarkOf, isStreaming } = require('./streaming.cjs');

class RunLoop {
  #api;
  #logError;
  #hasCallbacks;
  #isInit = true;
  #isEnding = false;
  /** The event being handled: `{id, answer}`, `answer` a promise once it is being sent, and `stream` while one is written. */
  #current;
  /** What to do when the event loop is empty while a handler has not settled. */
  #onEmptyLoop = () => {};

  constructor({ api, logError, hasCallbacks }) {
    this.#api = api;
    this.#logError = logError;
    this.#hasCallbacks = hasCallbacks;
  }

  /** From now on no error of the process goes by unreported. */
  watchProcess() {
    process.on('uncaughtException', (error) => void this.end('Uncaught Exception', error, 129));
    process.on('unhandledRejection', (reason, promise) => {
      const error = runtimeError('UnhandledPromiseRejection', String(reason));
      Object.assign(error, { reason, promise });
      void this.end('Unhandled Promise Rejection', error, 128);
    });
    process.on('beforeExit', () => this.#onEmptyLoop());
  }

  /** Reports what ends this process to whom it concerns, then ends it. */
  async end(words, error, exitCode) {
    // Before the log: where nobody reads it any more, each line of it is one more error.
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#logError(words, error);
    try {
      if (this.#isInit) await this.#api.failInit(error);
      // An answer that is on its way is what the caller gets; between events there is no caller.
      else if (this.#current) {
        const { answer, id, stream } = this.#current;
        await (answer ?? stream?.fail(error) ?? this.#api.fail(id, error));
      }
      await this.#api.flush();
    } finally {
      process.exit(exitCode);
    }
  }

  /** One invocation that is nobody's, before there is a function. */
  async rehearse(handler) {
    await this.#handleOne(handler, await this.#api.next());
  }

  async run(handler) {
    this.#isInit = false;
    try {
      for (;;) {
        await this.#handleOne(handler, await this.#api.next());
        if (this.#isEnding) return;
      }
    } catch {
      // The Runtime API is gone, and with it every reason to live. Nobody would read a report.
      if (!this.#isEnding) process.exit(1);
    }
  }

  async #handleOne(handler, { headers, body }) {
    const id = headers['lambda-runtime-aws-request-id'];
    this.#current = { id };
    setLoggedInvocation(id, headers['lambda-runtime-aws-tenant-id']);
    setTraceId(headers['lambda-runtime-trace-id']);
    if (isStreaming(handler)) return this.#streamOne(handler, id, headers, body);
    const { json, thrown } = await this.#outcomeOf(handler, headers, body);
    this.#onEmptyLoop = () => {};
    if (this.#isEnding) return;
    if (json === undefined) this.#logError('Invoke Error', thrown);
    this.#current.answer =
      json === undefined ? this.#api.fail(id, thrown) : this.#api.respond(id, json);
    await this.#current.answer;
    this.#current = undefined;
  }

  async #streamOne(handler, id, headers, body) {
    const stream = new ResponseStream({
      open: (contentType) => this.#api.stream(id, contentType),
      describe: (error) => this.#api.trailersOf(error),
      highWaterMark: highWaterMarkOf(handler),
    });
    this.#current.stream = stream;
    const failure = await this.#streamFailure(handler, headers, body, stream);
    this.#onEmptyLoop = () => {};
    if (this.#isEnding) return;
    if (failure !== undefined) this.#logError('Invoke Error', failure.thrown);
    // AWS: a handler that forgets to end its stream runs into the function's timeout.
    const stays = setInterval(() => {}, 1_000_000);
    try {
      this.#current.answer = failure === undefined ? stream.done() : stream.fail(failure.thrown);
      await this.#current.answer;
    } finally {
      clearInterval(stays);
    }
    this.#current = undefined;
  }

  /** What the handler threw, or undefined; never rejects. */
  async #streamFailure(handler, headers, body, stream) {
    try {
      const context = createContext(headers, process.env);
      context.callbackWaitsForEmptyEventLoop = true;
      const event = JSON.parse(body.toString('utf8'));
      await new Promise((resolve, reject) => {
        this.#whenLoopIsEmpty(() => reject(neverSettled()));
        const result = handler(event, stream, context);
        if (typeof result?.then !== 'function') {
          throw new Error('Streaming does not support non-async handlers.');
        }
        result.then(resolve, reject);
      });
      return undefined;
    } catch (thrown) {
      return { thrown };
    }
  }

  /** `{json}` or `{thrown}`; never rejects. */
  async #outcomeOf(handler, headers, body) {
    try {
      const context = createContext(headers, process.env);
      const event = JSON.parse(body.toString('utf8'));
      const result = await this.#resultOf(handler, event, context);
      // AWS: from nodejs24.x on, what the handler left behind is run once more before the
      // answer, so that an unhandled rejection fails this invocation.
      if (!this.#hasCallbacks) await new Promise((resolve) => setImmediate(resolve));
      return { json: this.#serialize(result) };
    } catch (thrown) {
      return { thrown };
    }
  }

  #resultOf(handler, event, context) {
    return new Promise((resolve, reject) => {
      const whenLoopIsEmpty = (action) => this.#whenLoopIsEmpty(action);
      whenLoopIsEmpty(() => {
        // AWS: up to nodejs22.x a handler that is not an async function has just forgotten to
        // call back, and answers null.
        if (this.#hasCallbacks && handler.constructor?.name !== 'AsyncFunction') resolve(null);
        else reject(neverSettled());
      });
      if (this.#hasCallbacks) {
        callWithCallback(handler, event, context, { resolve, reject, whenLoopIsEmpty });
      } else {
        // Not resolve(promise): that would settle this one's fate, and an empty loop could not.
        Promise.resolve(handler(event, context)).then(resolve, reject);
      }
    });
  }

  #whenLoopIsEmpty(action) {
    this.#onEmptyLoop = () => {
      this.#onEmptyLoop = () => {};
      // An immediate keeps the process alive until the answer is on its way.
      setImmediate(() => action());
    };
  }

  #serialize(result) {
    try {
      return JSON.stringify(result) ?? 'null';
    } catch {
      const message = 'Unable to stringify response body';
      throw this.#hasCallbacks ? new Error(message) : runtimeError('JSONStringifyError', message);
    }
  }
}

function setTraceId(traceId) {
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else delete process.env._X_AMZN_TRACE_ID;
}

function neverSettled() {
  return runtimeError(
    'NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}

module.exports = { RunLoop };
