'use strict';
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
const { streamifyResponse, HttpResponseStream } = globalThis.awslambda;

exports.handler = streamifyResponse(async (event, stream, context) => {
  stream.setContentType('text/plain');
  for (const part of event.parts) stream.write(part);
  stream.write({ id: context.awsRequestId });
  stream.end();
});

exports.pipes = streamifyResponse(
  async (event, stream) => {
    await pipeline(Readable.from(event.parts), stream);
  },
  { highWaterMark: 3 },
);

exports.http = streamifyResponse(async (event, stream) => {
  const http = HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-a': 'b' } });
  http.write('made');
  http.end();
});

exports.throwsAtOnce = streamifyResponse(async () => {
  throw new RangeError('too far');
});

exports.throwsInTheMiddle = streamifyResponse(async (event, stream) => {
  stream.write('half');
  throw new RangeError('too far');
});

exports.breaksThePipe = streamifyResponse(async (event, stream) => {
  const source = Readable.from(
    (async function* parts() {
      yield 'half';
      throw new RangeError('the source broke');
    })(),
  );
  await pipeline(source, stream);
});

exports.crashes = streamifyResponse(async (event, stream) => {
  stream.write('half');
  setImmediate(() => {
    throw new RangeError('out of nowhere');
  });
  await new Promise(() => {});
});

exports.isNotAsync = streamifyResponse(() => 'text');

exports.tooLate = streamifyResponse(async (event, stream) => {
  stream.write('first');
  stream.setContentType('text/plain');
});

exports.large = streamifyResponse(async (event, stream) => {
  await pipeline(
    Readable.from(
      (function* parts() {
        for (let part = 0; part < 200; part++) yield Buffer.alloc(65_536, part);
      })(),
    ),
    stream,
  );
});
