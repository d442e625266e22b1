'use strict';
// What a streaming handler writes to. The request to the Runtime API begins with the first bytes;
// an error, also one before any bytes, goes into its trailers.
const { Writable } = require('node:stream');

const DEFAULT_CONTENT_TYPE = 'application/octet-stream';

class ResponseStream extends Writable {
  #open;
  #describe;
  #upload;
  #contentType = DEFAULT_CONTENT_TYPE;
  #hasWritten = false;
  #trailers = {};
  #end;
  #done;

  /** `open(contentType)` begins the request; `describe(error)` makes its trailers. */
  constructor({ open, describe, highWaterMark }) {
    super(highWaterMark === undefined ? {} : { highWaterMark });
    this.#open = open;
    this.#describe = describe;
    this.#done = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    this.#done.catch(() => {});
    // A pipeline that breaks destroys this with an error; the handler learns of it by itself.
    this.on('error', () => {});
  }

  setContentType(contentType) {
    if (this.#hasWritten) throw invalidOperation('Cannot set content-type, too late.');
    this.#contentType = contentType;
  }

  write(chunk, encoding, callback) {
    this.#beforeFirstWrite();
    return super.write(asBytes(chunk), encoding, callback);
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') return super.end(chunk);
    if (chunk === undefined || chunk === null) return super.end(undefined, encoding, callback);
    this.#beforeFirstWrite();
    return super.end(asBytes(chunk), encoding, callback);
  }

  _write(chunk, _encoding, callback) {
    this.#begin().write(chunk, callback);
  }

  _final(callback) {
    this.#finish();
    callback();
  }

  /** Settles when the answer has been taken over; never before the stream was ended. */
  done() {
    if (this.destroyed && !this.writableFinished) {
      return this.fail(invalidOperation('The response stream was destroyed before its end.'));
    }
    return this.#done;
  }

  /** Ends the answer with an error, after what was written. */
  fail(error) {
    this.#trailers = this.#describe(error);
    if (this.destroyed) this.#finish();
    else if (!this.writableEnded) super.end();
    return this.#done;
  }

  // The hook through which HttpResponseStream puts its prelude before everything else.
  #beforeFirstWrite() {
    if (this.#hasWritten) return;
    this.#hasWritten = true;
    this._onBeforeFirstWrite?.((bytes) => super.write(bytes));
  }

  #begin() {
    this.#upload ??= this.#open(this.#contentType);
    return this.#upload;
  }

  #finish() {
    this.#begin().end(this.#trailers).then(this.#end.resolve, this.#end.reject);
  }
}

// AWS: what is neither text nor bytes is written as JSON.
function asBytes(chunk) {
  const isPlain =
    typeof chunk === 'string' || Buffer.isBuffer(chunk) || chunk?.constructor === Uint8Array;
  return isPlain ? chunk : JSON.stringify(chunk);
}

function invalidOperation(message) {
  const error = new Error(message);
  error.name = 'Runtime.InvalidStreamingOperation';
  return error;
}

module.exports = { ResponseStream };
