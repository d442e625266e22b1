/**
 * The name under which a server's sandboxes live on the machine:
 * `hearth-<pid>-<start>-<pid namespace>`.
 *
 * Every cgroup, folder and marker of a sandbox begins with it, so that the next start tells the
 * leftovers of a dead server from the belongings of a live one. The start time is part of it
 * because process ids are used again; the namespace, because two servers in containers that share
 * /sys/fs/cgroup have the same process ids and cannot see each other.
 */
import { readFileSync, readlinkSync } from 'node:fs';

const FORM = /^hearth-(\d+)-(\d+)(?:-(\d+)(?=-|$))?/;

/** `hearth-4711-88213377-4026531836`; the same for the whole life of this process. */
export function ownerName(pid: number = process.pid): string {
  return `hearth-${pid}-${startTicks(pid) ?? 0}-${pidNamespace()}`;
}

/**
 * Whether the server that made something of this name has ended, as far as one can see from here:
 * one in another pid namespace counts as living. Names of another form are not ours.
 */
export function isOwnerDead(name: string): boolean {
  const match = FORM.exec(name);
  if (match === null || isOwnerElsewhere(name)) return false;
  const [, pid, start] = match;
  if (start === '0') return !isRunning(Number(pid));
  return String(startTicks(Number(pid))) !== start;
}

/** Whether it was made in another pid namespace. Names of earlier versions do not tell. */
export function isOwnerElsewhere(name: string): boolean {
  const namespace = FORM.exec(name)?.[3];
  return namespace !== undefined && namespace !== pidNamespace();
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

/** The number by which the kernel tells pid namespaces apart; 0 where there is no /proc. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
