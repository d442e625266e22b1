/**
 * The one way to delete a folder tree. Refuses whatever does not lie strictly below `root`, so
 * that a wrong path never costs more than an error. Never follows links; a tree that is not
 * there is fine.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';

export async function removeTree(root: string, target: string): Promise<void> {
  const inside = path.relative(path.resolve(root), path.resolve(target));
  if (inside === '' || path.isAbsolute(inside) || inside.split(path.sep)[0] === '..') {
    throw new RangeError(`Refused to remove ${target}: it is not below ${root}.`);
  }
  await rm(target, { recursive: true, force: true, maxRetries: 3 });
}
