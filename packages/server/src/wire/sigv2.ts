/**
 * S3's older signature, version 2, in the query of an address and on the policy of a form. boto3 and
 * version 1 of AWS's CLI still make both for us-east-1, unless they are told otherwise.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../core/aws-error.ts';
import { percentDecode } from './percent.ts';
import type { RawRequestHead } from './raw-message.ts';
import { resourceOf } from './s3-address.ts';
import { signatureMismatch } from './sigv4-errors.ts';

export interface SignedQuery {
  readonly accessKeyId: string;
  readonly signature: string;
  /** Seconds since 1970, as they were signed. */
  readonly expires: string;
  readonly sessionToken: string | undefined;
}

type Pairs = readonly (readonly [name: string, value: string | undefined])[];

/** Undefined where the query has no such signature. Throws where it has a part of one. */
export function readSignedQuery({ query }: RawRequestHead): SignedQuery | undefined {
  const fields = new Map(pairsOf(query));
  if (!fields.has('AWSAccessKeyId') && !fields.has('Signature')) return undefined;
  const accessKeyId = fields.get('AWSAccessKeyId');
  const signature = fields.get('Signature');
  const expires = fields.get('Expires');
  if (!accessKeyId || !signature || !expires) {
    throw denied(
      'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    );
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw denied(`Invalid date (should be seconds since epoch): ${expires}`);
  }
  return { accessKeyId, signature, expires, sessionToken: fields.get('x-amz-security-token') };
}

/** Throws SignatureDoesNotMatch. */
export function verifySignedQuery(
  { signature, expires }: SignedQuery,
  secretAccessKey: string,
  head: RawRequestHead,
): void {
  verifyText(signature, secretAccessKey, textToSign(head, expires));
}

/** The same for a text that was signed as it is: the policy of a form. */
export function verifyText(signature: string, secretAccessKey: string, text: string): void {
  const expected = createHmac('sha1', secretAccessKey).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  if (expected.byteLength !== given.byteLength || !timingSafeEqual(expected, given)) {
    throw signatureMismatch();
  }
}

function textToSign(head: RawRequestHead, expires: string): string {
  const pairs = pairsOf(head.query);
  // What a client signs as a header may stand in the query of the address that it makes.
  const headers = new Map<string, string>();
  for (const [name, value = ''] of [...pairs, ...Object.entries(head.headers)]) {
    if (isHeader(name)) headers.set(name, value.trim());
  }
  const own = [...headers].filter(([name]) => name.startsWith('x-amz-')).toSorted(byName);
  return [
    head.method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    expires,
    ...own.map(([name, value]) => `${name}:${value}`),
    resourceOf(head) + subresourcesOf(pairs),
  ].join('\n');
}

function isHeader(name: string): boolean {
  return name.startsWith('x-amz-') || name === 'content-md5' || name === 'content-type';
}

function subresourcesOf(pairs: Pairs): string {
  const named = pairs
    .filter(([name]) => !unsigned.has(name) && !isHeader(name))
    .toSorted(byName)
    .map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  return named.length === 0 ? '' : `?${named.join('&')}`;
}

/**
 * Parameters that are not part of what is signed: the signature's own, and those that choose among what
 * a listing has. All others are, also those that clients of this version do not know: nobody adds one
 * that makes another operation of an address.
 */
const unsigned: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'Expires',
  'x-id',
  'list-type',
  'prefix',
  'delimiter',
  'marker',
  'start-after',
  'continuation-token',
  'fetch-owner',
  'encoding-type',
  'max-keys',
  'key-marker',
  'version-id-marker',
  'upload-id-marker',
  'max-uploads',
  'max-parts',
  'part-number-marker',
]);

/** A value that is not there is told from one that is empty. */
function pairsOf(query: string): Pairs {
  const parts = query.split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const equals = part.indexOf('=');
    if (equals === -1) return [decoded(part), undefined];
    return [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
  });
}

function decoded(text: string): string {
  return percentDecode(text) ?? text;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function denied(message: string): AwsError {
  return new AwsError('AccessDenied', 403, message);
}
