/**
 * An HTTP request as the event that a function gets from its URL: payload format 2.0, with the
 * members that AWS was seen to send. Pure.
 */
import type { Principal } from '../../../core/principal.ts';

export interface UrlRequest {
  readonly id: string;
  readonly method: string;
  /** Still encoded; begins with a slash. */
  readonly path: string;
  readonly query: string;
  /** Lower-case names; the values of a repeated header joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly httpVersion: string;
  readonly sourceIp: string;
  /** Who signed it; undefined where nobody had to. */
  readonly caller: UrlCaller | undefined;
}

export interface UrlCaller {
  readonly accessKeyId: string;
  readonly principal: Exclude<Principal, { readonly kind: 'service' }>;
}

export interface UrlFacts {
  readonly urlId: string;
  /** Of the function. */
  readonly account: string;
  readonly region: string;
  readonly traceHeader: string;
  readonly nowMs: number;
}

export function urlEvent(request: UrlRequest, facts: UrlFacts): object {
  const { path, query, headers, caller } = request;
  const cookies = cookiesOf(headers['cookie']);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: eventHeaders(request, facts),
    ...(query === '' ? {} : { queryStringParameters: parametersOf(query) }),
    requestContext: {
      // AWS: the account of the function, unless nobody has signed.
      accountId: caller === undefined ? 'anonymous' : facts.account,
      apiId: facts.urlId,
      ...(caller === undefined ? {} : { authentication: null, authorizer: { iam: iamOf(caller) } }),
      domainName: domainOf(request, facts),
      domainPrefix: facts.urlId,
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'],
      },
      requestId: request.id,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(facts.nowMs),
      timeEpoch: facts.nowMs,
    },
    ...bodyOf(request),
  };
}

/** A signature is good for minutes: the function is not to have what could be sent again. */
const kept: ReadonlySet<string> = new Set(['authorization', 'x-amz-security-token']);
/** What concerns the connection, not the request. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function eventHeaders(
  { headers, caller, sourceIp }: UrlRequest,
  { traceHeader }: UrlFacts,
): Record<string, string> {
  const forwarded = Object.entries(headers).filter(
    ([name]) => !hopByHop.has(name) && (caller === undefined || !kept.has(name)),
  );
  const port = /:(\d+)$/.exec(headers['host'] ?? '')?.[1] ?? '80';
  return {
    ...Object.fromEntries(forwarded),
    'x-amzn-trace-id': traceHeader,
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': port,
    'x-forwarded-proto': 'http',
  };
}

function cookiesOf(header: string | undefined): readonly string[] {
  // Several headers were joined by commas, which no cookie may hold.
  return (header ?? '')
    .split(/[;,]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** AWS: the values of a repeated parameter are joined by commas. */
function parametersOf(query: string): Readonly<Record<string, string>> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(parameters);
}

function iamOf({ accessKeyId, principal }: UrlCaller): object {
  return {
    accessKey: accessKeyId,
    accountId: principal.account,
    callerId: principal.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.arn,
    userId: principal.userId,
  };
}

function domainOf({ headers }: UrlRequest, { urlId, region }: UrlFacts): string {
  const host = (headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase();
  // Under the path of the server's own name the domain is what it would be.
  return host.startsWith(`${urlId}.`) ? host : `${urlId}.lambda-url.${region}.localhost`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `04/Aug/2023:02:05:02 +0000` */
function clfTime(ms: number): string {
  const at = new Date(ms);
  const [, clock = ''] = /T(.{8})/.exec(at.toISOString()) ?? [];
  const day = String(at.getUTCDate()).padStart(2, '0');
  return `${day}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}:${clock} +0000`;
}

function bodyOf({ body, headers }: UrlRequest): object {
  if (body.length === 0) return { isBase64Encoded: false };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // AWS: forms come in base64, too; from memory: no type at all counts as bytes.
  return isText(headers['content-type'] ?? '')
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true };
}

function isText(contentType: string): boolean {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  return /^(text\/.+|application\/(json|xml|javascript|.+\+(json|xml)))$/.test(type);
}
