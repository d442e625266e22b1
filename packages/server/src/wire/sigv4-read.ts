/**
 * The signature that a request carries, in its Authorization header or its query. Only read
 * here, not believed: `verifySignature` does that with the key it names.
 */
import { remembered } from '../lib/remembered.ts';
import { incompleteSignature, invalidSignature } from './sigv4-errors.ts';
import { percentDecode } from './percent.ts';
import type { RawRequestHead } from './raw-message.ts';
import type { SigningScope } from './sigv4-key.ts';
import { parseQuery } from './query-string.ts';

export interface SignedRequest extends SigningScope {
  readonly kind: 'header' | 'presigned';
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** `20261124T101500Z`, as it was signed. */
  readonly timestamp: string;
  readonly signedAtMs: number;
  /** How long a presigned request is good for. */
  readonly expiresSeconds: number | undefined;
  /** X-Amz-Content-Sha256, where the client said what it signed. */
  readonly payloadHash: string | undefined;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Undefined where the request carries no signature at all. */
export function readSignature(request: RawRequestHead): SignedRequest | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return readHeader(request, authorization);
  return request.query.includes('X-Amz-') ? readPresigned(request) : undefined;
}

function readHeader(request: RawRequestHead, authorization: string): SignedRequest {
  const { headers } = request;
  const space = authorization.indexOf(' ');
  const algorithm = space === -1 ? authorization : authorization.slice(0, space);
  if (algorithm !== ALGORITHM) throw unsupported(authorization);
  const fields = headerFields(authorization.slice(space + 1), authorization);
  const timestamp = timestampOf(headers);
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (timestamp === undefined) {
    missing.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  if (missing.length > 0 || timestamp === undefined) {
    throw incompleteSignature(`${missing.join(' ')} Authorization=${authorization}`);
  }
  return assemble({
    kind: 'header',
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
    sessionToken: headers['x-amz-security-token'],
    timestamp,
    expiresSeconds: undefined,
    payloadHash: headers['x-amz-content-sha256'],
  });
}

function headerFields(text: string, authorization: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const pair = part.trim();
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals === -1) {
      throw incompleteSignature(
        `'${pair}' not a valid key=value pair (missing equal-sign) in Authorization header: ` +
          `'${authorization}'.`,
      );
    }
    fields.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return fields;
}

function unsupported(authorization: string): Error {
  return incompleteSignature(
    `Unsupported AWS 'algorithm': '${authorization.split(' ', 1)[0]}'. ` +
      `Authorization header must start with '${ALGORITHM}'.`,
  );
}

/** X-Amz-Date counts before Date, which may be an HTTP date. */
function timestampOf(headers: RawRequestHead['headers']): string | undefined {
  const own = headers['x-amz-date'];
  if (own !== undefined) return own;
  const { date } = headers;
  if (date === undefined || compactDate.test(date)) return date;
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? date : compactTimestamp(parsed.getTime());
}

function readPresigned(request: RawRequestHead): SignedRequest | undefined {
  const query = presignedFields(request.query);
  if (!query.has('X-Amz-Signature') && !query.has('X-Amz-Algorithm')) return undefined;
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw incompleteSignature(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  }
  const missing = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
    .filter((name) => !query.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'.`);
  if (missing.length > 0) {
    throw incompleteSignature(`${missing.join(' ')} Re-examine the query-string parameters.`);
  }
  return assemble({
    kind: 'presigned',
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    sessionToken: query.get('X-Amz-Security-Token'),
    timestamp: query.get('X-Amz-Date') ?? '',
    expiresSeconds: readExpires(query.get('X-Amz-Expires')),
    payloadHash: query.get('X-Amz-Content-Sha256') ?? request.headers['x-amz-content-sha256'],
  });
}

/** Of a parameter that stands twice, none is believed. */
function presignedFields(query: string): ReadonlyMap<string, string> {
  const own = query
    .split('&')
    .filter((part) => (percentDecode(part) ?? part).startsWith('X-Amz-'))
    .join('&');
  const fields = new Map<string, string>();
  for (const [name, value] of parseQuery(own)) {
    if (fields.has(name)) {
      throw incompleteSignature(`The query-string parameter '${name}' must be given once.`);
    }
    fields.set(name, value);
  }
  return fields;
}

/** AWS: a week at most. */
const LONGEST_EXPIRY_SECONDS = 604_800;

function readExpires(text: string | undefined): number {
  // AWS: services other than S3 accept a presigned request without it, for fifteen minutes.
  if (text === undefined) return 900;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > LONGEST_EXPIRY_SECONDS) {
    throw incompleteSignature(
      `X-Amz-Expires must be a number of seconds between 0 and ${LONGEST_EXPIRY_SECONDS}.`,
    );
  }
  return seconds;
}

interface Found {
  readonly kind: SignedRequest['kind'];
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly timestamp: string;
  readonly expiresSeconds: number | undefined;
  readonly payloadHash: string | undefined;
}

function assemble({ credential, signedHeaders, ...rest }: Found): SignedRequest {
  const { accessKeyId, date, region, service } = credentialOf(credential);
  const signedAtMs = parseTimestamp(rest.timestamp);
  if (date !== rest.timestamp.slice(0, 8)) {
    throw invalidSignature(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${date}' != '${rest.timestamp.slice(0, 8)}', from '${rest.timestamp}'.`,
    );
  }
  const names = namesOf(signedHeaders);
  return { ...rest, accessKeyId, date, region, service, signedHeaders: names, signedAtMs };
}

/** A client repeats both in all its requests of a day. */
const credentialOf = remembered(readCredential);
const namesOf = remembered((text): readonly string[] => text.toLowerCase().split(';'));

function readCredential(credential: string): SigningScope & { readonly accessKeyId: string } {
  const [accessKeyId = '', date = '', region = '', service = '', terminator, ...more] =
    credential.split('/');
  if (terminator === undefined || more.length > 0) {
    throw incompleteSignature(
      'Credential must have exactly 5 slash-delimited elements, ' +
        `e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  if (terminator !== 'aws4_request') {
    throw invalidSignature(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  return { accessKeyId, date, region, service };
}

const compactDate = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** A client signs many requests in one second; each of them carries the same text. */
let latest: { readonly timestamp: string; readonly atMs: number } = { timestamp: '', atMs: 0 };

function parseTimestamp(timestamp: string): number {
  if (timestamp !== latest.timestamp) latest = { timestamp, atMs: readTimestamp(timestamp) };
  return latest.atMs;
}

function readTimestamp(timestamp: string): number {
  const match = compactDate.exec(timestamp);
  const atMs = match === null ? Number.NaN : Date.parse(timestamp.replace(compactDate, isoDate));
  if (Number.isNaN(atMs)) {
    throw incompleteSignature(
      `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. ` +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    );
  }
  return atMs;
}

const isoDate = '$1-$2-$3T$4:$5:$6Z';

/** `20261124T101500Z` */
export function compactTimestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
