/**
 * What GetAuthorizationToken gives, and what a client of the registry shows as its password: whom it
 * stands for, with a proof. It is good for the registry alone: the secret key that would sign other
 * requests is not in it, and cannot be had from it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import type { Principal } from '../../core/principal.ts';
import type { ListenerKind } from '../../iam/credentials.ts';
import { accessDenied } from '../../iam/denials.ts';
import type { Identities } from '../../iam/identities.ts';
import type { SessionClaims } from '../../iam/session-token.ts';
import { accessKeyId as newAccessKeyId } from '../../iam/unique-id.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';

/** As on AWS. */
const LIFETIME_MS = 12 * 3_600_000;

export interface Login {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
}

export interface IssuedLogin {
  readonly password: string;
  readonly expiresAtMs: number;
}

export function issueLogin(
  deps: { readonly identities: Identities; readonly clock: Clock; readonly ids: Ids },
  { principal, region }: Pick<Login, 'principal' | 'region'>,
): IssuedLogin {
  const { subject, account } = subjectOf(principal);
  const accessKeyId = newAccessKeyId(deps.ids, 'ASIA', account);
  const expiresAtMs = deps.clock.nowMs() + LIFETIME_MS;
  const { token, secretAccessKey } = deps.identities.seal({ accessKeyId, subject, expiresAtMs });
  const proof = proofOf(secretAccessKey, region);
  const password = JSON.stringify([accessKeyId, token, region, proof]);
  return { password: Buffer.from(password).toString('base64url'), expiresAtMs };
}

/** Undefined for what was not issued here, or is no longer good. */
export function readLogin(
  identities: Identities,
  password: string,
  listener: ListenerKind,
): Login | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(password, 'base64url').toString());
    if (!Array.isArray(parts) || !parts.every((each) => typeof each === 'string')) return undefined;
    const [accessKeyId = '', token = '', region = '', proof = ''] = parts;
    const found = identities.findCredentials(accessKeyId, token, listener, 'ecr');
    const [given, expected] = [proof, proofOf(found.secretAccessKey, region)].map((each) =>
      Buffer.from(each),
    );
    if (given === undefined || expected === undefined || given.length !== expected.length) {
      return undefined;
    }
    if (!timingSafeEqual(given, expected)) return undefined;
    return { principal: found.principal, account: found.account, region };
  } catch (error) {
    // Not JSON, or of nobody who is known.
    if (error instanceof SyntaxError || error instanceof AwsError) return undefined;
    throw error;
  }
}

function proofOf(secret: string, region: string): string {
  return createHmac('sha256', secret).update(`image registry\0${region}`).digest('hex');
}

function subjectOf(principal: Principal): {
  readonly subject: SessionClaims['subject'];
  readonly account: string;
} {
  switch (principal.kind) {
    case 'root':
      return { subject: { kind: 'root', account: principal.account }, account: principal.account };
    case 'user':
      return { subject: { kind: 'user', userId: principal.userId }, account: principal.account };
    case 'role-session': {
      const { userId, sessionName, session, account } = principal;
      const roleId = userId.slice(0, userId.indexOf(':'));
      const own = session === undefined ? {} : { session };
      return { subject: { kind: 'role', roleId, sessionName, ...own }, account };
    }
    case 'service':
    case 'anonymous':
      throw accessDenied('ecr', 'Only users, roles and roots log in to a registry.');
  }
}
