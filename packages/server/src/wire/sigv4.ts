/**
 * Signature Version 4: what AWS's clients prove who they are with. Verifying costs two hashes and
 * one HMAC (the signing key is kept), which for a small request is about ten microseconds.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { RawRequest, RawRequestHead } from './raw-message.ts';
import { canonicalRequest, type CanonicalParts } from './sigv4-canonical.ts';
import { invalidSignature, signatureMismatch } from './sigv4-errors.ts';
import { scopeText, signatureOf, signingKey, type SigningScope } from './sigv4-key.ts';
import { ALGORITHM, compactTimestamp, type SignedRequest } from './sigv4-read.ts';
import { percentEncode } from './percent.ts';

export { readSignature, type SignedRequest } from './sigv4-read.ts';

/** How far a client's clock may be off. */
const CLOCK_SKEW_MS = 15 * 60 * 1_000;
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Throws the `AwsError` that AWS answers; returns where the signature holds. */
export function verifySignature(
  signed: SignedRequest,
  secretAccessKey: string,
  request: RawRequest,
  nowMs: number,
): void {
  verifyTime(signed, nowMs);
  verifySignatureOver(signed, secretAccessKey, request, () =>
    verifiedPayloadHash(signed, request.body),
  );
}

/** For a body that is not there yet: over what stands for it. The time is not looked at. */
export function verifySignatureOver(
  signed: SignedRequest,
  secretAccessKey: string,
  request: RawRequestHead,
  payloadHashOf: () => string,
): void {
  const { service, signedHeaders, timestamp } = signed;
  if (!signedHeaders.includes('host') && !signedHeaders.includes(':authority')) {
    throw invalidSignature(
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const payloadHash = payloadHashOf();
  const parts = { request, service, signedHeaders, payloadHash };
  const expected = sign(secretAccessKey, signed, timestamp, parts);
  if (!isEqual(expected, signed.signature)) throw signatureMismatch();
}

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SigningOptions {
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

/** The headers to add to the request; `host` has to be among those it has. */
export function signRequest(
  request: RawRequest,
  credentials: SigningCredentials,
  options: SigningOptions,
): Record<string, string> {
  const timestamp = compactTimestamp(options.nowMs);
  const payloadHash = hash('sha256', request.body, 'hex');
  const added: Record<string, string> = {
    'x-amz-date': timestamp,
    'x-amz-content-sha256': payloadHash,
  };
  if (credentials.sessionToken !== undefined) {
    added['x-amz-security-token'] = credentials.sessionToken;
  }
  const headers = { ...request.headers, ...added };
  const signedHeaders = Object.keys(headers).filter(isSigned).sort();
  const scope = scopeOf(options, timestamp);
  const parts = {
    request: { ...request, headers },
    service: scope.service,
    signedHeaders,
    payloadHash,
  };
  const signature = sign(credentials.secretAccessKey, scope, timestamp, parts);
  const credential = `${credentials.accessKeyId}/${scopeText(scope)}`;
  const names = signedHeaders.join(';');
  return {
    ...added,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

export interface PresignOptions extends SigningOptions {
  readonly method: string;
  readonly expiresSeconds: number;
}

/** The URL with the signature in its query: whoever has it may send the request until it expires. */
export function presignUrl(
  url: string,
  credentials: SigningCredentials,
  options: PresignOptions,
): string {
  const { origin, host, pathname, search } = new URL(url);
  const timestamp = compactTimestamp(options.nowMs);
  const scope = scopeOf(options, timestamp);
  const query = queryOf(search, {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.accessKeyId}/${scopeText(scope)}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': String(options.expiresSeconds),
    'X-Amz-Security-Token': credentials.sessionToken,
    'X-Amz-SignedHeaders': 'host',
  });
  const parts = {
    request: { method: options.method, path: pathname, query, headers: { host } },
    service: scope.service,
    signedHeaders: ['host'],
    payloadHash: scope.service === 's3' ? UNSIGNED_PAYLOAD : hash('sha256', '', 'hex'),
  };
  const signature = sign(credentials.secretAccessKey, scope, timestamp, parts);
  return `${origin}${pathname}?${query}&X-Amz-Signature=${signature}`;
}

function verifyTime(signed: SignedRequest, nowMs: number): void {
  const { timestamp, signedAtMs } = signed;
  const lifetimeMs =
    signed.expiresSeconds === undefined ? CLOCK_SKEW_MS : signed.expiresSeconds * 1_000;
  if (signedAtMs < nowMs - lifetimeMs) {
    const now = compactTimestamp(nowMs);
    const bound = compactTimestamp(nowMs - lifetimeMs);
    throw invalidSignature(
      `Signature expired: ${timestamp} is now earlier than ${bound} ` +
        `(${now} - ${lifetimeMs / 60_000} min.)`,
    );
  }
  if (signedAtMs > nowMs + CLOCK_SKEW_MS) {
    const now = compactTimestamp(nowMs);
    const bound = compactTimestamp(nowMs + CLOCK_SKEW_MS);
    throw invalidSignature(
      `Signature not yet current: ${timestamp} is still later than ${bound} (${now} + 15 min.)`,
    );
  }
}

/**
 * What stands for the body in the canonical request. A client that states a hash must have sent
 * the body of that hash; that it states none (UNSIGNED-PAYLOAD) is covered by the signature.
 */
function verifiedPayloadHash(signed: SignedRequest, body: Uint8Array): string {
  const stated = signed.payloadHash;
  if (stated === UNSIGNED_PAYLOAD) return stated;
  if (signed.service === 's3') {
    if (stated?.startsWith('STREAMING-') === true) return stated;
    if (stated === undefined && signed.kind === 'presigned') return UNSIGNED_PAYLOAD;
  }
  const actual = hash('sha256', body, 'hex');
  if (stated !== undefined && stated.toLowerCase() !== actual) throw signatureMismatch();
  return actual;
}

function sign(
  secretAccessKey: string,
  scope: SigningScope,
  timestamp: string,
  parts: CanonicalParts,
): string {
  const digest = hash('sha256', canonicalRequest(parts), 'hex');
  const stringToSign = `${ALGORITHM}\n${timestamp}\n${scopeText(scope)}\n${digest}`;
  return signatureOf(signingKey(secretAccessKey, scope), stringToSign);
}

function isEqual(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

function scopeOf({ region, service }: SigningOptions, timestamp: string): SigningScope {
  return { date: timestamp.slice(0, 8), region, service };
}

function isSigned(name: string): boolean {
  return name === 'host' || name === 'content-type' || name.startsWith('x-amz-');
}

function queryOf(search: string, added: Readonly<Record<string, string | undefined>>): string {
  const own = search.slice(1);
  const parts = Object.entries(added).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${percentEncode(value)}`],
  );
  return [...(own === '' ? [] : [own]), ...parts].join('&');
}
