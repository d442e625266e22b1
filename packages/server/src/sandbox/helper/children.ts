/**
 * Waits for processes that Node knows nothing of: OCI runtimes, and the first processes of sandboxes,
 * which become children of this one when the runtime that started them exits (it is a subreaper).
 *
 * crun also leaves a short-lived child of its own to whoever buries orphans. What other threads
 * start is theirs to wait for and is never touched.
 */
import { existsSync, readFileSync } from 'node:fs';
import { endedChild, reap, type WaitStatus } from './syscalls.ts';

export interface ChildEnd extends WaitStatus {
  /** What it was called last; undefined where that is not known any more. */
  readonly name?: string;
}

const LOST: ChildEnd = { code: null, signal: 9 };

export class Children {
  readonly #waiting = new Map<number, (end: ChildEnd) => void>();
  /** OCI runtimes are numbered as they start; those that run now. */
  readonly #runtimes = new Set<number>();
  #lastRuntime = 0;
  /** Ends of orphans meanwhile: one of them may turn out to be a first process. */
  readonly #buried = new Map<number, { readonly end: ChildEnd; readonly lastRuntime: number }>();

  /** To be called at every SIGCHLD: several ends may share one signal. */
  check(): void {
    for (let pid = endedChild(); pid !== undefined; pid = endedChild()) {
      const end = bury(pid);
      if (this.#waiting.has(pid)) this.#tell(pid, end);
      else this.#buried.set(pid, { end, lastRuntime: this.#lastRuntime });
    }
    this.#forget();
  }

  /** Whoever ended before the oldest of the runtimes has started is none of theirs. */
  #forget(): void {
    const oldest = Math.min(...this.#runtimes);
    for (const [pid, { lastRuntime }] of this.#buried) {
      if (lastRuntime < oldest) this.#buried.delete(pid);
    }
  }

  /** The same, and for those that have gone without telling anybody, whose status is lost. */
  checkAll(): void {
    this.check();
    for (const pid of this.#waiting.keys()) {
      // Ended zombies are still there, and so are those that nobody has handed over to us yet.
      if (!existsSync(`/proc/${pid}`)) this.#tell(pid, LOST);
    }
  }

  /** Calls back once; at once for a process that has already ended. */
  watch(pid: number, onEnd: (end: ChildEnd) => void): void {
    this.#waiting.set(pid, onEnd);
    const buried = this.#buried.get(pid);
    this.#buried.delete(pid);
    // A number that lives again is another process.
    if (existsSync(`/proc/${pid}`)) this.check();
    else this.#tell(pid, buried?.end ?? LOST);
  }

  /**
   * While `act` runs an OCI runtime, the ends of processes that nobody watches yet are kept: what the
   * runtime leaves is watched when it has told which that is.
   */
  async keepingEnds<Result>(act: () => Promise<Result>): Promise<Result> {
    const number = ++this.#lastRuntime;
    this.#runtimes.add(number);
    try {
      return await act();
    } finally {
      this.#runtimes.delete(number);
      this.#forget();
    }
  }

  #tell(pid: number, end: ChildEnd): void {
    const onEnd = this.#waiting.get(pid);
    this.#waiting.delete(pid);
    onEnd?.(end);
  }
}

function bury(pid: number): ChildEnd {
  const name = readFileSync(`/proc/${pid}/comm`, 'latin1').trimEnd();
  const status = reap(pid);
  return status === undefined ? LOST : { ...status, name };
}
