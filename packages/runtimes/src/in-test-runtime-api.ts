/** A Runtime API for tests: hands out events, and keeps what the runtime said, byte for byte. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly kind: 'response' | 'error' | 'init-error';
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** What came after the body. */
  readonly trailers: NodeJS.Dict<string>;
}

export interface InTestRuntimeApi extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly address: string;
  /** Queues an event; resolves with what the runtime answers to it. */
  invoke(event: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Resolves with the report of a failed init. */
  readonly initError: Promise<Answer>;
  /** From now on events are sent in chunks, and every connection is closed after its reply. */
  beDifficult(): void;
}

interface Event {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startInTestRuntimeApi(): Promise<InTestRuntimeApi> {
  const events: Event[] = [];
  const parked: ServerResponse[] = [];
  const waiting = new Map<string, (answer: Answer) => void>();
  const initError = Promise.withResolvers<Answer>();
  let isDifficult = false;
  let count = 0;

  const handOut = (): void => {
    const [response] = parked;
    const [event] = events;
    if (response === undefined || event === undefined) return;
    parked.shift();
    events.shift();
    send(response, event, isDifficult);
    handOut();
  };
  const server = createServer((request, response) => {
    if (request.url === '/2018-06-01/runtime/invocation/next') {
      parked.push(response);
      handOut();
      return;
    }
    if (request.url === '/hearth/channel') {
      // As anything that speaks HTTP alone; the server's own tests have the channel.
      response.writeHead(404).end();
      return;
    }
    void readAnswer(request).then((answer) => {
      if (isDifficult) response.setHeader('connection', 'close');
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
      if (answer.kind === 'init-error') initError.resolve(answer);
      else waiting.get(answer.requestId)?.(answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    initError: initError.promise,
    invoke: (body, headers = {}) => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const id = `8476a536-e9f4-11e8-9739-${String((count += 1)).padStart(12, '0')}`;
      waiting.set(id, resolve);
      events.push({ id, body, headers });
      handOut();
      return promise;
    },
    beDifficult: () => {
      isDifficult = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function send(response: ServerResponse, { id, body, headers }: Event, isDifficult: boolean): void {
  response.writeHead(200, {
    'Lambda-Runtime-Aws-Request-Id': id,
    'Lambda-Runtime-Deadline-Ms': String(Date.now() + 3_000),
    'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-west-1:000000000000:function:shop',
    'Content-Type': 'application/json',
    ...(isDifficult ? { Connection: 'close' } : { 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  });
  if (isDifficult) {
    for (let at = 0; at < body.length; at += 10_000) response.write(body.slice(at, at + 10_000));
    response.end();
  } else {
    response.end(body);
  }
}

async function readAnswer(request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { headers, trailers } = request;
  const body = Buffer.concat(chunks);
  const path = request.url ?? '';
  if (path === '/2018-06-01/runtime/init/error') {
    return { kind: 'init-error', requestId: '', headers, body, trailers };
  }
  const [, requestId, kind] =
    /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
  if (requestId === undefined) throw new Error(`The runtime asked for ${path}.`);
  return { kind: kind as 'response' | 'error', requestId, headers, body, trailers };
}
