/**
 * The canonical request of Signature Version 4: the one text that client and server must agree
 * on. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { percentDecode, percentEncode } from './percent.ts';
import type { RawRequestHead } from './raw-message.ts';

export interface CanonicalParts {
  readonly request: RawRequestHead;
  readonly service: string;
  /** Lower case, in the order of the signature. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const { request, service, signedHeaders, payloadHash } = parts;
  let headers = '';
  for (const name of signedHeaders) {
    const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
    headers += `${name}:${canonicalHeader(value ?? '')}\n`;
  }
  return [
    request.method,
    canonicalPath(request.path, service),
    canonicalQuery(request.query),
    headers,
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/**
 * S3 takes the path as it is named, encoded once. Every other service normalises it and encodes
 * the already encoded text again.
 */
function canonicalPath(path: string, service: string): string {
  if (path === '' || path === '/') return '/';
  // Segment by segment: an encoded slash is part of a name and stays encoded.
  if (service === 's3') return path.split('/').map(recodeSegment).join('/');
  return encodePath(path.includes('//') || path.includes('/.') ? normalise(path) : path);
}

function recodeSegment(segment: string): string {
  const decoded = percentDecode(segment);
  return decoded === undefined ? segment : percentEncode(decoded);
}

function encodePath(path: string): string {
  if (plainPath.test(path)) return path;
  return path.split('/').map(percentEncode).join('/');
}

const plainPath = /^[A-Za-z0-9\-_.~/]*$/;

function normalise(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs: (readonly [name: string, value: string])[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = recode(equals === -1 ? part : part.slice(0, equals));
    if (name === 'X-Amz-Signature') continue;
    pairs.push([name, equals === -1 ? '' : recode(part.slice(equals + 1))]);
  }
  pairs.sort(
    ([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB),
  );
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** However a client encoded it, the signature is over one encoding. */
function recode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', '%20') : text;
  return percentEncode(percentDecode(spaced) ?? spaced);
}

/** By code unit; encoded text is ASCII, so that is by byte. */
function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function canonicalHeader(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('  ') || trimmed.includes('\t')
    ? trimmed.replace(/[ \t]+/g, ' ')
    : trimmed;
}
