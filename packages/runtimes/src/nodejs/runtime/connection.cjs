'use strict';
// One kept-alive HTTP/1.1 connection on which requests go one after the other. The socket keeps
// the process alive only while a reply is awaited, so that the event loop can become empty while
// a handler runs (AWS's runtimes act on that).
const net = require('node:net');
const { startUpload } = require('./chunked-upload.cjs');
const { createReplyParser } = require('./reply-parser.cjs');

class Connection {
  #host;
  #port;
  #socket;
  #last = Promise.resolve();

  constructor(host, port) {
    this.#host = host;
    this.#port = port;
  }

  /** Sends the bytes of a request; resolves with `{status, headers, body}`. */
  request(bytes) {
    const reply = this.#last.then(() => this.#exchange(bytes));
    this.#last = reply.catch(() => {});
    return reply;
  }

  /**
   * Begins a request whose body follows in chunks. Nothing else is asked meanwhile: the run loop
   * has one answer at a time.
   */
  upload(head) {
    this.#socket ??= this.#connect();
    return startUpload(this.#socket, head, (socket) => this.#discard(socket));
  }

  async #exchange(bytes) {
    const isReused = this.#socket !== undefined;
    try {
      return await this.#exchangeOnce(bytes);
    } catch (error) {
      // A kept connection may have been closed while the handler ran; the request was not
      // answered then. Only what a fresh connection refuses is an error.
      if (!isReused || error.hasReplyBegun) throw error;
      return await this.#exchangeOnce(bytes);
    }
  }

  #exchangeOnce(bytes) {
    return new Promise((resolve, reject) => {
      this.#socket ??= this.#connect();
      const socket = this.#socket;
      const parser = createReplyParser();
      const settle = (action) => {
        socket.removeListener('data', onData);
        socket.removeListener('error', fail);
        socket.removeListener('close', onClose);
        socket.unref();
        action();
      };
      const fail = (error) => {
        error.hasReplyBegun = parser.hasBegun();
        this.#discard(socket);
        settle(() => reject(error));
      };
      const onClose = () => fail(new Error('The Runtime API closed the connection.'));
      const onData = (chunk) => {
        try {
          const reply = parser.push(chunk);
          if (reply === undefined) return;
          if (reply.headers.connection?.toLowerCase() === 'close') this.#discard(socket);
          settle(() => resolve(reply));
        } catch (error) {
          fail(error);
        }
      };
      socket.on('data', onData).on('error', fail).on('close', onClose);
      socket.ref();
      socket.write(bytes);
    });
  }

  #connect() {
    const socket = net.connect({ host: this.#host, port: this.#port, noDelay: true });
    // Between requests nobody listens; a reset then only means that the next one reconnects.
    socket.on('error', () => {});
    socket.once('close', () => this.#discard(socket));
    return socket;
  }

  #discard(socket) {
    if (this.#socket === socket) this.#socket = undefined;
    socket.destroy();
  }
}

module.exports = { Connection };
