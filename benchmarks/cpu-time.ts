/** CPU time that a process, its threads and its descendants have used so far, as the kernel counts it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface CpuTime {
  readonly mainThreadUs: number;
  readonly otherThreadsUs: number;
  readonly descendantsUs: number;
}

export function cpuTimeOf(pid: number, descendants: readonly number[]): CpuTime {
  return {
    mainThreadUs: threadUs(pid, String(pid)),
    otherThreadsUs: threadsOf(pid)
      .filter((thread) => thread !== String(pid))
      .reduce((sum, thread) => sum + threadUs(pid, thread), 0),
    descendantsUs: descendants
      .flatMap((each) => threadsOf(each).map((thread) => threadUs(each, thread)))
      .reduce((sum, used) => sum + used, 0),
  };
}

/** Of the children that have ended and that it has waited for, with theirs; in steps of a clock tick. */
export function endedChildrenUs(pid: number): number {
  const CLOCK_TICK_US = 10_000;
  // Behind the name, which may hold anything, the 12th and 13th: `cutime` and `cstime`.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * CLOCK_TICK_US;
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${each}/status`))?.[1];
    const siblings = children.get(Number(parent)) ?? [];
    children.set(Number(parent), [...siblings, Number(each)]);
  }
  const below = (of: number): number[] =>
    (children.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

/** The first figure of `schedstat` is nanoseconds on a CPU. */
function threadUs(pid: number, thread: string): number {
  return Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ', 1)[0]) / 1_000;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // It has ended.
    return '';
  }
}
