'use strict';
// The global `awslambda` of Node functions: how a handler says that it streams, and how it gives
// status, headers and cookies to a caller that speaks HTTP.

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP_INTEGRATION = 'application/vnd.awslambda.http-integration-response';
/** Ends the prelude. */
const DELIMITER = new Uint8Array(8);

function streamifyResponse(handler, options) {
  handler[STREAMING] = 'response';
  if (typeof options?.highWaterMark === 'number') {
    handler[HIGH_WATER_MARK] = Number.parseInt(options.highWaterMark, 10);
  }
  return handler;
}

function fromStream(underlyingStream, prelude) {
  underlyingStream.setContentType(HTTP_INTEGRATION);
  const text = JSON.stringify(prelude);
  underlyingStream._onBeforeFirstWrite = (write) => {
    write(text);
    write(DELIMITER);
  };
  return underlyingStream;
}

function provideAwslambda() {
  globalThis.awslambda = { streamifyResponse, HttpResponseStream: { from: fromStream } };
}

function isStreaming(handler) {
  return handler[STREAMING] === 'response';
}

function highWaterMarkOf(handler) {
  return handler[HIGH_WATER_MARK];
}

module.exports = { highWaterMarkOf, isStreaming, provideAwslambda };
