/**
 * Waits for processes that were not started by Node: the first processes of sandboxes, which
 * become children of this one when the OCI runtime that started them exits (it is a subreaper).
 *
 * crun also leaves a short-lived child of its own to whoever buries orphans. Node's children are
 * Node's to wait for and are never touched.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hasEnded, reap, type WaitStatus } from './syscalls.ts';

export interface ChildEnd extends WaitStatus {
  /** What it was called last; undefined where that is not known any more. */
  readonly name?: string;
}

export class AdoptedChildren {
  readonly #waiting = new Map<number, (end: ChildEnd) => void>();
  readonly #nodes = new Set<number>();
  /** Ends of orphans while OCI runtimes run: one of them may turn out to be a first process. */
  readonly #buried = new Map<number, ChildEnd>();

  /** To be called at every SIGCHLD: several ends may share one signal. */
  check(): void {
    for (const [pid, onEnd] of this.#waiting) {
      const reaped = bury(pid);
      const end = reaped === 'gone' ? (this.#buried.get(pid) ?? lostStatus(pid)) : reaped;
      if (end === 'running') continue;
      this.#waiting.delete(pid);
      onEnd(end);
    }
    for (const pid of children()) {
      if (this.#waiting.has(pid) || this.#nodes.has(pid)) continue;
      const end = bury(pid);
      if (typeof end === 'object' && this.#nodes.size > 0) this.#buried.set(pid, end);
    }
  }

  /** Calls back once; at once for a process that has already ended. */
  watch(pid: number, onEnd: (end: ChildEnd) => void): void {
    this.#waiting.set(pid, onEnd);
    this.check();
  }

  /** Node has started this one; to be told before its end can have been noticed. */
  nodeStarted(pid: number): void {
    this.#nodes.add(pid);
  }

  /** Node has waited for it, and what it left behind is watched. */
  nodeEnded(pid: number): void {
    this.#nodes.delete(pid);
    if (this.#nodes.size === 0) this.#buried.clear();
  }
}

function bury(pid: number): ChildEnd | 'running' | 'gone' {
  if (!hasEnded(pid)) return reap(pid);
  const name = readFileSync(`/proc/${pid}/comm`, 'latin1').trimEnd();
  const status = reap(pid);
  return typeof status === 'object' ? { ...status, name } : status;
}

/**
 * A process that is not there any more and whose end nobody told us: its status is lost, and it
 * must not be waited for for ever. Ended zombies are still there, and so are processes that an
 * OCI runtime's last child has yet to hand over to us.
 */
function lostStatus(pid: number): ChildEnd | 'running' {
  return existsSync(`/proc/${pid}`) ? 'running' : { code: null, signal: 9 };
}

function children(): number[] {
  const list = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}
