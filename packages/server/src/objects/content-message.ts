/** What the content thread is asked and what it answers; the number is that of one body. */
import type { DigestName } from './checksums.ts';

/** `file`: written to this new one as well; without it the body is only hashed. */
export interface StartRequest {
  readonly id: number;
  readonly kind: 'start';
  readonly names: readonly DigestName[];
  readonly file: string | undefined;
}

/** How many answers a body is done with: `finished` where it is hashed, `kept` where it has a file. */
export function answersTo({ names, file }: StartRequest): number {
  return (names.length > 0 ? 1 : 0) + (file === undefined ? 0 : 1);
}

/** A message is several of these, of one body. */
export type ContentRequest =
  | StartRequest
  /** The chunks are transferred, not copied. `tells`: that they are dealt with is answered. */
  | {
      readonly id: number;
      readonly kind: 'update';
      readonly chunks: readonly Uint8Array[];
      readonly tells: boolean;
    }
  /** Nothing more comes. */
  | { readonly id: number; readonly kind: 'finish' }
  /** After `finish`, of one with a file. */
  | { readonly id: number; readonly kind: 'keep'; readonly place: string }
  /** Instead of the rest: nobody wants it any more. */
  | { readonly id: number; readonly kind: 'cancel' };

export type ContentReply =
  /** Once: the thread has started. */
  { readonly kind: 'ready' } | BodyReply;

/** What becomes of a body. */
export type BodyReply =
  /** An `update` that asked for it, and all before it, are no longer in memory. */
  | { readonly id: number; readonly kind: 'updated' }
  /** The first of several digests of one with a file, which is what its name comes from. */
  | { readonly id: number; readonly kind: 'named'; readonly digest: Uint8Array }
  /** In the order of the names; not told where there are none. */
  | { readonly id: number; readonly kind: 'finished'; readonly digests: readonly Uint8Array[] }
  /** Its bytes and its name are durable. */
  | { readonly id: number; readonly kind: 'kept' }
  /** It was given up, and its file is gone. */
  | { readonly id: number; readonly kind: 'dropped' }
  /** The disk refused: the file is gone, unless it had its name already. */
  | { readonly id: number; readonly kind: 'failed'; readonly failure: DiskFailure };

/** A clone of an error would lose its code. */
export interface DiskFailure {
  readonly message: string;
  readonly code: string | undefined;
}
