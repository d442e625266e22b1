/**
 * CORS as function URLs answer it themselves, in the place of the function: where a URL has rules,
 * a preflight never reaches the function and the headers that it sets for itself are replaced.
 * Mirrors AWS's "Cross-origin resource sharing" of function URLs. Pure.
 */
import type { CorsRules } from '../../../functions/function-url.ts';

type Headers = Readonly<Record<string, string>>;

/** The answer's headers, where the request is a preflight. */
export function preflightHeaders(
  cors: CorsRules,
  method: string,
  headers: Headers,
): Headers | undefined {
  const asked = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || headers['origin'] === undefined || asked === undefined) {
    return undefined;
  }
  const origin = originHeaders(cors, headers['origin']);
  // AWS: a preflight that may not is answered all the same, without what the browser looks for.
  if (origin === undefined || !includes(cors.allowMethods, asked)) return {};
  return {
    ...origin,
    ...joined('access-control-allow-methods', cors.allowMethods),
    ...joined('access-control-allow-headers', cors.allowHeaders),
    ...joined('access-control-expose-headers', cors.exposeHeaders),
    ...(cors.maxAgeSeconds === undefined
      ? {}
      : { 'access-control-max-age': String(cors.maxAgeSeconds) }),
  };
}

/** What an answer to a request of this origin gets. */
export function corsHeaders(cors: CorsRules, origin: string | undefined): Headers {
  const own = origin === undefined ? undefined : originHeaders(cors, origin);
  if (own === undefined) return {};
  return { ...own, ...joined('access-control-expose-headers', cors.exposeHeaders) };
}

export function isCorsHeader(name: string): boolean {
  return name.startsWith('access-control-');
}

function originHeaders(cors: CorsRules, origin: string): Headers | undefined {
  const { allowCredentials = false, allowOrigins } = cors;
  if (!includes(allowOrigins, origin)) return undefined;
  // Browsers take no wildcard beside credentials: then the origin itself is named.
  const isForAll = allowOrigins?.includes('*') === true && !allowCredentials;
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    ...(isForAll ? {} : { vary: 'Origin' }),
    ...(allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

function includes(allowed: readonly string[] | undefined, value: string): boolean {
  return allowed !== undefined && (allowed.includes('*') || allowed.includes(value));
}

function joined(name: string, values: readonly string[] | undefined): Headers {
  return values === undefined || values.length === 0 ? {} : { [name]: values.join(',') };
}
