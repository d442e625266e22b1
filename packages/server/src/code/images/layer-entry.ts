/**
 * What the tar of one layer says, entry by entry, once its files' bytes have been put aside. Nothing
 * of it has a place in a tree yet: a path here is text, and what it means is decided when all
 * layers are laid over each other (`image-tree.ts`).
 */
export type LayerEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly permissions: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Nine permission bits; setuid, setgid and sticky never survive. */
      readonly permissions: number;
      readonly sizeBytes: number;
      readonly sha256: string;
      /** The name of the file that holds its bytes, in the layer's folder. */
      readonly content: string;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Another name of what is at `target`, a path from the root. */
  | { readonly kind: 'hard-link'; readonly path: string; readonly target: string }
  /** Removes what the layers below have at the path, or everything below it. */
  | { readonly kind: 'whiteout' | 'opaque'; readonly path: string };

/** A layer as it lies in its folder. */
export interface UnpackedLayer {
  /** Hex: the SHA-256 of its tar, uncompressed. */
  readonly diffId: string;
  readonly entries: readonly LayerEntry[];
}

/** NAME_MAX and PATH_MAX of Linux. */
const SEGMENT_BYTES = 255;
const PATH_BYTES = 4_095;

/**
 * The clean path of a tar's entry, '' for the root itself; undefined where it is not acceptable.
 * Archives of images begin their names with `./`, `/` or neither.
 */
export function layerPath(name: string): string | undefined {
  if (name.includes('\0') || Buffer.byteLength(name) > PATH_BYTES) return undefined;
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  const isUsable = (segment: string): boolean =>
    segment !== '..' && Buffer.byteLength(segment) <= SEGMENT_BYTES;
  return segments.every(isUsable) ? segments.join('/') : undefined;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Undefined for what is no whiteout; `ignored` for AUFS's own notes. */
export function whiteoutOf(path: string): LayerEntry | 'ignored' | undefined {
  const slash = path.lastIndexOf('/');
  const [folder, name] = [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
  if (!name.startsWith(WHITEOUT)) return undefined;
  if (name === OPAQUE) return { kind: 'opaque', path: folder };
  const hidden = name.slice(WHITEOUT.length);
  // `.wh...` would hide the folder above.
  if (name.startsWith('.wh..wh.') || hidden === '' || hidden === '.' || hidden === '..')
    return 'ignored';
  return { kind: 'whiteout', path: folder === '' ? hidden : `${folder}/${hidden}` };
}
