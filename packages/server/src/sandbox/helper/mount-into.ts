/**
 * Mounts into a sandbox that runs: the folders are cloned here, read-only before anything inside
 * can see them, and moved to their place by this thread, which enters the sandbox's mount
 * namespace for that moment. Nothing is left in the host's mount table.
 *
 * The targets lie in the read-only root that we built, so no link of a program can redirect them;
 * those that could be written to from inside are refused.
 */
import { closeSync, openSync } from 'node:fs';
import type { SandboxMount } from '../driver.ts';
import { CLONE_FS, CLONE_NEWNS, cloneReadOnly, moveMount, setns, unshare } from './syscalls.ts';

const LATE_TARGETS: ReadonlySet<string> = new Set(['/var/task', '/opt']);

/** Into a sandbox whose program runs. */
export function mountInto(pid: number, mounts: readonly SandboxMount[]): void {
  const refused = mounts.find(({ target }) => !LATE_TARGETS.has(target));
  if (refused !== undefined) throw new Error(`Nothing can be mounted late at ${refused.target}.`);
  enterAndMount(pid, mounts);
}

/**
 * Into a sandbox whose first process waits for its program: nothing in it can have changed a
 * target yet. An outer mount comes before those below it.
 */
export function mountBeforeProgram(pid: number, mounts: readonly SandboxMount[]): void {
  enterAndMount(pid, mounts);
}

/** Synchronous from end to end: nothing else runs while the thread is in the sandbox. */
function enterAndMount(pid: number, mounts: readonly SandboxMount[]): void {
  const opened: number[] = [];
  const keep = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const trees = mounts.map(({ source, target }) => ({
      tree: keep(cloneReadOnly(source)),
      target,
    }));
    const home = keep(openSync('/proc/thread-self/ns/mnt', 'r'));
    const inside = keep(openSync(`/proc/${pid}/ns/mnt`, 'r'));
    // A thread that shares its root and working directory may not change its mount namespace;
    // threads that Node started since the last time share them.
    unshare(CLONE_FS);
    setns(inside, CLONE_NEWNS);
    try {
      for (const { tree, target } of trees) moveMount(tree, target);
    } finally {
      setns(home, CLONE_NEWNS);
    }
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
