/** Which call of the Extensions API a request is, and its end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { replyUnknown } from '../runtime-api/replies.ts';
import type { ExtensionRegistry } from './extension-registry.ts';

export const EXTENSIONS_PREFIX = '/2020-01-01/extension/';

interface Call {
  readonly method: 'GET' | 'POST';
  readonly serve: (
    registry: ExtensionRegistry,
    request: IncomingMessage,
    response: ServerResponse,
  ) => Promise<void> | void;
}

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['register', { method: 'POST', serve: (registry, ...http) => registry.register(...http) }],
  ['event/next', { method: 'GET', serve: (registry, ...http) => registry.next(...http) }],
  [
    'init/error',
    { method: 'POST', serve: (registry, ...http) => registry.fail('InitError', ...http) },
  ],
  [
    'exit/error',
    { method: 'POST', serve: (registry, ...http) => registry.fail('ExitError', ...http) },
  ],
]);

/** `path` is what follows the prefix, without a query. Rejects only by a bug of ours. */
export async function serveExtensions(
  registry: ExtensionRegistry,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (registry.isEnded) return;
  const call = calls.get(path);
  if (call === undefined) replyUnknown(response);
  else if (request.method !== call.method) response.writeHead(405).end();
  else await call.serve(registry, request, response);
}
