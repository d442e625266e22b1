/**
 * A server of AWS APIs as far as a forwarding Hearth is concerned: on loopback, keeps the requests that
 * are signed with its key, answers as the test says, and refuses all others with 403.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RawRequest } from '../../server/src/wire/raw-message.ts';
import { readSignature, verifySignature } from '../../server/src/wire/sigv4.ts';

export interface SignedServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly ReceivedRequest[];
  /** What the next requests are answered; one that does not resolve leaves the client waiting. */
  answer: (request: ReceivedRequest) => Promise<Answer> | Answer;
  /** Those that were not signed as they should be. */
  readonly refused: number;
}

export interface ReceivedRequest {
  /** Of the signature. */
  readonly service: string;
  readonly region: string;
  readonly headers: RawRequest['headers'];
  readonly text: string;
}

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly text: string;
}

export const signedServerKey = {
  accessKeyId: 'AKIDUPSTREAM',
  secretAccessKey: 'secret/of+the-upstream',
} as const;

export async function startSignedServer(
  answer: SignedServer['answer'],
  port = 0,
): Promise<SignedServer> {
  const requests: ReceivedRequest[] = [];
  const made = { answer, refused: 0 };
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const received = signedRequest(incoming, await buffer(incoming));
    if (received === undefined) {
      made.refused += 1;
      response.writeHead(403).end();
      return;
    }
    requests.push(received);
    const { status = 200, type = 'text/xml', text } = await made.answer(received);
    response.writeHead(status, { 'content-type': type }).end(text);
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return Object.assign(made, {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Undefined where the signature is not that of the key over this very request. */
function signedRequest(incoming: IncomingMessage, body: Buffer): ReceivedRequest | undefined {
  const [path = '', query = ''] = (incoming.url ?? '').split('?');
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  const request: RawRequest = { method: incoming.method ?? '', path, query, headers, body };
  try {
    const signed = readSignature(request);
    if (signed?.accessKeyId !== signedServerKey.accessKeyId) return undefined;
    verifySignature(signed, signedServerKey.secretAccessKey, request, Date.now());
    const { service, region } = signed;
    return { service, region, headers, text: body.toString() };
  } catch {
    // Not its signature: refused.
    return undefined;
  }
}
