/** Which call of the Runtime API a request line means. Pure. */
export type RuntimeApiRoute =
  | { readonly kind: 'next' | 'init-error' | 'ping' | 'assignment' | 'wrong-method' | 'unknown' }
  | { readonly kind: 'response' | 'error'; readonly requestId: string };

const PREFIX = '/2018-06-01/';
/** Hearth's own: what a booted runtime asks before it has a function; unknown to all others. */
const ASSIGNMENT = '/hearth/assignment';
const INVOCATION = 'runtime/invocation/';

const fixed: Readonly<Record<string, { readonly method: string; readonly kind: FixedKind }>> = {
  'runtime/invocation/next': { method: 'GET', kind: 'next' },
  'runtime/init/error': { method: 'POST', kind: 'init-error' },
  ping: { method: 'GET', kind: 'ping' },
};
type FixedKind = 'next' | 'init-error' | 'ping';

export function routeRequest(method: string, url: string): RuntimeApiRoute {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (path === ASSIGNMENT && method === 'GET') return { kind: 'assignment' };
  if (!path.startsWith(PREFIX)) return { kind: 'unknown' };
  const call = path.slice(PREFIX.length);
  const known = Object.hasOwn(fixed, call) ? fixed[call] : undefined;
  if (known !== undefined) {
    return { kind: method === known.method ? known.kind : 'wrong-method' };
  }
  if (!call.startsWith(INVOCATION)) return { kind: 'unknown' };
  const [requestId, verb, ...rest] = call.slice(INVOCATION.length).split('/');
  if (requestId === undefined || requestId === '' || rest.length > 0) return { kind: 'unknown' };
  if (verb !== 'response' && verb !== 'error') return { kind: 'unknown' };
  return method === 'POST' ? { kind: verb, requestId } : { kind: 'wrong-method' };
}
