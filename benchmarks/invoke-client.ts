/**
 * A client as lean as a client can be: one keep-alive connection, requests signed by Hearth's own
 * signer, no SDK. What is measured is then the server's, not the client's.
 */
import { Agent, request } from 'node:http';
import { signRequest } from '../packages/server/src/wire/sigv4.ts';

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface InvokeClient {
  invoke(functionName: string, payload: string): Promise<ClientAnswer>;
  /** An asynchronous event; rejects where it was not accepted. */
  sendEvent(functionName: string, payload: string): Promise<void>;
  send(method: string, path: string, body: string): Promise<ClientAnswer>;
  /** Of SQS, by its JSON protocol. */
  sqs(operation: string, body: string): Promise<ClientAnswer>;
  close(): void;
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export function createInvokeClient(endpoint: string, connections: number): InvokeClient {
  const { hostname, port, host } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const sendTo = (
    service: 'lambda' | 'sqs',
    method: string,
    path: string,
    text: string,
    more: Readonly<Record<string, string>>,
  ): Promise<ClientAnswer> => {
    const body = Buffer.from(text);
    const headers = { host, ...more };
    const signed = signRequest({ method, path, query: '', headers, body }, credentials, {
      region: 'us-east-1',
      service,
      nowMs: Date.now(),
    });
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          hostname,
          port,
          method,
          path,
          headers: { ...headers, ...signed, 'content-length': body.byteLength },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
  const send: InvokeClient['send'] = (method, path, text) =>
    sendTo('lambda', method, path, text, { 'content-type': 'application/json' });
  return {
    send,
    sqs: (operation, text) =>
      sendTo('sqs', 'POST', '/', text, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
      }),
    sendEvent: async (name, payload) => {
      const { status } = await send('POST', `/2014-11-13/functions/${name}/invoke-async`, payload);
      if (status !== 202) throw new Error(`an event was answered ${status}`);
    },
    invoke: (name, payload) => send('POST', `/2015-03-31/functions/${name}/invocations`, payload),
    close: () => agent.destroy(),
  };
}

/** Fails the benchmark on anything but a successful invocation: an error is not fast, it is wrong. */
export function mustSucceed(answer: ClientAnswer): void {
  if (answer.status !== 200 || answer.headers['x-amz-function-error'] !== undefined) {
    throw new Error(`an invocation failed: ${answer.status} ${answer.body.toString('utf8')}`);
  }
}
