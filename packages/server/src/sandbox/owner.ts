/**
 * The name under which a server's sandboxes live on the machine: `hearth-<pid>-<start>`.
 *
 * Every cgroup, folder and marker of a sandbox begins with it, so that the next start tells the
 * leftovers of a dead server from the belongings of a live one. The start time is part of it
 * because process ids are used again.
 */
import { readFileSync } from 'node:fs';

/** `hearth-4711-88213377`; the same for the whole life of this process. */
export function ownerName(pid: number = process.pid): string {
  return `hearth-${pid}-${startTicks(pid) ?? 0}`;
}

/** Whether the server that made something of this name runs. Names of another form are not ours. */
export function isOwnerDead(name: string): boolean {
  const match = /^hearth-(\d+)-(\d+)/.exec(name);
  if (match === null) return false;
  const [, pid, start] = match;
  if (start === '0') return !isRunning(Number(pid));
  return String(startTicks(Number(pid))) !== start;
}

/**
 * Clock ticks from boot to the start of the process; undefined where there is no /proc, and for a
 * zombie, which has ended although nobody has waited for it yet.
 */
function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program, in parentheses, may hold anything: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

/** For machines without /proc, where the start time is 0 in every name. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
