/**
 * Removes what servers that were killed left on the machine: processes and control groups. Mounts,
 * loop devices and network namespaces end with the processes and the helper's mount namespace.
 */
import { readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killCgroup, ownerFolders, removeCgroup, removeOwner, treesOf } from '../oci/cgroup.ts';
import type { CgroupLayout } from '../oci/cgroup-layout.ts';
import { isOwnerDead } from '../owner.ts';

const DEATH_MS = 10_000;

export interface Leftovers {
  readonly cgroups: CgroupLayout;
  /** Holds one folder for each owner. */
  readonly runFolder: string;
  /** Dead although their server lives. */
  readonly deadOwners: readonly string[];
}

/** Returns how many sandboxes were removed. Those of a living server are never touched. */
export async function removeLeftovers(leftovers: Leftovers): Promise<number> {
  const { cgroups, runFolder, deadOwners } = leftovers;
  const isDead = (name: string): boolean => isOwnerDead(name) || deadOwners.includes(name);
  const places = [...treesOf(cgroups), runFolder];
  const owners = new Set(places.flatMap((place) => namesIn(place).filter(isDead)));
  let removed = 0;
  for (const owner of owners) {
    const sandboxes = new Set(ownerFolders(cgroups, owner).flatMap((place) => foldersIn(place)));
    for (const sandbox of sandboxes) {
      await removeSandbox(cgroups, owner, sandbox);
      removed++;
    }
    removeOwner(cgroups, owner);
    removeIfEmpty(path.join(runFolder, owner));
  }
  return removed;
}

async function removeSandbox(cgroups: CgroupLayout, owner: string, sandbox: string): Promise<void> {
  const name = { owner, sandbox };
  for (let waitedMs = 0; waitedMs < DEATH_MS; waitedMs++) {
    killCgroup(cgroups, name);
    if (removeCgroup(cgroups, name)) return;
    await sleep(1);
  }
  throw new Error(`A process of the dead sandbox ${owner}/${sandbox} survives SIGKILL.`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or a mount of a helper that is just ending: the next start looks again.
  }
}
