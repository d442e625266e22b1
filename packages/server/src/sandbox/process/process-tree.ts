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
  /** In ticks since the machine's start: tells it from a later process with its number. */
  readonly startedAt: string;
}

/**
 * Where there is no /proc (macOS) only the process group can be signalled: an empty list. `isThorough`: also
 * where the number of a process that has ended is another's by now.
 */
export async function findTree(
  marker: string,
  sessions: ReadonlySet<number>,
  isThorough = false,
): Promise<TreeProcess[]> {
  await look(isThorough);
  return await inspect(ofTree(marker, sessions));
}

/** The same, of what the machine ran up to a second ago, zombies too. */
export async function findTreeLately(
  marker: string,
  sessions: ReadonlySet<number>,
): Promise<readonly number[]> {
  const nowMs = performance.now();
  if (nowMs > lately.untilMs) lately = { looked: look(false), untilMs: nowMs + LATELY_MS };
  await lately.looked;
  return ofTree(marker, sessions);
}

const LATELY_MS = 1_000;
let lately = { looked: Promise.resolve(), untilMs: 0 };

/** As they are now; those that have ended are left out. */
export async function inspect(pids: readonly number[]): Promise<TreeProcess[]> {
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readStat(pid);
      if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
      return { pid, state: stat.state, startedAt: stat.startedAt };
    }),
  );
  return found.filter((process) => process !== undefined);
}

interface KnownProcess {
  readonly startedAt: string;
  /** When it was first seen, and at the last thorough look. */
  readonly sessions: readonly [number, number];
  readonly marker: string | undefined;
}

/**
 * The processes that were there at the last look, and what each was when it was first seen: one that then begins a
 * session of its own, or clears its environment, belongs to whom it belonged to. A look reads of new
 * processes only: all of a machine's would take tens of milliseconds.
 */
const known = new Map<number, KnownProcess>();

async function look(isThorough: boolean): Promise<void> {
  // What another look finds meanwhile may be younger than this list.
  const before = [...known.keys()];
  const pids = new Set(await processIds());
  for (const pid of before) if (!pids.has(pid)) known.delete(pid);
  const asked = isThorough ? [...pids] : [...pids].filter((pid) => !known.has(pid));
  await Promise.all(asked.map((pid) => lookAt(pid)));
}

async function lookAt(pid: number): Promise<void> {
  const [stat, environment] = await Promise.all([readStat(pid), readEnvironment(pid)]);
  if (stat === undefined) return;
  const { session, startedAt } = stat;
  const before = known.get(pid);
  const first = before?.startedAt === startedAt ? before : undefined;
  // Empty between two programs, when it is looked at again; and always where it is the kernel's own.
  if (environment === '' && session !== 0 && first === undefined) return;
  known.set(pid, {
    startedAt,
    sessions: [first?.sessions[0] ?? session, session],
    marker: first?.marker ?? markerIn(environment ?? ''),
  });
}

function ofTree(marker: string, sessions: ReadonlySet<number>): readonly number[] {
  const found = [...known].filter(
    ([, each]) => each.sessions.some((session) => sessions.has(session)) || each.marker === marker,
  );
  // Those that began a session are known by themselves, however young they are.
  return [...new Set([...sessions, ...found.map(([pid]) => pid)])];
}

/** Every process on the machine that carries a marker. */
export async function findMarked(): Promise<{ readonly pid: number; readonly marker: string }[]> {
  const found = await Promise.all(
    (await processIds()).map(async (pid) => ({
      pid,
      marker: markerIn((await readEnvironment(pid)) ?? ''),
    })),
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
  readonly startedAt: string;
}

async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, from the third field on.
  return { state: fields[0] ?? '', session: Number(fields[3]), startedAt: fields[19] ?? '' };
}

/** Undefined where it has ended, or is somebody else's. */
async function readEnvironment(pid: number): Promise<string | undefined> {
  return await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => undefined);
}

function markerIn(environment: string): string | undefined {
  const start = `${MARKER_VARIABLE}=`;
  const entry = environment.split('\0').find((each) => each.startsWith(start));
  return entry?.slice(start.length);
}

async function readPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}
