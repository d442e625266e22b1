/** What the helper's main thread and the thread of its mounts say to each other. */
import type { InitResult } from '../oci/protocol.ts';

export interface MountSettings {
  /** On a disk: the images of volumes are in it. */
  readonly folder: string;
}

/** In the mount namespace of the helper; each is answered once, beside `close`. */
export type MountCall =
  /** A new /tmp of this size at an empty folder. */
  | {
      readonly kind: 'tmp';
      readonly id: number;
      readonly target: string;
      readonly sizeMib: number;
    }
  /** What is mounted there goes, with what is mounted below. */
  | { readonly kind: 'detach'; readonly id: number; readonly target: string };

export type MountAnswer =
  | ({ readonly kind: 'open' } & Pick<InitResult, 'tmp' | 'warnings'>)
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string };
