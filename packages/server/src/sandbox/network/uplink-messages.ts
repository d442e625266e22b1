/** What the helper's main thread and the thread of its uplink say to each other. */
import type { Destination } from '../../core/destination.ts';

export interface UplinkSettings {
  /** Named in everything that is made on the host. */
  readonly owner: string;
  /** Where servers of this machine keep what they share. */
  readonly runFolder: string;
  /** Owners whose server lives but whose helper died. */
  readonly deadOwners: readonly string[];
  readonly allow: readonly Destination[];
}

export type UplinkCall =
  /** Descriptors are those of the process; it is not closed before the answer. */
  | { readonly kind: 'attach'; readonly id: number; readonly namespaceFd: number }
  /** The sandbox that had this slot is gone. */
  | { readonly kind: 'detach'; readonly slot: number }
  | { readonly kind: 'close' };

export type UplinkAnswer =
  | { readonly kind: 'open' }
  /** The thread ends. */
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'attached'; readonly id: number; readonly slot: number }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string };
