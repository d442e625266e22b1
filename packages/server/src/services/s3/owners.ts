/** The canonical user of an account: 64 hex digits that AWS gives out and nobody can guess. */
import { createHash } from 'node:crypto';

export function ownerOf(account: string): { readonly ID: string } {
  return { ID: createHash('sha256').update(`canonical user of ${account}`).digest('hex') };
}
