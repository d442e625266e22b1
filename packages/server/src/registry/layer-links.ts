/**
 * Addresses by which whoever has one reads one layer for a while, as the presigned ones of AWS: they
 * carry whose it is, when they end, and an HMAC over all; the key lives as long as the process.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { RepositoryKey } from './repository.ts';

export interface LayerLinks {
  /** An address below `endpoint`. */
  link(endpoint: string, key: RepositoryKey, digest: string): string;
  /** Whose layer a request for such an address may read; undefined where it carries nothing, or nothing good. */
  ownerOf(path: string, query: string): Pick<RepositoryKey, 'account' | 'region'> | undefined;
}

const KEY_BYTES = 32;
/** As on AWS. */
const LIFETIME_SECONDS = 3_600;

export function createLayerLinks({
  clock,
  ids,
}: {
  readonly clock: Clock;
  readonly ids: Ids;
}): LayerLinks {
  const secret = Buffer.from(ids.hex(KEY_BYTES), 'hex');
  const sign = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
  return {
    link: (endpoint, { account, region, name }, digest) => {
      const path = `/v2/${name}/blobs/${digest}`;
      const expires = String(Math.ceil(clock.nowMs() / 1_000) + LIFETIME_SECONDS);
      const token = sign(path, account, region, expires).toString('hex');
      const query = new URLSearchParams({ account, region, expires, token });
      return `${endpoint}${path}?${query.toString()}`;
    },
    ownerOf: (path, query) => {
      const asked = new URLSearchParams(query);
      const [account = '', region = '', expires = '', token = ''] = [
        'account',
        'region',
        'expires',
        'token',
      ].map((name) => asked.get(name) ?? '');
      const [given, expected] = [Buffer.from(token, 'hex'), sign(path, account, region, expires)];
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
      return isOurs && Number(expires) * 1_000 > clock.nowMs() ? { account, region } : undefined;
    },
  };
}
