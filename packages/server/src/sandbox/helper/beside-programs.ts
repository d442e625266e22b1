/** The programs beside a sandbox's first: those that run by their names, and those that wait. */
import path from 'node:path';
import { startsBeside } from '../oci/protocol.ts';
import type { CreateResult, ExecCall, SignalCall } from '../oci/protocol.ts';
import { BesideProgram, type BesideDeps } from './beside-program.ts';
import type { WaitStatus } from './syscalls.ts';

export interface BesidesDeps extends Omit<BesideDeps, 'folder' | 'onExited'> {
  /** Theirs is in it. */
  readonly folder: string;
  readonly onExited: (program: string, status: WaitStatus) => void;
}

export class BesidePrograms {
  readonly #deps: BesidesDeps;
  readonly #all = new Set<BesideProgram>();
  readonly #named = new Map<string, BesideProgram>();
  #waiting: BesideProgram[] = [];

  constructor(deps: BesidesDeps) {
    this.#deps = deps;
  }

  get hasProcesses(): boolean {
    return [...this.#all].some((each) => each.isAlive);
  }

  /** Makes so many processes that wait for their programs; none where the runtime cannot. */
  async park(count: number): Promise<void> {
    if (!startsBeside(this.#deps.run.runtime)) return;
    await Promise.all(
      Array.from({ length: count }, async () => {
        const beside = this.#create();
        await beside.park();
        this.#waiting.push(beside);
      }),
    );
  }

  /** The program of that name gets a process that waits, or one of its own when it starts. */
  open(program: string): CreateResult {
    const { runtime } = this.#deps.run;
    if (!startsBeside(runtime)) {
      throw new Error(`With ${runtime.kind} no program can be started beside another.`);
    }
    this.#waiting = this.#waiting.filter((each) => each.isAlive);
    const beside = this.#waiting.shift() ?? this.#create();
    this.#named.set(program, beside);
    return beside.fds;
  }

  async start(call: ExecCall): Promise<void> {
    const beside = this.#named.get(call.program);
    if (beside === undefined) throw new Error(`There is no program ${call.program}.`);
    await beside.start(call);
    beside.closePipes();
  }

  signal(program: string, name: SignalCall['name']): void {
    this.#named.get(program)?.signal(name);
  }

  close(): void {
    for (const beside of this.#all) beside.close();
  }

  #create(): BesideProgram {
    const { folder, onExited, ...deps } = this.#deps;
    const beside: BesideProgram = new BesideProgram({
      ...deps,
      folder: path.join(folder, String(this.#all.size)),
      onExited: (status) => {
        const name = [...this.#named].find(([, each]) => each === beside)?.[0];
        // Of one that ended while it waited nobody knows.
        if (name !== undefined) onExited(name, status);
      },
    });
    this.#all.add(beside);
    return beside;
  }
}
