/** The key that signs session tokens: made once, encrypted at rest, and never out of this room. */
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import { openRecordTable } from './record-table.ts';
import type { SecretBox } from './secret-box.ts';

/** `hex` is what the first servers wrote: in clear. */
type ServerKey = { readonly sealed: string } | { readonly hex: string };

/** Rejects where another key than `secrets` encrypted it. */
export async function openServerKey(
  deps: { readonly store: Store; readonly ids: Ids; readonly logger: Logger },
  secrets: SecretBox,
): Promise<Uint8Array> {
  const table = await openRecordTable<ServerKey>(deps, 'server-key');
  const known = table.get(NAME);
  if (known !== undefined && 'sealed' in known) {
    const hex = secrets.open(known.sealed, NAME);
    if (hex === undefined) {
      throw new Error('The key file is not the one that this data was written with.');
    }
    return Buffer.from(hex, 'hex');
  }
  const hex = known?.hex ?? deps.ids.hex(32);
  await table.put(NAME, { sealed: secrets.seal(hex, NAME) });
  return Buffer.from(hex, 'hex');
}

const NAME = 'sessions';
