/** What the server asks of an archive worker, and what it is answered. */
import type { CodeRejection } from './code-rejected.ts';
import type { LayerSource } from './images/unpack-layer.ts';

export type ArchiveJob =
  | {
      readonly kind: 'extract';
      readonly zip: string;
      /** Hex; the bytes read must have this hash. */
      readonly sha256: string;
      /** A folder that does not exist yet. */
      readonly target: string;
      readonly manifest: string;
      /** What it may unpack to. */
      readonly mostBytes: number;
    }
  | { readonly kind: 'verify'; readonly folder: string; readonly manifest: string }
  /** Lays volumes over each other in a folder that does not exist yet; the later wins. */
  | { readonly kind: 'merge'; readonly folders: readonly string[]; readonly target: string }
  /** Takes the layer of an image apart into `target`, a folder that does not exist yet. */
  | ({ readonly kind: 'unpack-layer'; readonly manifest: string } & LayerSource)
  | { readonly kind: 'verify-layer'; readonly folder: string; readonly manifest: string }
  /** Makes an image of layers, the lowest first, in a folder that does not exist yet. */
  | {
      readonly kind: 'compose';
      readonly layers: readonly { readonly folder: string; readonly manifest: string }[];
      readonly target: string;
      readonly mostBytes: number;
    };

export type ArchiveAnswer =
  /** The sum of the sizes of the volume's files; 0 for a merge. */
  | {
      readonly kind: 'done';
      readonly unzippedBytes: number;
      /** Hex, of a layer of an image: the hash of its tar, uncompressed. */
      readonly diffId?: string;
    }
  | { readonly kind: 'rejected'; readonly reason: CodeRejection; readonly detail: string }
  /** The volume, its manifest or the stored zip is not what was stored. */
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };
