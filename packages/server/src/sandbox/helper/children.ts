/**
 * Waits for processes that were not started by Node: the first processes of sandboxes, which
 * become children of this one when the OCI runtime that started them exits (it is a subreaper).
 */
import { reap, type WaitStatus } from './syscalls.ts';

export class AdoptedChildren {
  readonly #waiting = new Map<number, (status: WaitStatus) => void>();

  /** To be called at every SIGCHLD: several ends may share one signal. */
  check(): void {
    for (const [pid, onEnd] of this.#waiting) {
      const status = reap(pid);
      if (status === undefined) continue;
      this.#waiting.delete(pid);
      onEnd(status);
    }
  }

  /** Calls back once; at once for a process that has already ended. */
  watch(pid: number, onEnd: (status: WaitStatus) => void): void {
    this.#waiting.set(pid, onEnd);
    this.check();
  }

  /** Buries one that nobody waits for: killed before it was known. */
  bury(pid: number): void {
    if (!this.#waiting.has(pid)) reap(pid);
  }
}
