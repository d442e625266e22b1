/**
 * The leanest client there is: one TCP connection that writes the same signed bytes again and
 * again (a signature holds for fifteen minutes) and reads no more of an answer than its length.
 * A real HTTP client would take more of the two cores than the server it measures.
 */
import { connect, type Socket } from 'node:net';
import { signRequest } from '../packages/server/src/wire/sigv4.ts';

export interface ReplayConnection {
  /** Resolves when the whole answer is in; rejects when it is not a success. */
  roundTrip(): Promise<void>;
  close(): void;
}

export function signedInvoke(endpoint: string, functionName: string, payload: string): Buffer {
  const { host } = new URL(endpoint);
  const path = `/2015-03-31/functions/${functionName}/invocations`;
  const body = Buffer.from(payload);
  const headers = { host, 'content-type': 'application/json' };
  const signed = signRequest(
    { method: 'POST', path, query: '', headers, body },
    { accessKeyId: 'test', secretAccessKey: 'test' },
    { region: 'us-east-1', service: 'lambda', nowMs: Date.now() },
  );
  const all = { ...headers, ...signed, 'content-length': String(body.byteLength) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
    body,
  ]);
}

export async function openReplay(endpoint: string, bytes: Buffer): Promise<ReplayConnection> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new Replay(socket, bytes);
}

class Replay implements ReplayConnection {
  readonly #socket: Socket;
  readonly #bytes: Buffer;
  #received = '';
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket, bytes: Buffer) {
    this.#socket = socket;
    this.#bytes = bytes;
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
    socket.on('error', () => {});
  }

  roundTrip(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>();
    this.#socket.write(this.#bytes);
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < headEnd + 4 + length) return;
    const answer = this.#received;
    this.#received = '';
    const isSuccess = head.startsWith('HTTP/1.1 200') && !/x-amz-function-error/i.test(head);
    if (isSuccess) this.#waiting?.resolve();
    else this.#waiting?.reject(new Error(`an invocation failed: ${answer}`));
  }
}
