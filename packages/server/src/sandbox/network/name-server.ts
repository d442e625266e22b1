/**
 * The name server of all sandboxes of an uplink: passes questions on to those that the host asks,
 * also where they are on its loopback device, and their answers back, both untouched.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { closeable, type Closeable } from '../../lib/lifetime.ts';

const NAME_PORT = 53;
/** As resolvers wait before they ask the next one. */
const ANSWER_MS = 5_000;
/** Questions under way; more are dropped, as a busy name server does, and asked again. */
const MOST_QUESTIONS = 512;
const MOST_CONNECTIONS = 128;

export interface NameServerDeps {
  /** Bound, in the network namespace of those who ask; both are this one's to close. */
  readonly udpFd: number;
  readonly tcpFd: number;
  /** Addresses of the host's name servers, looked up for every question: they change. */
  readonly upstreams: () => readonly string[];
  readonly upstreamPort?: number;
}

export async function startNameServer(deps: NameServerDeps): Promise<Closeable> {
  const udp = createSocket('udp4');
  const tcp = createServer({ allowHalfOpen: true });
  let questions = 0;
  udp.on('message', (question, { address, port }) => {
    if (questions >= MOST_QUESTIONS) return;
    questions++;
    void ask(deps, question)
      .then((answer) => {
        if (answer !== undefined) udp.send(answer, port, address);
      })
      .finally(() => questions--);
  });
  // Of one answer that cannot be delivered: whoever asked has gone.
  udp.on('error', () => {});
  tcp.maxConnections = MOST_CONNECTIONS;
  tcp.on('connection', (socket) => passOn(deps, socket));
  const listening = Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  udp.bind({ fd: deps.udpFd });
  tcp.listen({ fd: deps.tcpFd });
  await listening;
  return closeable(async () => {
    await Promise.all([
      new Promise<void>((closed) => void udp.close(closed)),
      new Promise<void>((closed) => void tcp.close(() => closed())),
    ]);
  });
}

/** The name servers in the host's resolv.conf; the host itself where it names none. */
export function hostNameServers(file = '/etc/resolv.conf'): readonly string[] {
  const found = readText(file).matchAll(/^\s*nameserver\s+(\S+)/gm);
  const addresses = [...found].map(([, address = '']) => address);
  return addresses.length === 0 ? ['127.0.0.1'] : addresses;
}

/** Undefined where nobody answers. */
async function ask(deps: NameServerDeps, question: Buffer): Promise<Buffer | undefined> {
  for (const address of deps.upstreams()) {
    const answer = await askOne(address, deps.upstreamPort ?? NAME_PORT, question);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** From a port of its own for each question, so that nobody can guess where an answer would go. */
async function askOne(
  address: string,
  port: number,
  question: Buffer,
): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const deadline = setTimeout(() => resolve(undefined), ANSWER_MS);
  socket.on('error', () => resolve(undefined));
  socket.on('message', (answer) => {
    if (isAnswerTo(question, answer)) resolve(answer);
  });
  try {
    socket.connect(port, address, () => sendOn(socket, question));
    return await promise;
  } finally {
    clearTimeout(deadline);
    socket.close();
  }
}

function sendOn(socket: UdpSocket, question: Buffer): void {
  try {
    socket.send(question);
  } catch {
    // Closed meanwhile: its time was over.
  }
}

/** The id, the first two bytes, is chosen by whoever asks. */
function isAnswerTo(question: Buffer, answer: Buffer): boolean {
  return answer.length >= 12 && answer.readUInt16BE(0) === question.readUInt16BE(0);
}

/** Long answers come by TCP. */
function passOn({ upstreams, upstreamPort = NAME_PORT }: NameServerDeps, socket: Socket): void {
  const [address = '127.0.0.1'] = upstreams();
  const upstream = connect({ host: address, port: upstreamPort, allowHalfOpen: true });
  for (const [from, to] of [
    [socket, upstream],
    [upstream, socket],
  ] as const) {
    from.setTimeout(ANSWER_MS * 2, () => from.destroy());
    from.on('error', () => {});
    from.once('close', () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
