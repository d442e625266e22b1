/** IAM's unique identifiers: a prefix that tells the kind, and random letters and digits. */
import type { Ids } from '../lib/ids.ts';

export type IdPrefix = 'AROA' | 'ANPA' | 'ASIA';

/** `AROA` and `ANPA` are followed by 17 characters, access keys by 16. */
export function uniqueId(ids: Ids, prefix: IdPrefix): string {
  const length = prefix === 'ASIA' ? 16 : 17;
  const random = BigInt(`0x${ids.hex(11)}`);
  return prefix + base32(random).slice(-length);
}

/** 88 bits make 18 characters; the first holds only three of them and is not used. */
function base32(value: bigint): string {
  let text = '';
  for (let left = value, count = 0; count < 18; left >>= 5n, count++) {
    text = ALPHABET.charAt(Number(left & 31n)) + text;
  }
  return text;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
