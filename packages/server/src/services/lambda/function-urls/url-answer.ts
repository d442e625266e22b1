/**
 * What a function answered as HTTP, by AWS's rules for payload format 2.0. Undefined is an answer
 * that is none: the caller gets 502. Pure.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';

export interface HttpHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
}

export interface HttpAnswer extends HttpHead {
  readonly body: Uint8Array;
}

const JSON_TYPE = { 'content-type': 'application/json' };

export function httpAnswer(payload: Uint8Array): HttpAnswer | undefined {
  const value = parsed(payload);
  const plain = { status: 200, headers: JSON_TYPE, cookies: [] };
  // AWS: a text is the body without its quotes; everything without a status is the body as it is.
  if (typeof value === 'string') return { ...plain, body: Buffer.from(value) };
  if (!isObject(value) || !Object.hasOwn(value, 'statusCode')) return { ...plain, body: payload };
  const head = httpHead(value, JSON_TYPE);
  const body = bodyOf(value);
  return head === undefined || body === undefined ? undefined : { ...head, body };
}

/** Status, headers and cookies, out of an answer or out of the prelude of a streamed one. */
export function httpHead(
  value: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, string>>,
): HttpHead | undefined {
  const { statusCode = 200, headers = {}, cookies = [] } = value;
  const status = isText(statusCode) ? Number(statusCode) : NaN;
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (!isObject(headers) || !Array.isArray(cookies) || !cookies.every(isText)) return undefined;
  const own = headersOf(headers);
  const texts = cookies.map(String);
  if (own === undefined || !texts.every((text) => isValid('set-cookie', text))) {
    return undefined;
  }
  return { status, headers: { ...defaults, ...own }, cookies: texts };
}

/** The server's own matter: a function that could set them could forge a second answer. */
const reserved: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function headersOf(given: object): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') return undefined;
    const text = String(value);
    if (!isValid(name, text)) return undefined;
    const key = name.toLowerCase();
    if (!reserved.has(key)) headers[key] = text;
  }
  return headers;
}

/** What may be written as text; an object may even have no way to be. */
function isText(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isValid(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function bodyOf(value: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const { body, isBase64Encoded } = value;
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body !== 'string') return undefined;
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    // A custom runtime may answer anything: it is the body as it is.
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface UrlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
  /** In the place of `body`: what is still being made. */
  readonly chunks?: AsyncIterable<Uint8Array>;
}

/** AWS: what the function did wrong is told nobody. */
export const badGateway: UrlAnswer = {
  status: 502,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('Internal Server Error'),
};

export function written({ status, headers, cookies }: HttpHead): Omit<UrlAnswer, 'body'> {
  return {
    status,
    headers: cookies.length === 0 ? headers : { ...headers, 'set-cookie': cookies },
  };
}
