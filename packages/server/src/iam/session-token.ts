/**
 * Session tokens that carry what they stand for, signed with a key of this server: taking on a
 * role writes nothing and sessions survive a restart. The secret access key is derived from the
 * token's text with the same key, so it is stored nowhere and cannot be had from the token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { SessionAttributes } from '../core/principal.ts';

/** Whom a session acts for. A role or a user by its id, which dies with it. */
type SessionSubject =
  | {
      readonly kind: 'role';
      readonly roleId: string;
      readonly sessionName: string;
      readonly session?: SessionAttributes;
    }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'root'; readonly account: string };

export interface SessionClaims {
  readonly accessKeyId: string;
  readonly subject: SessionSubject;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface SealedSession {
  readonly token: string;
  readonly secretAccessKey: string;
}

export function sealSession(serverKey: Uint8Array, claims: SessionClaims): SealedSession {
  const json = Buffer.from(JSON.stringify(claims));
  // Policies and tags are long, and tokens travel in headers.
  const isLong = json.length > 1024;
  const payload = isLong ? deflateRawSync(json) : json;
  const version = Buffer.from([isLong ? PACKED : PLAIN]);
  const token = Buffer.concat([version, mac(serverKey, purposeOf(isLong), payload), payload]);
  return { token: token.toString('base64'), secretAccessKey: secretOf(serverKey, payload) };
}

/** Undefined for everything that this server did not seal. Whether it expired is not checked. */
export function openSession(
  serverKey: Uint8Array,
  token: string,
): (SessionClaims & { readonly secretAccessKey: string }) | undefined {
  const sealed = Buffer.from(token, 'base64');
  // Node skips what is not base64: only the one spelling that was given out is a token.
  if (sealed.length <= HEADER_BYTES || sealed.toString('base64') !== token) return undefined;
  const version = sealed[0];
  if (version !== PLAIN && version !== PACKED) return undefined;
  const payload = sealed.subarray(HEADER_BYTES);
  const expected = mac(serverKey, purposeOf(version === PACKED), payload);
  if (!timingSafeEqual(sealed.subarray(1, HEADER_BYTES), expected)) return undefined;
  // Unpacked only now that it is known to be our own.
  const json = version === PACKED ? inflateRawSync(payload) : payload;
  const claims = JSON.parse(json.toString()) as SessionClaims;
  return { ...claims, secretAccessKey: secretOf(serverKey, payload) };
}

/** 40 characters, as AWS's secrets are. */
function secretOf(serverKey: Uint8Array, payload: Uint8Array): string {
  return mac(serverKey, 'secret', payload).subarray(0, 30).toString('base64');
}

type Purpose = 'token' | 'packed-token' | 'secret';

/** The first byte of a token is signed as well: by what its signature is made for. */
function purposeOf(isPacked: boolean): Purpose {
  return isPacked ? 'packed-token' : 'token';
}

/** The purpose keeps a token's signature from ever being a secret. */
function mac(serverKey: Uint8Array, purpose: Purpose, payload: Uint8Array): Buffer {
  return createHmac('sha256', serverKey).update(`${purpose}\0`).update(payload).digest();
}

const PLAIN = 1;
const PACKED = 2;
const HEADER_BYTES = 33;
