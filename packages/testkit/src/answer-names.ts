/** A name server that knows a few names, for tests; all others do not exist. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const TYPE_A = 1;
const NO_SUCH_NAME = 3;
/** Longer answers do not fit into a packet, as DNS has it. */
const MOST_BYTES = 512;

export interface NameServer extends AsyncDisposable {
  /** For questions over TCP; the caller lets it listen. */
  readonly overTcp: Server;
}

/** `udpFd` is bound, and this one's to close. A name may have any number of addresses. */
export async function answerNames(
  udpFd: number,
  names: Readonly<Record<string, readonly string[]>>,
): Promise<NameServer> {
  const udp = createSocket('udp4');
  udp.on('message', (question, { address, port }) => {
    const answer = answerTo(question, names);
    udp.send(answer.length <= MOST_BYTES ? answer : truncated(question), port, address);
  });
  const listening = once(udp, 'listening');
  udp.bind({ fd: udpFd });
  await listening;
  const overTcp = createServer((socket) => {
    socket.on('error', () => {});
    // Of a resolver that asks for two kinds of addresses there come two in one piece.
    socket.on('data', (data: Buffer) => {
      for (let at = 0; at + 2 <= data.length; at += 2 + data.readUInt16BE(at)) {
        const answer = answerTo(data.subarray(at + 2), names);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length, 0);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });
  return {
    overTcp,
    [Symbol.asyncDispose]: async () => {
      overTcp.close();
      await new Promise<void>((closed) => void udp.close(closed));
    },
  };
}

/** The one question of a message, as it stands there. */
function questionOf(message: Buffer): { readonly name: string; readonly bytes: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length !== 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), bytes: message.subarray(12, at + 5) };
}

function answerTo(message: Buffer, names: Readonly<Record<string, readonly string[]>>): Buffer {
  const { name, bytes } = questionOf(message);
  const isForAddresses = bytes.readUInt16BE(bytes.length - 4) === TYPE_A;
  const addresses = isForAddresses ? (names[name] ?? []) : [];
  const header = headerOf(message, addresses.length, name in names ? 0 : NO_SUCH_NAME);
  const records = addresses.map((address) =>
    // The name of the question; A; IN; for a minute; four bytes.
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, bytes, ...records]);
}

function truncated(message: Buffer): Buffer {
  const header = headerOf(message, 0, 0);
  header[2] = (header[2] ?? 0) | 0x02;
  return Buffer.concat([header, questionOf(message).bytes]);
}

function headerOf(message: Buffer, answers: number, code: number): Buffer {
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers, 6);
  return header;
}
