/**
 * The signing key of a day, region and service: four HMACs that are the same for every request
 * of a caller that day, so they are kept. The cache holds keys derived from secrets in memory
 * only, and no more than a bounded number of them.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export interface SigningScope {
  /** `20261124` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const MOST_KEYS = 1_000;
const keys = new Map<string, KeyObject>();

export function signingKey(secretAccessKey: string, scope: SigningScope): KeyObject {
  const { date, region, service } = scope;
  // The secret comes last: the parts before it cannot hold a slash.
  const name = `${date}/${region}/${service}/${secretAccessKey}`;
  const earlier = keys.get(name);
  if (earlier !== undefined) return earlier;
  const ofDate = hmac(`AWS4${secretAccessKey}`, date);
  const key = createSecretKey(hmac(hmac(hmac(ofDate, region), service), 'aws4_request'));
  if (keys.size >= MOST_KEYS) forgetOldest();
  keys.set(name, key);
  return key;
}

export function signatureOf(key: KeyObject, stringToSign: string): string {
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}

export function scopeText({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** A Map keeps the order of insertion. */
function forgetOldest(): void {
  for (const name of keys.keys()) {
    keys.delete(name);
    return;
  }
}
