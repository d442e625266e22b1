'use strict';
// The Runtime API as this runtime uses it. Its HTTP is written by hand (connection.cjs), because
// the way through node:http costs as much time as the rest of a warm invocation.
const { openChannel } = require('./channel.cjs');
const { Connection } = require('./connection.cjs');
const { errorBody, xrayCause } = require('./errors.cjs');

const base = '/2018-06-01/runtime';

async function openRuntimeApi(address) {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const port = Number(address.slice(colon + 1));
  const http = overHttp(address, new Connection(host, port));
  const channel = await openChannel(host, port);
  return channel === undefined ? http : { ...http, ...overChannel(channel) };
}

function overChannel(channel) {
  return {
    assignment: () => channel.assignment(),
    next: () => channel.next(),
    respond: (id, json) => channel.respond(id, json),
    fail: (id, thrown) => {
      const body = errorBody(thrown);
      return channel.fail(id, headerValue(body.errorType), JSON.stringify(body));
    },
    flush: () => channel.flush(),
  };
}

function overHttp(address, connection) {
  const post = (path, json, headers = {}) =>
    connection.request(
      serialize('POST', `${base}/${path}`, json, {
        host: address,
        'content-type': 'application/json',
        ...headers,
      }),
    );
  const postError = (path, thrown, headers) => {
    const body = errorBody(thrown);
    return post(path, JSON.stringify(body), {
      'lambda-runtime-function-error-type': headerValue(body.errorType),
      ...headers,
    });
  };
  const next = serialize('GET', `${base}/invocation/next`, undefined, { host: address });
  return {
    /** Hearth's own: waits until this process, booted ahead, is given its function. */
    assignment: () =>
      connection.request(serialize('GET', '/hearth/assignment', undefined, { host: address })),
    next: () => connection.request(next),
    respond: (id, json) => post(`invocation/${encodeURIComponent(id)}/response`, json),
    /** An answer that is written while it is made; `{write, end}`. */
    stream: (id, contentType) =>
      connection.upload(
        serialize('POST', `${base}/invocation/${encodeURIComponent(id)}/response`, undefined, {
          host: address,
          'content-type': headerValue(contentType),
          'lambda-runtime-function-response-mode': 'streaming',
          'transfer-encoding': 'chunked',
          trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
        }),
      ),
    /** How such an answer ends in an error. */
    trailersOf: (thrown) => {
      const body = errorBody(thrown);
      return {
        'Lambda-Runtime-Function-Error-Type': headerValue(body.errorType),
        'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(body)).toString('base64'),
      };
    },
    fail: (id, thrown) =>
      postError(`invocation/${encodeURIComponent(id)}/error`, thrown, {
        'lambda-runtime-function-xray-error-cause': xrayCause(thrown),
      }),
    /** Everything said is answered before anything else is said. */
    flush: () => Promise.resolve(),
    failInit: (thrown) => postError('init/error', thrown),
  };
}

function serialize(method, path, body, headers) {
  let head = `${method} ${path} HTTP/1.1\r\nuser-agent: hearth-nodejs/${process.versions.node}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) head += `${name}: ${value}\r\n`;
  }
  if (body === undefined) return Buffer.from(`${head}\r\n`, 'latin1');
  const bytes = Buffer.from(body, 'utf8');
  const start = Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`, 'latin1');
  return Buffer.concat([start, bytes]);
}

/** A user's error name may hold anything; a header may not. */
function headerValue(text) {
  return String(text)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 1_024);
}

module.exports = { openRuntimeApi };
