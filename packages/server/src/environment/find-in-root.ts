/**
 * Looks for a path in the root of an image from the host, as the sandbox would find it: links are read,
 * never followed by the host's kernel, which would take them to the host's own files.
 */
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';

export type FoundInRoot =
  /** On the host. */
  | { readonly kind: 'file' | 'directory'; readonly place: string }
  | { readonly kind: 'missing' | 'not-a-directory' }
  /** In what the sandbox has of its own: only the kernel inside can tell. */
  | { readonly kind: 'elsewhere' };

const OWN_FOLDERS: readonly string[] = ['/proc', '/dev', '/tmp', '/sys'];
/** As the kernel, before it says ELOOP. */
const MOST_LINKS = 40;

/** `inside` is absolute. */
export async function findInRoot(root: string, inside: string): Promise<FoundInRoot> {
  const todo = inside.split('/').toReversed();
  let at = '/';
  let linksLeft = MOST_LINKS;
  let kind: 'file' | 'directory' = 'directory';
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name === '' || name === '.') continue;
    if (kind === 'file') return { kind: 'not-a-directory' };
    if (name === '..') {
      at = path.posix.dirname(at);
      continue;
    }
    const next = path.posix.join(at, name);
    if (OWN_FOLDERS.includes(next)) return { kind: 'elsewhere' };
    const stat = await lstat(path.join(root, next)).catch(() => undefined);
    if (stat === undefined) return { kind: 'missing' };
    if (stat.isSymbolicLink()) {
      linksLeft -= 1;
      if (linksLeft < 0) return { kind: 'missing' };
      const target = await readlink(path.join(root, next));
      if (target.startsWith('/')) at = '/';
      todo.push(...target.split('/').toReversed());
      continue;
    }
    kind = stat.isDirectory() ? 'directory' : 'file';
    at = next;
  }
  return { kind, place: path.join(root, at) };
}
