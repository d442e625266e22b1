/**
 * The processes of one sandbox without isolation, as well as they can be known: those of the
 * program's session, and those whose environment carries the sandbox's marker (a daemon that
 * forked twice and began a session of its own still has it, unless it cleared its environment).
 */
import { readFile, readdir } from 'node:fs/promises';

export const MARKER_VARIABLE = 'HEARTH_SANDBOX';

export interface TreeProcess {
  readonly pid: number;
  /** `R`, `S`, `T` (stopped), ... Zombies are left out: they are dead. */
  readonly state: string;
}

/** Where there is no /proc (macOS) only the process group can be signalled: an empty list. */
export async function findTree(
  marker: string,
  sessions: ReadonlySet<number>,
): Promise<TreeProcess[]> {
  const found = await Promise.all(
    (await processIds()).map(async (pid) => {
      const stat = await readStat(pid);
      if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
      const isOurs = sessions.has(stat.session) || (await markerOf(pid)) === marker;
      return isOurs ? { pid, state: stat.state } : undefined;
    }),
  );
  return found.filter((process) => process !== undefined);
}

/**
 * The same, of what the machine ran up to a second ago, zombies too: one look at all of its processes
 * takes milliseconds, and this is asked for after each invocation of every sandbox.
 */
export async function findTreeLately(
  marker: string,
  sessions: ReadonlySet<number>,
): Promise<readonly number[]> {
  const nowMs = performance.now();
  if (nowMs > lately.untilMs) {
    lately = { processes: describeProcesses(), untilMs: nowMs + LATELY_MS };
  }
  const found = (await lately.processes).filter(
    (each) => sessions.has(each.session) || each.marker === marker,
  );
  // Those that began a session are known by themselves, however young they are.
  return [...new Set([...sessions, ...found.map(({ pid }) => pid)])];
}

const LATELY_MS = 1_000;

interface KnownProcess {
  readonly pid: number;
  readonly session: number;
  readonly marker: string | undefined;
}

let lately: { readonly processes: Promise<readonly KnownProcess[]>; readonly untilMs: number } = {
  processes: Promise.resolve([]),
  untilMs: 0,
};

async function describeProcesses(): Promise<readonly KnownProcess[]> {
  return await Promise.all(
    (await processIds()).map(async (pid) => ({
      pid,
      session: (await readStat(pid))?.session ?? 0,
      marker: await markerOf(pid),
    })),
  );
}

/** Every process on the machine that carries a marker. */
export async function findMarked(): Promise<{ readonly pid: number; readonly marker: string }[]> {
  const found = await Promise.all(
    (await processIds()).map(async (pid) => ({ pid, marker: await markerOf(pid) })),
  );
  return found.flatMap(({ pid, marker }) => (marker === undefined ? [] : [{ pid, marker }]));
}

/** Sends a signal to each; one that has just ended is no error. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // ESRCH: it ended meanwhile, which is what the callers want.
    }
  }
}

/** Bytes: the sum of the most that each living process of the tree has had resident. */
export async function peakBytes(pids: readonly number[]): Promise<number> {
  const peaks = await Promise.all(pids.map((pid) => readPeak(pid)));
  return peaks.reduce((sum, peak) => sum + peak, 0);
}

async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

interface Stat {
  readonly state: string;
  readonly session: number;
}

async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', session: Number(fields[3]) };
}

async function markerOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const start = `${MARKER_VARIABLE}=`;
  const entry = text.split('\0').find((each) => each.startsWith(start));
  return entry?.slice(start.length);
}

async function readPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}
