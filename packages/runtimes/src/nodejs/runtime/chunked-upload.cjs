'use strict';
// A request whose body is sent while it is being made, on a kept-alive socket: HTTP/1.1 chunks,
// trailers at the end, and the reply whenever it comes.
const { createReplyParser } = require('./reply-parser.cjs');

/** `discard(socket)` is called when the socket can serve no other request. */
function startUpload(socket, head, discard) {
  const parser = createReplyParser();
  const reply = new Promise((resolve, reject) => {
    const settle = (action) => {
      socket.removeListener('data', onData);
      socket.removeListener('error', fail);
      socket.removeListener('close', onClose);
      action();
    };
    const fail = (error) => {
      discard(socket);
      settle(() => reject(error));
    };
    const onClose = () => fail(new Error('The Runtime API closed the connection.'));
    const onData = (chunk) => {
      try {
        const whole = parser.push(chunk);
        if (whole === undefined) return;
        if (whole.headers.connection?.toLowerCase() === 'close') discard(socket);
        settle(() => resolve(whole));
      } catch (error) {
        fail(error);
      }
    };
    socket.on('data', onData).on('error', fail).on('close', onClose);
  });
  // Whoever writes learns of a broken connection by the write; not everybody asks for the reply.
  reply.catch(() => {});
  socket.ref();
  socket.write(head);
  return {
    reply,
    /** `done(error)` when there is room for more. */
    write(bytes, done) {
      if (bytes.length === 0) return done();
      socket.cork();
      socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
      socket.write(bytes);
      socket.write('\r\n', 'latin1', (error) => done(error ?? null));
      socket.uncork();
    },
    /** Resolves with the reply. */
    async end(trailers) {
      let tail = '0\r\n';
      for (const [name, value] of Object.entries(trailers)) tail += `${name}: ${value}\r\n`;
      socket.write(`${tail}\r\n`, 'latin1');
      try {
        return await reply;
      } finally {
        socket.unref();
      }
    },
  };
}

module.exports = { startUpload };
