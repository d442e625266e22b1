/** The one way in which this room deletes folders: never anything outside the folder it was given. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { invariant } from '../lib/invariant.ts';

export async function removeTree(within: string, folder: string): Promise<void> {
  const below = path.relative(path.resolve(within), path.resolve(folder));
  invariant(
    below !== '' && !below.startsWith('..') && !path.isAbsolute(below),
    'only folders below the sandbox folder are deleted',
  );
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
