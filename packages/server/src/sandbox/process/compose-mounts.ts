/**
 * Where the paths of Lambda are on the host while a program runs without isolation.
 *
 * A mount below another one must be reachable through its parent too (`/var/runtime/node_modules`
 * through `/var/runtime`): for such a parent a folder of symbolic links is built that holds the
 * entries of the parent's source and the nested mounts.
 */
import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { SandboxMount } from '../driver.ts';
import type { PathMapping } from './translate-paths.ts';

const ROOTS = ['/var/task', '/opt', '/var/runtime', '/var/lang'] as const;

/** `folder` is empty, and becomes this sandbox's. */
export async function composeMounts(
  mounts: readonly SandboxMount[],
  folder: string,
): Promise<readonly PathMapping[]> {
  const mappings: PathMapping[] = mounts.map(({ target, source }) => ({ target, source }));
  const composed = await Promise.all(
    ROOTS.map(async (root) => ({ target: root, source: await compose(root, mounts, folder) })),
  );
  const targets = new Set(composed.map(({ target }) => target as string));
  return [...mappings.filter(({ target }) => !targets.has(target)), ...composed];
}

/** The host folder that stands for `target`, with everything that is mounted below it. */
async function compose(
  target: string,
  mounts: readonly SandboxMount[],
  folder: string,
): Promise<string> {
  const own = mounts.find((mount) => mount.target === target);
  const below = mounts.filter((mount) => mount.target.startsWith(`${target}/`));
  if (own !== undefined && below.length === 0) return own.source;
  const place = path.join(folder, target);
  await mkdir(place, { recursive: true });
  const children = new Set(below.map((mount) => firstName(target, mount.target)));
  for (const name of children) {
    const child = `${target}/${name}`;
    const source = await compose(child, withoutParents(child, mounts, own), folder);
    await linkUnlessThere(source, path.join(folder, child));
  }
  if (own !== undefined) {
    for (const name of await readdir(own.source)) {
      if (!children.has(name)) await symlink(path.join(own.source, name), path.join(place, name));
    }
  }
  return place;
}

/**
 * A folder on the way to a deeper mount (`/opt/a` of `/opt/a/b`) shows what the parent's source
 * holds there, so it is treated as a mount of its own.
 */
function withoutParents(
  child: string,
  mounts: readonly SandboxMount[],
  parent: SandboxMount | undefined,
): readonly SandboxMount[] {
  if (parent === undefined || mounts.some((mount) => mount.target === child)) return mounts;
  const source = path.join(parent.source, path.basename(child));
  return [...mounts, { target: child, source }];
}

function firstName(target: string, deeper: string): string {
  return deeper.slice(target.length + 1).split('/')[0] ?? '';
}

async function linkUnlessThere(source: string, place: string): Promise<void> {
  if (source !== place) await symlink(source, place);
}
