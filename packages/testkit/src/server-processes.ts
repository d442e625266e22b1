/** The processes of a server beside its own, for tests that end one of them from outside. */
import { globSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { ownerMark } from './leftovers.ts';

/** The helper that makes its sandboxes; undefined while there is none. */
export async function helperOf(serverPid: number): Promise<number | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (command.split('\0').includes(`${ownerMark(serverPid)}helper`)) return Number(pid);
  }
  return undefined;
}

/** What runs in its sandboxes now, frozen or not. */
export function sandboxedProcessesOf(serverPid: number): readonly number[] {
  const groups = `${ownerMark(serverPid)}*/*/cgroup.procs`;
  const files = globSync([`/sys/fs/cgroup/${groups}`, `/sys/fs/cgroup/*/${groups}`]);
  return [...new Set(files.flatMap(pidsIn))];
}

function pidsIn(file: string): readonly number[] {
  try {
    return readFileSync(file, 'latin1').trim().split('\n').map(Number).filter(Boolean);
  } catch {
    // That sandbox ended meanwhile.
    return [];
  }
}
