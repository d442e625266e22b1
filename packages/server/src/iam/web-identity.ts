/**
 * An ID token of an OpenID Connect provider: its signature, issuer, audience and time are checked
 * here, and what it says becomes condition keys. What the role makes of them, its trust policy
 * decides.
 */
import { verify, type KeyObject } from 'node:crypto';
import { AwsError } from '../core/aws-error.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import type { OperationKeys } from './request-keys.ts';
import type { WebIdentityKey, WebIdentityKeys } from './web-identity-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface WebIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly claims: Claims;
}

export interface WebIdentityChecks {
  readonly keys: WebIdentityKeys;
  readonly nowMs: number;
  /** The account's provider of an issuer, by its address without the scheme. */
  readonly providerOf: (name: string) => OpenIdProvider | undefined;
}

/** Throws the `AwsError` that AWS answers for a token that is none, or not of now. */
export function readWebIdentity(
  token: string,
  { keys, nowMs, providerOf }: WebIdentityChecks,
): WebIdentity & { readonly provider: OpenIdProvider } {
  const { header, claims, signed, signature } = parseToken(token);
  const issuer = requiredText(claims, 'iss');
  const provider = providerOf(issuer.replace(/^https:\/\//, ''));
  if (provider === undefined || !issuer.startsWith('https://')) {
    throw invalidIdentity(`No OpenIDConnect provider found in your account for ${issuer}`);
  }
  if (!keys(issuer).some((key) => isSignedBy(key, header, signed, signature))) {
    // AWS: its text for a key set without the key; one for a wrong signature is not documented.
    throw invalidIdentity(
      "Couldn't retrieve verification key from your identity provider,  please reference " +
        'AssumeRoleWithWebIdentity documentation for requirements',
    );
  }
  const subject = requiredText(claims, 'sub');
  const audience = audienceOf(claims, provider);
  checkTime(claims, nowMs);
  return { issuer, subject, audience, claims, provider };
}

interface Token {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signed: string;
  readonly signature: Uint8Array;
}

function parseToken(token: string): Token {
  const [header, claims, signature, ...more] = token.split('.');
  const head = jsonOf(header);
  const body = jsonOf(claims);
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
    throw invalidIdentity(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const signed = `${header}.${claims}`;
  return { header: head, claims: body, signed, signature: Buffer.from(signature, 'base64url') };
}

function jsonOf(part: string | undefined): Claims | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** Which key may verify which algorithm: a token cannot choose another use of a key. */
const algorithms: ReadonlyMap<unknown, { readonly hash: string; readonly curve?: string }> =
  new Map([
    ['RS256', { hash: 'sha256' }],
    ['RS384', { hash: 'sha384' }],
    ['RS512', { hash: 'sha512' }],
    ['ES256', { hash: 'sha256', curve: 'prime256v1' }],
    ['ES384', { hash: 'sha384', curve: 'secp384r1' }],
    ['ES512', { hash: 'sha512', curve: 'secp521r1' }],
  ]);

function isSignedBy(
  { id, key }: WebIdentityKey,
  header: Claims,
  signed: string,
  signature: Uint8Array,
): boolean {
  const algorithm = algorithms.get(header['alg']);
  if (algorithm === undefined || !isFor(key, algorithm.curve)) return false;
  if (header['kid'] !== undefined && id !== undefined && header['kid'] !== id) return false;
  const data = Buffer.from(signed, 'latin1');
  return verify(algorithm.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function isFor(key: KeyObject, curve: string | undefined): boolean {
  if (curve === undefined) return key.asymmetricKeyType === 'rsa';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve;
}

/** AWS: `azp` stands for the audience where the token has it. */
function audienceOf(claims: Claims, { clientIds }: OpenIdProvider): string {
  const azp = claims['azp'];
  const audiences = typeof azp === 'string' ? [azp] : textsOf(claims['aud']);
  const audience = audiences.find((each) => clientIds.includes(each));
  if (audience === undefined) throw invalidIdentity('Incorrect token audience');
  return audience;
}

/** Without leeway, as far as is known of AWS. */
function checkTime(claims: Claims, nowMs: number): void {
  const nowSeconds = Math.floor(nowMs / 1000);
  const expires = claims['exp'];
  if (typeof expires !== 'number') throw missingClaim('exp');
  if (typeof claims['iat'] !== 'number') throw missingClaim('iat');
  if (nowSeconds >= expires) {
    // AWS: as clients show it.
    throw new AwsError(
      'ExpiredTokenException',
      400,
      `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${expires}`,
    );
  }
  const notBefore = claims['nbf'];
  if (typeof notBefore === 'number' && notBefore > nowSeconds) {
    throw invalidIdentity(`The ID Token provided is not valid before ${notBefore}.`);
  }
}

/** `<provider>:sub` and its kin, `aws:FederatedProvider` aside. */
export function webIdentityKeys({
  claims,
  audience,
  ...identity
}: WebIdentity & {
  readonly provider: OpenIdProvider;
}): OperationKeys {
  const { name } = identity.provider;
  const others = Object.entries(claims).filter(
    ([claim, value]) => /^[\w.-]{1,100}$/.test(claim) && textsOf(value).length > 0,
  );
  return {
    ...Object.fromEntries(others.map(([claim, value]) => [`${name}:${claim}`, textsOf(value)])),
    [`${name}:aud`]: audience,
    // AWS: the original audience, where another claim stood for it.
    ...(claims['azp'] === undefined ? {} : { [`${name}:oaud`]: textsOf(claims['aud']) }),
  };
}

function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((each) => typeof each === 'string');
}

function requiredText(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '') throw missingClaim(name);
  return value;
}

function missingClaim(name: string): AwsError {
  return invalidIdentity(`Missing a required claim: ${name}`);
}

function invalidIdentity(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', 400, message);
}
