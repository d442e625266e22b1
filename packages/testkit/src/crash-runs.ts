/** What functions have written of their runs, and which of the repeated ones a kill explains. */
import { open, writeFile } from 'node:fs/promises';

export interface Run {
  readonly number: number;
  /** When it began. */
  readonly atMs: number;
  /** How long the event had been on its way then. */
  readonly ageMs: number;
}

/** The file to which each run appends `number atMs ageMs` and a line feed. Read as it grows. */
export class RunFile {
  readonly path: string;
  readonly #runs: Run[] = [];
  readonly #numbers = new Set<number>();
  #offset = 0;
  #rest = '';

  constructor(file: string) {
    this.path = file;
  }

  async make(): Promise<void> {
    await writeFile(this.path, '');
  }

  async runs(): Promise<readonly Run[]> {
    await this.#readOn();
    return this.#runs;
  }

  /** Of the events that have run. */
  async numbers(): Promise<ReadonlySet<number>> {
    await this.#readOn();
    return this.#numbers;
  }

  async #readOn(): Promise<void> {
    await using file = await open(this.path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size - this.#offset);
    await file.read(bytes, 0, bytes.byteLength, this.#offset);
    this.#offset = size;
    const lines = (this.#rest + bytes.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [number = 0, atMs = 0, ageMs = 0] = line.split(' ').map(Number);
      this.#runs.push({ number, atMs, ageMs });
      this.#numbers.add(number);
    }
  }
}

/** As many events of a function as a server has in its hands at most: a hundred, and those taken ahead. */
const MOST_IN_HANDS = 128;
/** What runs in a process of its own may begin a moment after its server's end; the next one starts later. */
const AFTER_KILL_MS = 500;

/** A run of an event that had run before. */
export interface RepeatedRun {
  readonly number: number;
  readonly firstAtMs: number;
  readonly againAtMs: number;
  /** Kills of the server between the two. */
  readonly kills: number;
  /** Runs of other events between the first one and the next kill. */
  readonly runsBeforeKill: number;
}

/**
 * `runs`: of one function; hundreds of another one run while a slow one runs once.
 * Those beyond the first of an event that no kill explains: the server was not killed between the two,
 * or so many other events had run between the earlier one and the kill that it was in nobody's hands
 * any more. Not told by time, which says nothing on a machine under load.
 */
export function unexplained(
  runs: readonly Run[],
  killedAtMs: readonly number[],
): readonly RepeatedRun[] {
  const lives = killedAtMs.map((killMs) => killMs + AFTER_KILL_MS);
  let life = 0;
  const inOrder = runs
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((run, at) => {
      while (run.atMs > (lives[life] ?? Number.POSITIVE_INFINITY)) life += 1;
      return { ...run, at, life };
    });
  const lastOfLife = new Map(inOrder.map((run) => [run.life, run.at]));
  const before = new Map<number, (typeof inOrder)[number]>();
  const repeated: RepeatedRun[] = [];
  for (const again of inOrder) {
    const { number } = again;
    const earlier = before.get(number);
    before.set(number, again);
    if (earlier === undefined) continue;
    repeated.push({
      number,
      firstAtMs: earlier.atMs,
      againAtMs: again.atMs,
      kills: again.life - earlier.life,
      runsBeforeKill: (lastOfLife.get(earlier.life) ?? earlier.at) - earlier.at,
    });
  }
  return repeated.filter(
    ({ kills, runsBeforeKill }) => kills === 0 || runsBeforeKill > MOST_IN_HANDS,
  );
}
