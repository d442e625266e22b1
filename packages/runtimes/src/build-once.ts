import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder of the cache whose name says what is in it, once: built beside and renamed, so
 * that it is there whole or not at all. Two servers that build the same one at the same time are
 * fine: the second finds that the first was faster and throws its own away.
 */
export async function buildOnce(
  folder: string,
  build: (temporary: string) => Promise<void>,
): Promise<string> {
  if (await isFolder(folder)) return folder;
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(path.join(parent, '.new-'));
  try {
    await build(temporary);
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!(await isFolder(folder))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

export async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
