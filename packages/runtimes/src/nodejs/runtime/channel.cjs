'use strict';
// The Runtime API in frames on one upgraded connection: an answer and the question for the next
// event leave in one packet, and nothing of HTTP is written or parsed in between. Where the other
// side is not Hearth itself (an extension that stands between a runtime and its API), the upgrade
// is not answered, and the runtime speaks HTTP as any other.
//
// A frame is a byte of kind, four of length, then the content; `frames.ts` of the server is the
// other end.
const net = require('node:net');

const HEAD_BYTES = 5;
const AWAIT_ASSIGNMENT = 0x41;
const ERROR = 0x45;
const INVOCATION = 0x49;
const NEXT = 0x4e;
const RESPONSE = 0x52;

const next = Buffer.from([NEXT, 0, 0, 0, 0]);
const awaitAssignment = Buffer.from([AWAIT_ASSIGNMENT, 0, 0, 0, 0]);

/** Whoever does not know the path may not answer at all. */
const PATIENCE_MS = 2_000;

/** Larger frames come in several reads. */
const READ_BYTES = 65_536;

/** Hearth's address in the network of a sandbox, which has no other processes than the sandbox's. */
const SANDBOX_HOST = '169.254.100.1';

/**
 * Resolves with a channel, or with undefined where there is none to be had. In a sandbox Hearth
 * listens at the local name of the address as well: a packet over TCP costs as much as two of those.
 */
async function openChannel(host, port) {
  const address = `${host}:${port}`;
  const local = host === SANDBOX_HOST ? await dial({ path: `\0${address}` }, address) : undefined;
  return local ?? (await dial({ host, port, noDelay: true }, address));
}

function dial(where, address) {
  return new Promise((resolve) => {
    let receive = onAnswer;
    // All reads go to one buffer: a stream would allocate 64 kB for each of them.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (bytes) => (receive(buffer.subarray(0, bytes)), true);
    const socket = net.connect({ ...where, onread: { buffer, callback } });
    let text = '';
    const giveUp = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(undefined);
    };
    const timer = setTimeout(giveUp, PATIENCE_MS);
    function onAnswer(chunk) {
      text += chunk.latin1Slice();
      const end = text.indexOf('\r\n\r\n');
      if (end < 0 && text.startsWith('HTTP/1.1 101 '.slice(0, text.length))) return;
      if (end < 0 || !text.startsWith('HTTP/1.1 101 ')) {
        giveUp();
        return;
      }
      clearTimeout(timer);
      socket.off('error', giveUp).off('close', giveUp);
      const channel = new Channel(socket);
      receive = (frames) => channel.push(frames);
      resolve(channel);
    }
    socket.on('error', giveUp).on('close', giveUp);
    socket.write(
      `GET /hearth/channel HTTP/1.1\r\nhost: ${address}\r\n` +
        'connection: upgrade\r\nupgrade: hearth-runtime\r\n\r\n',
    );
  });
}

class Channel {
  #socket;
  /** What leaves with the next question, or by itself a moment later. */
  #held;
  #flushing;
  #waiting;
  /** Of the frame that is coming in. */
  #head = Buffer.allocUnsafe(HEAD_BYTES);
  #headSize = 0;
  #content;
  #contentSize = 0;

  constructor(socket) {
    this.#socket = socket;
    // Between requests nobody listens; a broken connection shows when something is asked.
    socket.on('error', () => {});
    socket.once('close', () => this.#fail());
    socket.unref();
  }

  /** `{status, headers, body}`, as over HTTP. */
  next() {
    return this.#ask(next);
  }

  assignment() {
    return this.#ask(awaitAssignment);
  }

  respond(id, json) {
    const idBytes = id.length;
    const payloadBytes = Buffer.byteLength(json);
    const frame = Buffer.allocUnsafe(HEAD_BYTES + 1 + idBytes + payloadBytes);
    frame[0] = RESPONSE;
    frame.writeUInt32BE(1 + idBytes + payloadBytes, 1);
    frame[HEAD_BYTES] = idBytes;
    frame.latin1Write(id, HEAD_BYTES + 1);
    frame.utf8Write(json, HEAD_BYTES + 1 + idBytes);
    return this.#hold(frame);
  }

  fail(id, errorType, json) {
    const content = Buffer.concat([
      shortText(id),
      shortText(errorType.slice(0, 255)),
      Buffer.from(json),
    ]);
    return this.#hold(Buffer.concat([head(ERROR, content.length), content]));
  }

  /** Resolves when everything said so far is on its way. */
  flush() {
    const frame = this.#held;
    if (frame === undefined) return Promise.resolve();
    this.#held = undefined;
    clearImmediate(this.#flushing);
    return new Promise((resolve) => this.#socket.write(frame, () => resolve()));
  }

  #hold(frame) {
    this.#held = frame;
    // Whoever does not go on to ask (the process is ending) still has its answer sent.
    this.#flushing = setImmediate(() => void this.flush());
    return Promise.resolve();
  }

  #ask(question) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(closed());
      this.#waiting = { resolve, reject };
      this.#socket.ref();
      const held = this.#held;
      this.#held = undefined;
      clearImmediate(this.#flushing);
      this.#socket.write(held === undefined ? question : Buffer.concat([held, question]));
    });
  }

  /** The bytes of `chunk` are those of others afterwards. */
  push(chunk) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headSize < HEAD_BYTES) {
        const copied = chunk.copy(this.#head, this.#headSize, at);
        this.#headSize += copied;
        at += copied;
        if (this.#headSize < HEAD_BYTES) return;
        this.#content = Buffer.allocUnsafe(this.#head.readUInt32BE(1));
        this.#contentSize = 0;
      }
      const copied = chunk.copy(this.#content, this.#contentSize, at);
      this.#contentSize += copied;
      at += copied;
      if (this.#contentSize < this.#content.length) return;
      this.#headSize = 0;
      this.#take(this.#head[0], this.#content);
    }
  }

  #take(kind, content) {
    const waiting = this.#waiting;
    // A refusal of an answer: the invocation is over for whoever waited for it.
    if (waiting === undefined || (kind !== INVOCATION && kind !== AWAIT_ASSIGNMENT)) return;
    this.#waiting = undefined;
    this.#socket.unref();
    if (kind === AWAIT_ASSIGNMENT) return waiting.resolve({ status: 200, body: content });
    const headEnd = 4 + content.readUInt32BE(0);
    const headers = JSON.parse(content.utf8Slice(4, headEnd));
    waiting.resolve({ status: 200, headers, body: content.subarray(headEnd) });
  }

  #fail() {
    this.#waiting?.reject(closed());
    this.#waiting = undefined;
  }
}

function head(kind, length) {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes[0] = kind;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** A byte of length, then so many bytes. */
function shortText(text) {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
}

function closed() {
  return new Error('The Runtime API closed the connection.');
}

module.exports = { openChannel };
