/**
 * The public keys of OpenID Connect issuers, from a file that the operator gives: nothing is
 * fetched from anywhere. `{"https://issuer": {"keys": [<JWK>, ...]}}`
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export interface WebIdentityKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
}

/** Of an issuer, as tokens name it in `iss`; empty for one that the file does not have. */
export type WebIdentityKeys = (issuer: string) => readonly WebIdentityKey[];

export const noWebIdentityKeys: WebIdentityKeys = () => [];

/** Rejects with a sentence where the file cannot be read or is not of that form. */
export async function openWebIdentityKeys(path: string): Promise<WebIdentityKeys> {
  if (path === '') return noWebIdentityKeys;
  const issuers = new Map(
    Object.entries(await readSets(path)).map(([issuer, set]) => {
      if (!/^https:\/\/./.test(issuer)) throw unusable(path, `${issuer} is no https:// address`);
      return [issuer, keysOf(path, issuer, set)] as const;
    }),
  );
  return (issuer) => issuers.get(issuer) ?? [];
}

async function readSets(path: string): Promise<Readonly<Record<string, unknown>>> {
  let sets: unknown;
  try {
    sets = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw unusable(path, (cause as Error).message, cause);
  }
  if (typeof sets === 'object' && sets !== null) return sets as Readonly<Record<string, unknown>>;
  throw unusable(path, 'it holds no JSON object');
}

function keysOf(path: string, issuer: string, set: unknown): readonly WebIdentityKey[] {
  const { keys } = (set ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw unusable(path, `${issuer} has no list of keys`);
  return (keys as readonly object[]).map((jwk) => {
    try {
      return { id: idOf(jwk), key: createPublicKey({ key: jwk, format: 'jwk' }) };
    } catch (cause) {
      throw unusable(path, `a key of ${issuer} is none (${(cause as Error).message})`, cause);
    }
  });
}

function idOf(jwk: object): string | undefined {
  return 'kid' in jwk && typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

function unusable(path: string, why: string, cause?: unknown): Error {
  return new Error(`The web identity keys in ${path} cannot be used: ${why}.`, { cause });
}
