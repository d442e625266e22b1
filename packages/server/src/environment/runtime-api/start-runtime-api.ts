/**
 * The Runtime API of all environments: one HTTP server without an address. Sockets come from the
 * sandboxes' own listeners, and the listener decides whose session a request belongs to.
 * Mirrors AWS's "Using the Lambda runtime API" (2018-06-01).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { adjustableLimits } from '../../core/adjustable-limits.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { webPageProblem } from '../../wire/browser-guard.ts';
import { METADATA_PATH, serveMetadata } from '../metadata.ts';
import { EXTENSIONS_PREFIX, serveExtensions } from '../extensions-api/serve-extensions.ts';
import { httpTaker } from './event-taker.ts';
import { serveTelemetry, telemetryApi } from '../telemetry/serve-telemetry.ts';
import { replyText, replyUnknown } from './replies.ts';
import { routeRequest } from './route-request.ts';
import { serveChannel } from './runtime-channel.ts';
import type { RuntimeSession } from './runtime-session.ts';

export interface RuntimeApi extends Closeable {
  /** Serves this connection as the session's; the session may refuse it. */
  accept(socket: Socket, session: RuntimeSession): void;
}

/** Hearth's own: where its runtimes leave HTTP. */
const CHANNEL = '/hearth/channel';
/** A runtime sends a few hundred bytes of headers. */
const MAX_HEADER_BYTES = 32_768;
/** Until a request's headers are complete: against clients that trickle. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Until its body is: the longest timeout that a function can have; its own ends it earlier. */
const REQUEST_TIMEOUT_MS = adjustableLimits.timeoutSeconds.most * 1_000;

export interface RuntimeApiOptions {
  /** Shorter in tests. */
  readonly headersTimeoutMs?: number;
  /** Whether a web page that is opened on this machine could reach it, and so must be refused. */
  readonly isOnHostLoopback?: boolean;
}

export function startRuntimeApi(
  deps: { readonly logger: Logger },
  options: RuntimeApiOptions = {},
): RuntimeApi {
  const isFromPage = ({ headers }: IncomingMessage): boolean =>
    options.isOnHostLoopback === true && isFromWebPage(headers);
  const headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const sessions = new WeakMap<Socket, RuntimeSession>();
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Between `next` and its answer a connection is silent for as long as the handler runs.
      keepAliveTimeout: 0,
    },
    (request, response) => {
      const session = sessions.get(request.socket);
      if (session === undefined || isFromPage(request)) request.socket.destroy();
      else serve(deps.logger, session, request, response);
    },
  );
  server.on('upgrade', (request, socket, head) => {
    const session = sessions.get(request.socket);
    const isOurs = request.url === CHANNEL && request.headers.upgrade === 'hearth-runtime';
    if (!isOurs || session === undefined || isFromPage(request) || !session.openChannel())
      socket.destroy();
    else serveChannel(request.socket, session, head);
  });
  // Node starts to watch for slow requests when a server listens; ours never does.
  server.emit('listening');
  return {
    accept(socket, session) {
      if (!session.admit(socket)) {
        socket.destroy();
        return;
      }
      sessions.set(socket, session);
      socket.setNoDelay(true);
      server.emit('connection', socket);
    },
    ...closeable(() => closeServer(server)),
  };
}

/**
 * A page has a public name, with a dot in it; runtimes and extensions that write their requests
 * themselves put any single word into Host.
 */
function isFromWebPage({ host = '', ...headers }: IncomingMessage['headers']): boolean {
  const isPublicName = host.includes('.');
  return webPageProblem(isPublicName ? { ...headers, host } : headers) !== undefined;
}

function serve(
  logger: Logger,
  session: RuntimeSession,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url?.split('?', 1)[0] ?? '';
  if (path.startsWith(EXTENSIONS_PREFIX)) {
    const call = path.slice(EXTENSIONS_PREFIX.length);
    settle(serveExtensions(session.extensions, call, request, response));
    return;
  }
  const telemetry = telemetryApi(path);
  if (telemetry !== undefined) {
    if (session.extensions.isEnded) return;
    const { extensions, telemetry: source } = session;
    settle(serveTelemetry(telemetry, { extensions, source }, request, response));
    return;
  }
  // While extensions still hear of the end, the runtime has no say any more.
  if (session.isEnded) return;
  if (path === METADATA_PATH && session.metadata !== undefined) {
    serveMetadata(session.metadata, request, response);
    return;
  }
  const route = routeRequest(request.method ?? '', request.url ?? '');
  switch (route.kind) {
    case 'next':
      session.next(httpTaker(response));
      return;
    case 'response':
      settle(session.answer(route.requestId, request, response));
      return;
    case 'error':
      settle(session.fail(route.requestId, request, response));
      return;
    case 'init-error':
      settle(session.failInit(request, response));
      return;
    case 'ping':
      replyText(response, 200, 'pong');
      return;
    case 'assignment':
      session.awaitAssignment(httpTaker(response));
      return;
    case 'wrong-method':
      response.writeHead(405).end();
      return;
    case 'unknown':
      replyUnknown(response);
      return;
  }
  function settle(work: Promise<void>): void {
    work.catch((error: unknown) => {
      // A bug of ours ends this runtime's connection, never the server.
      logger.error('runtime-api.failed', { error });
      request.socket.destroy();
    });
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  // It never listened, so 'close' reports ERR_SERVER_NOT_RUNNING; only the end matters.
  return new Promise((resolve) => server.close(() => resolve()));
}
