import { createSocket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bindUdp, setReceiveBuffer } from './syscalls.ts';
import { MAILBOX_BYTES, takeDatagrams } from './take-datagrams.ts';

/** An address of the loopback device that no other program is likely to have. */
const [host, port] = ['127.83.71.19', 20_830] as const;

/** Root alone may have so much wait. */
const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)('what is sent faster than it is taken comes with the next calls', async () => {
  const fd = bindUdp(host, port);
  const socket = createSocket('udp4');
  try {
    setReceiveBuffer(fd, 16 * MAILBOX_BYTES);
    const sent = Array.from({ length: 50 }, (_, index) => String(index).padEnd(60_000));
    const send = (text: string): Promise<unknown> =>
      new Promise((done) => {
        socket.send(text, port, host, done);
      });
    await Promise.all(sent.map(send));
    const first = takeDatagrams(fd);
    expect(first).toHaveLength(Math.ceil((2 * MAILBOX_BYTES) / 60_000));
    const all = [...first, ...takeDatagrams(fd)];
    expect(all.map((each) => Buffer.from(each, 'base64').toString())).toEqual(sent);
    expect(takeDatagrams(fd)).toEqual([]);
  } finally {
    socket.close();
    closeSync(fd);
  }
});
