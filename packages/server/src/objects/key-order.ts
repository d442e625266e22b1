/**
 * Keys are ordered by their bytes, and a listing by a delimiter shows the keys that begin alike as
 * one: what they have in common, and the first place behind all of them, in memory and in SQL.
 */
import type { SqlValue } from '../store/store.ts';

/** The least text behind everything that begins so. UTF-8 has no byte 0xFF: the last can grow. */
export function successor(text: Buffer): Buffer {
  const next = Buffer.from(text);
  const last = next.byteLength - 1;
  next[last] = (next[last] ?? 0) + 1;
  return next;
}

/** Up to the first delimiter behind the prefix; undefined where the key is shown itself. */
export function commonPrefix(key: Buffer, prefix: Buffer, delimiter: Buffer): Buffer | undefined {
  if (delimiter.byteLength === 0 || !key.subarray(0, prefix.byteLength).equals(prefix)) {
    return undefined;
  }
  const at = key.indexOf(delimiter, prefix.byteLength);
  return at === -1 ? undefined : key.subarray(0, at + delimiter.byteLength);
}

/** The same for the key of a row `walk`; with `parameters` as ?1 to ?4. */
export const inWalk = {
  /** 0 where there is no common prefix. */
  hasCommon: 'instr(substr(walk.key, ?1), ?2)',
  /** The successor of the common prefix. */
  behindCommon:
    'CAST(substr(walk.key, 1, ?1 - 2 + instr(substr(walk.key, ?1), ?2) + ?4) || ?3 AS BLOB)',
  parameters: (prefix: Buffer, delimiter: Buffer): readonly SqlValue[] => [
    prefix.byteLength + 1,
    delimiter,
    successor(delimiter).subarray(delimiter.byteLength - 1),
    delimiter.byteLength - 1,
  ],
} as const;
