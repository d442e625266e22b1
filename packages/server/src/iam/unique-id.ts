/** IAM's unique identifiers: a prefix that tells the kind, and letters and digits. */
import type { Ids } from '../lib/ids.ts';

/** Users, groups, roles, managed policies, instance profiles. */
export type IdPrefix = 'AIDA' | 'AGPA' | 'AROA' | 'ANPA' | 'AIPA';

/** 17 random characters follow the prefix. */
export function uniqueId(ids: Ids, prefix: IdPrefix): string {
  return prefix + base32(BigInt(`0x${ids.hex(11)}`), 17);
}

/**
 * AWS: the 80 bits behind the prefix hold a 1, the account in 40 bits, and 39 others, so that
 * whose key it is can be told from the key alone.
 */
export function accessKeyId(ids: Ids, prefix: 'AKIA' | 'ASIA', account: string): string {
  const random = BigInt(`0x${ids.hex(5)}`) & ((1n << 39n) - 1n);
  return prefix + base32((1n << 79n) | (BigInt(account) << 39n) | random, 16);
}

/** Undefined for what has not the form of a key. */
export function accountOfAccessKey(id: string): string | undefined {
  if (!/^(AKIA|ASIA)[A-Z2-7]{16}$/.test(id)) return undefined;
  const bits = id
    .slice(4)
    .split('')
    .reduce((value, character) => (value << 5n) | BigInt(ALPHABET.indexOf(character)), 0n);
  const account = ((bits >> 39n) & ((1n << 40n) - 1n)).toString().padStart(12, '0');
  return account.length === 12 ? account : undefined;
}

/** The lowest `length` times five bits. */
function base32(value: bigint, length: number): string {
  let text = '';
  for (let left = value; text.length < length; left >>= 5n) {
    text = ALPHABET.charAt(Number(left & 31n)) + text;
  }
  return text;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
