/** The key that encrypts secrets at rest: 32 random bytes in a file that only its owner can read. */
import { open, readFile, stat } from 'node:fs/promises';
import type { Ids } from '../lib/ids.ts';

/** Made where there is none. Rejects where others may read it, or where it is no key. */
export async function openKeyFile(path: string, ids: Ids): Promise<Uint8Array> {
  const made = await make(path, ids);
  if (made !== undefined) return made;
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new Error(`The key file ${path} can be read by others: set its mode to 0600.`);
  }
  const hex = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new Error(`The key file ${path} holds no key.`);
  return Buffer.from(hex, 'hex');
}

async function make(path: string, ids: Ids): Promise<Uint8Array | undefined> {
  const hex = ids.hex(32);
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${hex}\n`);
    await file.sync();
    return Buffer.from(hex, 'hex');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  }
}
