/**
 * The two listeners. The public one is a real socket; the other has none: sockets that a sandbox
 * opened to its own endpoint are handed to it (`acceptFromSandbox`), and it never knows the
 * loopback administrator's key.
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ListenerKind } from '../iam/credentials.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Ids } from '../lib/ids.ts';
import type { FunctionUrls } from '../services/lambda/function-urls/url-door.ts';
import type { RawResponse } from '../wire/raw-message.ts';
import type { ServiceModel } from '../wire/service-model.ts';
import { answerFunctionUrl } from './answer-function-url.ts';
import { answerRequest } from './answer-request.ts';
import { createBodyBudget, type BodyBudget } from './body-budget.ts';
import { endUnread } from './end-unread.ts';
import { namesThisMachine, webPageProblem } from '../wire/browser-guard.ts';
import { identifyService, type Destination } from './identify-service.ts';
import { answerOwnPath, jsonResponse, type OwnPath } from './own-paths.ts';
import { ownRequest } from './own-request.ts';
import { rawHeadOf, type RawHead } from './raw-request.ts';
import { readRequestSignature } from './request-signature.ts';
import {
  answerRegistry,
  type RegistryDeps,
  type RegistryRequest,
} from './registry/answer-registry.ts';
import { answerS3 } from './s3/answer-s3.ts';
import { corsHeaders } from './s3/cors.ts';
import type { S3Deps } from './s3/s3-request.ts';
import { answerUnserved } from './unserved.ts';
import { urlAddress, type UrlAddress } from './url-address.ts';
import { writeStream } from './write-stream.ts';

export interface GatewayDeps extends S3Deps {
  readonly ids: Ids;
  readonly ownPaths: readonly OwnPath[];
  /** Without them their hosts and paths are as unknown as any. */
  readonly functionUrls?: FunctionUrls;
  readonly images?: Pick<RegistryDeps, 'registry' | 'uploads' | 'links'>;
}

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** How long `close` waits for requests that are under way. */
  readonly graceMs: number;
  readonly patience?: Patience;
}

/** With callers who send little by little: what is not whole by then is answered 408 and closed. */
export interface Patience {
  /** For a request's head. */
  readonly headMs: number;
  /** For the whole request. */
  readonly requestMs: number;
  readonly lookEveryMs: number;
}

export interface Gateway extends Closeable {
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  /** A sandbox has a bounded number of connections; what it opens beyond is closed. */
  acceptFromSandbox(socket: Socket, sandboxId: string): void;
}

export async function startGateway(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
  const work: Work = { open: new Set(), isDraining: false };
  const { patience = PATIENCE } = options;
  const open = { deps, work, patience };
  const publicServer = createListener('public', Number.POSITIVE_INFINITY, open);
  const sandboxServer = createListener('sandbox', SANDBOX_BODY_BYTES, open);
  await listen(publicServer, options);
  // A failing accept (no descriptors left) is over when the next one works. Not being able to
  // listen is the caller's to tell.
  publicServer.on('error', (error) => deps.logger.error('gateway.listener-failed', { error }));
  const { port } = publicServer.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  // Node starts to watch for slow requests when a server listens; this one never does.
  sandboxServer.emit('listening');
  const sandboxes = createSandboxConnections();
  const lifetime = closeable(async () => {
    await drain(publicServer, work, options.graceMs);
    sandboxServer.closeAllConnections();
    // It never listened, which is all that `close` can complain of.
    sandboxServer.close(() => {});
  });
  return {
    ...lifetime,
    endpoint: `http://${host}:${port}`,
    acceptFromSandbox: (socket, sandboxId) => {
      if (sandboxes.admit(socket, sandboxId)) sandboxServer.emit('connection', socket);
      else socket.destroy();
    },
  };
}

/** Clients keep connections for a minute; ending one while they send on it would fail a call. */
const KEEP_ALIVE_MS = 75_000;
const PATIENCE: Patience = { headMs: 30_000, requestMs: 300_000, lookEveryMs: 10_000 };
/** AWS allows request line + headers of 1 MB; Node's own parser is bounded the same. */
const HEAD_BYTES = 1_048_576;

/** By Node's code for what is wrong with a request. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Three of the largest uploads at once, for all sandboxes together. */
const SANDBOX_BODY_BYTES = 256 * 1_048_576;
/** More than any client keeps; each costs the server a descriptor, which all sandboxes share. */
const CONNECTIONS_PER_SANDBOX = 128;

function createSandboxConnections(): { admit(socket: Socket, sandboxId: string): boolean } {
  const open = new Map<string, number>();
  return {
    admit(socket, sandboxId) {
      const count = open.get(sandboxId) ?? 0;
      if (count >= CONNECTIONS_PER_SANDBOX) return false;
      open.set(sandboxId, count + 1);
      socket.once('close', () => {
        const left = (open.get(sandboxId) ?? 1) - 1;
        if (left === 0) open.delete(sandboxId);
        else open.set(sandboxId, left);
      });
      return true;
    },
  };
}

/** What one listener works with. */
interface Side {
  readonly kind: ListenerKind;
  readonly models: readonly ServiceModel[];
  readonly bodies: BodyBudget;
}

/** The requests under way, of both listeners. */
interface Work {
  readonly open: Set<Promise<void>>;
  isDraining: boolean;
}

interface ListenerDeps {
  readonly deps: GatewayDeps;
  readonly work: Work;
  readonly patience: Patience;
}

function createListener(
  kind: ListenerKind,
  mostBodyBytes: number,
  { deps, work, patience }: ListenerDeps,
): Server {
  const models = [...deps.services.values()].map(({ model }) => model);
  const side: Side = { kind, models, bodies: createBodyBudget(mostBodyBytes) };
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: patience.headMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.lookEveryMs,
      noDelay: true,
    },
    (request, response) => {
      // A client that keeps its connection during a drain would keep the server.
      if (work.isDraining) response.shouldKeepAlive = false;
      const answering = answer(deps, side, request, response)
        .catch((error: unknown) => {
          deps.logger.error('gateway.failed', { error });
          if (response.headersSent) response.destroy();
          else write(response, jsonResponse(500, { message: 'Hearth failed; see its log.' }), true);
        })
        .finally(() => work.open.delete(answering));
      work.open.add(answering);
    },
  );
  // Malformed HTTP is answered with a status line and nothing of it is read further.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  return server;
}

async function answer(
  deps: GatewayDeps,
  side: Side,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { kind: listener, models, bodies } = side;
  const head = rawHeadOf(request);
  const { functionUrls } = deps;
  const address = functionUrls && urlAddress(head);
  if (functionUrls !== undefined && address !== undefined) {
    return answerUrl(deps, side, { functionUrls, address, head }, request, response);
  }
  const problem = listener === 'public' ? webPageProblem(head.headers, head.query) : undefined;
  const id = deps.ids.uuid();
  const signature = readRequestSignature(head);
  const destination = identifyService({ ...head, signedService: signature.service }, models);
  if (problem !== undefined && !isLetInByBucket(deps, head, destination)) {
    return write(response, jsonResponse(403, { message: problem }), hasUnread(request));
  }
  switch (destination.kind) {
    case 'hearth': {
      const own = ownRequest(deps, { listener, head, signature, message: request });
      const answered = await answerOwnPath(deps.ownPaths, own);
      return write(response, answered, hasUnread(request));
    }
    case 'registry':
      return await answerImages(deps, { id, listener, head, message: request, response, bodies });
    case 'unserved':
      return write(
        response,
        answerUnserved(destination.service, [...deps.services.keys()], head, id),
        hasUnread(request),
      );
    case 'service': {
      const call = {
        id,
        listener,
        head,
        signature,
        service: destination.name,
        message: request,
        bodies,
        endpoint: endpointOf(head),
        signal: goneSignal(response),
      };
      // Its bodies stream, both ways.
      if (destination.name === 's3') return await answerS3(deps, { ...call, response });
      const answered = await answerRequest(deps, call);
      if (answered === undefined) return;
      const { chunks } = answered.response;
      if (chunks === undefined) write(response, answered.response, answered.mustClose);
      else await writeStream(response, { ...answered.response, chunks });
    }
  }
}

async function answerImages(deps: GatewayDeps, request: RegistryRequest): Promise<void> {
  const { images } = deps;
  if (images !== undefined) return await answerRegistry({ ...deps, ...images }, request);
  const answered = jsonResponse(404, { message: 'There is no registry here.' });
  write(request.response, answered, hasUnread(request.message));
}

/** A page from elsewhere may do with a bucket what the bucket's CORS rules say, and nothing else. */
function isLetInByBucket(deps: GatewayDeps, head: RawHead, destination: Destination): boolean {
  if (destination.kind !== 'service' || destination.name !== 's3') return false;
  return (
    namesThisMachine(head.headers['host'] ?? '') && corsHeaders(deps.corsOf, head) !== undefined
  );
}

interface UrlHead {
  readonly functionUrls: FunctionUrls;
  readonly address: UrlAddress;
  readonly head: RawHead;
}

async function answerUrl(
  deps: GatewayDeps,
  { kind: listener, bodies }: Side,
  { functionUrls, address, head }: UrlHead,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answered = await answerFunctionUrl(deps, functionUrls, {
    id: deps.ids.uuid(),
    address,
    listener,
    head,
    message,
    bodies,
    endpoint: endpointOf(head),
    signal: goneSignal(response),
  });
  if (answered === undefined) return;
  const { chunks } = answered;
  if (chunks === undefined) write(response, answered, hasUnread(message));
  else await writeStream(response, { ...answered, chunks });
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    // An abort makes an exception object: not for each answered request.
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

function endpointOf(head: RawHead): string {
  return `http://${head.headers['host'] ?? 'localhost'}`;
}

function hasUnread(request: IncomingMessage): boolean {
  return !request.complete;
}

/** A function URL answers some headers several times. */
type Written = Omit<RawResponse, 'headers'> & { readonly headers: OutgoingHttpHeaders };

function write(response: ServerResponse, answered: Written, mustClose = false): void {
  const { status, headers, body } = answered;
  const all: OutgoingHttpHeaders = { ...headers };
  const mayHaveBody = status !== 204 && status !== 304;
  if (mayHaveBody) all['content-length'] = body.byteLength;
  if (mustClose) all['connection'] = 'close';
  response.writeHead(status, all);
  if (!mayHaveBody || response.req.method === 'HEAD') endUnread(response, '');
  else if (mustClose) endUnread(response, body);
  else if (body.byteLength > JOINED_BYTES) response.end(body);
  else response.end(latin1Of(body), 'latin1');
}

/** Node joins a text to the head before it, and both leave in one write; larger ones are not copied. */
const JOINED_BYTES = 16_384;

/** The same bytes as a text. */
function latin1Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops accepting, lets requests under way be answered for a while, then cuts what is left. */
async function drain(server: Server, work: Work, graceMs: number): Promise<void> {
  work.isDraining = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(() => grace.resolve(), graceMs);
  await Promise.race([Promise.allSettled(work.open), grace.promise]);
  clearTimeout(timer);
  server.closeAllConnections();
  await closed;
}
