/**
 * One more program in a sandbox that runs: its pipes, the OCI runtime's `exec`, and its end. It
 * joins the sandbox's control groups, so the sandbox's end is its end too.
 */
import { closeSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ociProcess } from '../oci/config.ts';
import {
  besideProcess,
  WAITING_PROCESS,
  type HostPrograms,
  type ProgramProcess,
} from '../oci/program-process.ts';
import type { CreateResult, ExecCall } from '../oci/protocol.ts';
import type { Children } from './children.ts';
import { runOci, type OciRun } from './run-oci.ts';
import { pipe, type WaitStatus } from './syscalls.ts';
import { WaitingShell } from './waiting-shell.ts';

export interface BesideDeps {
  readonly children: Children;
  readonly run: Pick<OciRun, 'runtime' | 'stateFolder' | 'name' | 'joinFiles'>;
  /** Does not exist yet. */
  readonly folder: string;
  readonly limits: { readonly maxFileDescriptors: number };
  /** For a sandbox whose root is its own; known once its first program starts. */
  readonly host: () => HostPrograms | undefined;
  readonly onExited: (status: WaitStatus) => void;
}

export class BesideProgram {
  readonly #deps: BesideDeps;
  readonly #pipes = { stdout: pipe(), stderr: pipe() };
  readonly #openFds: Set<number>;
  #pid: number | undefined;
  #waiting: WaitingShell | undefined;

  constructor(deps: BesideDeps) {
    this.#deps = deps;
    const ends = Object.values(this.#pipes).flatMap(({ readFd, writeFd }) => [readFd, writeFd]);
    this.#openFds = new Set(ends);
  }

  get fds(): CreateResult {
    return { stdoutFd: this.#pipes.stdout.readFd, stderrFd: this.#pipes.stderr.readFd };
  }

  get isAlive(): boolean {
    return this.#pid !== undefined;
  }

  /** Starts a process that waits for its program. */
  async park(): Promise<void> {
    const input = pipe();
    this.#waiting = new WaitingShell(input.writeFd);
    await this.#run(WAITING_PROCESS, input.readFd);
  }

  async start(call: ExecCall): Promise<void> {
    const program = besideProcess(call, this.#deps.host());
    if (this.#waiting === undefined) {
      const input = pipe();
      closeSync(input.writeFd);
      await this.#run(program, input.readFd);
    } else {
      await this.#waiting.become(program);
    }
  }

  /** The program has its ends by then, and the server its own. */
  closePipes(): void {
    for (const fd of this.#openFds) closeSync(fd);
    this.#openFds.clear();
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    // Until it is waited for its number belongs to nobody else.
    if (this.#pid !== undefined) process.kill(this.#pid, name);
  }

  close(): void {
    this.#waiting?.close();
    this.closePipes();
  }

  /** `inputFd` is taken over. */
  async #run(program: ProgramProcess, inputFd: number): Promise<void> {
    const { folder, limits, children, run, onExited } = this.#deps;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'process.json'), JSON.stringify(ociProcess(program, limits)));
    const { stdout, stderr } = this.#pipes;
    const stdio = { stdin: inputFd, stdout: stdout.writeFd, stderr: stderr.writeFd };
    const started = runOci({ ...run, action: 'exec', bundle: folder, stdio }, children, (pid) => {
      this.#pid = pid;
      return (status) => {
        this.#pid = undefined;
        onExited(status);
      };
    });
    closeSync(inputFd);
    await started;
  }
}
