/** What the digest thread is asked and what it answers; the number is that of one body. */
import type { DigestName } from './checksums.ts';

export type DigestRequest =
  | { readonly id: number; readonly kind: 'start'; readonly names: readonly DigestName[] }
  /** The chunks are transferred, not copied. */
  | { readonly id: number; readonly kind: 'update'; readonly chunks: readonly Uint8Array[] }
  | { readonly id: number; readonly kind: 'finish' }
  /** Nobody wants to know any more. */
  | { readonly id: number; readonly kind: 'cancel' };

export type DigestReply =
  | { readonly id: number; readonly kind: 'updated'; readonly bytes: number }
  /** In the order of the names. */
  | { readonly id: number; readonly kind: 'finished'; readonly digests: readonly Uint8Array[] };
