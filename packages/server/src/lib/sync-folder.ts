import { open } from 'node:fs/promises';

/** Makes the names in a folder durable: a new file or folder is only as durable as its name. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
