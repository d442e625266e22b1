/**
 * Batches as JSON arrays to an HTTP server inside the sandbox, over a connection that is made into
 * the sandbox's own network and kept for the next batch. Nothing of what the server answers but
 * its status is looked at.
 */
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Destination } from './subscription.ts';
import type { Delivery } from './subscriber.ts';

/** Opens a connection to a port inside the sandbox. */
export type ConnectInto = (port: number) => Promise<Socket>;

/** How much of an answer is read away so that its connection can be used again. */
const ANSWER_BYTES = 65_536;
const MAX_HEADER_BYTES = 16_384;

export function createHttpDelivery(
  connect: ConnectInto,
  { port, path, method }: Extract<Destination, { protocol: 'HTTP' }>,
): Delivery {
  const agent = new SandboxAgent(connect, port);
  return {
    async send(events) {
      const body = Buffer.from(`[${events.join(',')}]`);
      const headers = {
        Host: `sandbox.localdomain:${port}`,
        'Content-Type': 'application/json',
        'Content-Length': body.length,
      };
      const options = { agent, method, path, maxHeaderSize: MAX_HEADER_BYTES, headers };
      const status = await exchange(options, body);
      if (status >= 400) throw new Error(`The receiver answered ${status}.`);
    },
    close: () => agent.destroy(),
  };
}

function exchange(options: RequestOptions, body: Buffer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let status: number | undefined;
  const outgoing = request(options, (response) => {
    status = response.statusCode;
    readAway(response);
  });
  outgoing.once('error', reject);
  // By now the answer was read, or there is none: the connection broke, or the agent is destroyed.
  outgoing.once('close', () => {
    if (status === undefined) reject(new Error('The connection was closed.'));
    else resolve(status);
  });
  outgoing.end(body);
  return promise;
}

function readAway(response: IncomingMessage): void {
  let readBytes = 0;
  response.on('data', (chunk: Buffer) => {
    readBytes += chunk.length;
    if (readBytes > ANSWER_BYTES) response.destroy();
  });
  // The status has come; a body that breaks off changes nothing.
  response.on('error', () => {});
}

/** Node's types ask for a socket beside an error, Node does not. */
type Connected = (error: Error | null, socket: Socket) => void;

class SandboxAgent extends Agent {
  readonly #connect: ConnectInto;
  readonly #port: number;
  #isDestroyed = false;

  constructor(connect: ConnectInto, port: number) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#connect = connect;
    this.#port = port;
  }

  override createConnection(_options: object, done?: Connected): undefined {
    if (done !== undefined) void this.#open(done as (error: Error | null, socket?: Socket) => void);
  }

  async #open(done: (error: Error | null, socket?: Socket) => void): Promise<void> {
    try {
      const socket = await this.#connect(this.#port);
      if (this.#isDestroyed) socket.destroy();
      done(null, socket);
    } catch (error) {
      done(error as Error);
    }
  }

  override destroy(): void {
    this.#isDestroyed = true;
    super.destroy();
  }
}
