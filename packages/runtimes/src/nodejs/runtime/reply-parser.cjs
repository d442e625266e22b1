'use strict';
// One HTTP/1.1 reply out of the chunks of a socket. Handles `content-length` and chunked bodies.

const headEnd = Buffer.from('\r\n\r\n');

function createReplyParser() {
  /** What has arrived and is not consumed; joined only when a whole part is there. */
  let parts = [];
  let size = 0;
  let head;
  const body = [];

  function push(chunk) {
    parts.push(chunk);
    size += chunk.length;
    head ??= readHead();
    if (head === undefined) return undefined;
    const bytes = head.isChunked ? readChunkedBody() : readSizedBody();
    return bytes && { status: head.status, headers: head.headers, body: bytes };
  }

  function readHead() {
    const bytes = take(size);
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      putBack(bytes);
      return undefined;
    }
    putBack(bytes.subarray(end + headEnd.length));
    return parseHead(bytes.latin1Slice(0, end));
  }

  function readSizedBody() {
    return size < head.length ? undefined : take(head.length);
  }

  function readChunkedBody() {
    for (;;) {
      const bytes = take(size);
      const lineEnd = bytes.indexOf('\r\n');
      const length = lineEnd < 0 ? 0 : Number.parseInt(bytes.latin1Slice(0, lineEnd), 16);
      if (Number.isNaN(length)) throw new Error('The Runtime API sent a malformed chunk.');
      const end = lineEnd + 2 + length + 2;
      if (lineEnd < 0 || bytes.length < end) {
        putBack(bytes);
        return undefined;
      }
      if (length === 0) return Buffer.concat(body);
      body.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
      putBack(bytes.subarray(end));
    }
  }

  /** The first `count` bytes; the rest stays. */
  function take(count) {
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, size);
    parts = [];
    size = 0;
    putBack(bytes.subarray(count));
    return bytes.subarray(0, count);
  }

  function putBack(bytes) {
    if (bytes.length === 0) return;
    parts.unshift(bytes);
    size += bytes.length;
  }

  return { push, hasBegun: () => head !== undefined || size > 0 };
}

function parseHead(text) {
  const [statusLine, ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error('The Runtime API did not answer in HTTP/1.1.');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = utf8(line.slice(colon + 1).trim());
  }
  const isChunked = headers['transfer-encoding']?.toLowerCase() === 'chunked';
  return { status, headers, isChunked, length: Number(headers['content-length'] ?? 0) };
}

// Client contexts arrive as UTF-8 bytes in a header; ASCII, nearly always, is left alone.
function utf8(value) {
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

module.exports = { createReplyParser };
