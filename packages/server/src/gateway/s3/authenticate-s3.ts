/**
 * Who sends an S3 request. As for every service, but in S3's words, over a head whose body is
 * still to come, and with nobody as a possible answer: what nobody may do, the policies say.
 */
import { AwsError } from '../../core/aws-error.ts';
import { anonymous } from '../../core/principal.ts';
import type { ListenerKind } from '../../iam/credentials.ts';
import type { Identities } from '../../iam/identities.ts';
import type { Clock } from '../../lib/clock.ts';
import { readSignedQuery, verifySignedQuery } from '../../wire/sigv2.ts';
import { verifySignatureOver, type SignedRequest } from '../../wire/sigv4.ts';
import type { Caller } from '../authenticate.ts';
import type { RawHead } from '../raw-request.ts';

export interface S3Caller extends Caller {
  /** Undefined for nobody. */
  readonly signed: SignedRequest | undefined;
  readonly secretAccessKey: string;
  /** What stands for the body in the signature: a hash, or how the body is to be read. */
  readonly payload: string;
  readonly conditions: Readonly<Record<string, string>>;
}

const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

const streamed: ReadonlySet<string> = new Set([
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
]);

interface Deps {
  readonly identities: Identities;
  readonly clock: Clock;
}

export function authenticateS3(
  deps: Deps,
  listener: ListenerKind,
  signed: SignedRequest | undefined,
  head: RawHead,
): S3Caller {
  if (signed === undefined) return byOlderSignature(deps, listener, head) ?? nobody(head);
  if (signed.service !== 's3') {
    throw malformed(`the service '${signed.service}' is wrong; expecting 's3'`);
  }
  if (!/^[a-z]{2,4}(?:-[a-z]{2,9}){1,2}-\d{1,2}$/.test(signed.region)) {
    throw malformed(`the region '${signed.region}' is wrong`);
  }
  const payload = payloadOf(signed);
  const nowMs = deps.clock.nowMs();
  const found = deps.identities.findCredentials(
    signed.accessKeyId,
    signed.sessionToken,
    listener,
    's3',
  );
  checkTime(signed, nowMs);
  checkHeadersAreSigned(signed, head);
  verifySignatureOver(signed, found.secretAccessKey, head, () => payload);
  if (signed.sessionToken === undefined && found.principal.kind === 'user') {
    const { service, region } = signed;
    deps.identities.keyUses.note(signed.accessKeyId, { atMs: nowMs, service, region });
  }
  return {
    principal: found.principal,
    account: found.account,
    region: signed.region,
    signed,
    secretAccessKey: found.secretAccessKey,
    payload,
    conditions: {
      's3:authType': signed.kind === 'presigned' ? 'REST-QUERY-STRING' : 'REST-HEADER',
      's3:signatureversion': 'AWS4-HMAC-SHA256',
      's3:signatureAge': String(Math.max(0, nowMs - signed.signedAtMs)),
      's3:x-amz-content-sha256': payload,
    },
  };
}

/** Of an address that was signed by version 2, which names no region. */
function byOlderSignature(
  { identities, clock }: Deps,
  listener: ListenerKind,
  head: RawHead,
): S3Caller | undefined {
  const signed = readSignedQuery(head);
  if (signed === undefined) return undefined;
  const { accessKeyId, expires, sessionToken } = signed;
  const found = identities.findCredentials(accessKeyId, sessionToken, listener, 's3');
  const nowMs = clock.nowMs();
  if (nowMs > Number(expires) * 1_000) throw expired(Number(expires) * 1_000, nowMs);
  verifySignedQuery(signed, found.secretAccessKey, head);
  if (sessionToken === undefined && found.principal.kind === 'user') {
    identities.keyUses.note(accessKeyId, { atMs: nowMs, service: 's3', region: 'us-east-1' });
  }
  return {
    ...nobody(head),
    principal: found.principal,
    account: found.account,
    conditions: { 's3:authType': 'REST-QUERY-STRING', 's3:signatureversion': 'AWS' },
  };
}

function nobody(head: RawHead): S3Caller {
  return {
    principal: anonymous,
    account: anonymous.account,
    region: 'us-east-1',
    signed: undefined,
    secretAccessKey: '',
    payload: head.headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD,
    conditions: {},
  };
}

function payloadOf(signed: SignedRequest): string {
  const stated = signed.payloadHash;
  if (stated === undefined) {
    if (signed.kind === 'presigned') return UNSIGNED_PAYLOAD;
    throw new AwsError(
      'InvalidRequest',
      400,
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  if (stated === UNSIGNED_PAYLOAD || streamed.has(stated) || /^[0-9a-fA-F]{64}$/.test(stated)) {
    return stated;
  }
  throw new AwsError(
    'InvalidArgument',
    400,
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid ' +
      'sha256 value.',
    { members: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: stated } },
  );
}

const SKEW_MS = 15 * 60_000;

function checkTime(signed: SignedRequest, nowMs: number): void {
  const { signedAtMs, expiresSeconds } = signed;
  const now = new Date(nowMs).toISOString();
  if (signed.kind === 'presigned' && expiresSeconds !== undefined) {
    const expiresMs = signedAtMs + expiresSeconds * 1_000;
    if (nowMs > expiresMs) {
      throw expired(expiresMs, nowMs);
    }
    if (signedAtMs > nowMs + SKEW_MS) {
      throw new AwsError('AccessDenied', 403, 'Request is not valid yet');
    }
    return;
  }
  if (Math.abs(nowMs - signedAtMs) <= SKEW_MS) return;
  throw new AwsError(
    'RequestTimeTooSkewed',
    403,
    "The difference between the request time and the server's time is too large.",
    {
      members: {
        RequestTime: signed.timestamp,
        ServerTime: now,
        MaxAllowedSkewMilliseconds: String(SKEW_MS),
      },
    },
  );
}

function expired(expiresMs: number, nowMs: number): AwsError {
  const [Expires, ServerTime] = [expiresMs, nowMs].map((each) => new Date(each).toISOString());
  return new AwsError('AccessDenied', 403, 'Request has expired', {
    members: { Expires: Expires ?? '', ServerTime: ServerTime ?? '' },
  });
}

/** AWS: a header of S3's that is not part of the signature could have been added by anybody. */
function checkHeadersAreSigned({ kind, signedHeaders }: SignedRequest, head: RawHead): void {
  if (kind !== 'header') return;
  const unsigned = Object.keys(head.headers).filter(
    (name) => name.startsWith('x-amz-') && !signedHeaders.includes(name),
  );
  if (unsigned.length === 0) return;
  throw new AwsError(
    'AccessDenied',
    403,
    'There were headers present in the request which were not signed',
    { members: { HeadersNotSigned: unsigned.join(', ') } },
  );
}

function malformed(what: string): AwsError {
  return new AwsError(
    'AuthorizationHeaderMalformed',
    400,
    `The authorization header is malformed; ${what}`,
  );
}

/** What the common reading of signatures throws, in S3's words. */
export function inS3Words(error: AwsError, isPresigned: boolean): AwsError {
  if (error.code === 'IncompleteSignatureException') {
    return isPresigned
      ? new AwsError('AuthorizationQueryParametersError', 400, error.message)
      : new AwsError('AuthorizationHeaderMalformed', 400, error.message);
  }
  if (error.code === 'InvalidSignatureException') {
    return new AwsError(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided. Check your ' +
        'key and signing method.',
    );
  }
  return error;
}
