/**
 * One sandbox of the process driver: a child process in a session of its own, and listeners on
 * loopback. It keeps the port's promises of lifetime (a tree is frozen, thawed and ended as a
 * whole), not those of isolation.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessExit } from '../../core/outcome.ts';
import { invariant } from '../../lib/invariant.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import {
  SandboxFailure,
  type Sandbox,
  type SandboxListener,
  type SandboxProgram,
  type SandboxRequest,
} from '../driver.ts';
import { collectOutput } from './collect-output.ts';
import { composeMounts } from './compose-mounts.ts';
import { findTree, MARKER_VARIABLE, peakBytes, signalAll } from './process-tree.ts';
import { createTranslator } from './translate-paths.ts';

/** A killed process leaves within milliseconds; later than this something holds it in the kernel. */
const DEATH_MS = 5_000;

/** A signal takes effect when its process next has a CPU, which a busy machine may delay. */
const OBEDIENCE_MS = 2_000;

/**
 * An uninterruptible process executes nothing, and a SIGSTOP that waits takes effect before it
 * does. The parent of a vfork is one for as long as its child is stopped before its exec.
 */
const isHeldByKernel = (state: string): boolean => state === 'D';

// The limits are the shell's to set, because Node cannot; a lower hard limit of our own stays.
const LIMITED = 'ulimit -c 0 2>/dev/null; ulimit -n "$0" 2>/dev/null; exec "$@"';

export interface ProcessSandboxDeps {
  readonly request: SandboxRequest;
  /** This sandbox's own folder, which does not exist yet, below the driver's. */
  readonly folder: string;
  readonly driverFolder: string;
  /** Unique on the machine. */
  readonly marker: string;
  readonly onDestroyed: () => void;
}

export class ProcessSandbox implements Sandbox {
  readonly id: string;
  readonly exited: Promise<ProcessExit>;
  readonly #deps: ProcessSandboxDeps;
  readonly #exit = Promise.withResolvers<ProcessExit>();
  readonly #servers = new Map<string, Server>();
  readonly #connections = new Set<Socket>();
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #isStarted = false;
  #peakBytes = 0;
  #destroying: Promise<void> | undefined;

  constructor(deps: ProcessSandboxDeps) {
    this.#deps = deps;
    this.id = deps.request.id;
    this.exited = this.#exit.promise;
  }

  /** Called once by the driver, before anything else. */
  async open(): Promise<void> {
    await mkdir(this.#tmp, { recursive: true });
    await Promise.all(this.#deps.request.listeners.map((listener) => this.#listen(listener)));
  }

  address(listener: string): string {
    const server = this.#servers.get(listener);
    invariant(server !== undefined, `the sandbox has a listener named ${listener}`);
    const { address, port } = server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  async start(program: SandboxProgram): Promise<void> {
    invariant(!this.#isStarted, 'a sandbox is started once');
    if (this.#destroying !== undefined) throw new SandboxFailure('The sandbox was destroyed.');
    this.#isStarted = true;
    const root = path.join(this.#deps.folder, 'root');
    const mappings = await composeMounts(program.mounts, root).catch((cause: unknown) => {
      throw new SandboxFailure('A mount of the program is not there.', { cause });
    });
    const translate = createTranslator([...mappings, { target: '/tmp', source: this.#tmp }]);
    const env: Record<string, string> = { ...program.userEnv };
    for (const [name, value] of Object.entries(program.env)) env[name] = translate(value);
    env['TMPDIR'] = this.#tmp;
    env[MARKER_VARIABLE] = this.#deps.marker;
    await this.#spawn(program, program.argv.map(translate), translate(program.cwd), env);
  }

  /** Without a network of its own the sandbox listens on the host's loopback device. */
  async connect(port: number): Promise<Socket> {
    const failure = `Nothing in sandbox ${this.id} accepts a connection at port ${port}.`;
    if (this.#destroying !== undefined) throw new SandboxFailure(failure);
    const socket = connect(port, '127.0.0.1');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('connect', resolve);
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('error', reject);
    this.#connections.add(socket);
    try {
      await promise;
      return socket;
    } catch (cause) {
      throw new SandboxFailure(failure, { cause });
    }
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child?.kill(name);
  }

  async memoryPeakBytes(): Promise<number> {
    const pids = (await this.#tree()).map(({ pid }) => pid);
    this.#peakBytes = Math.max(this.#peakBytes, await peakBytes(pids));
    return this.#peakBytes;
  }

  /** Nothing to change: a process group has no share of its own. */
  async limitCpus(): Promise<void> {}

  async mount(): Promise<void> {
    throw new SandboxFailure('Without isolation nothing can be mounted.');
  }

  /** None is kept. */
  async limitMemory(): Promise<void> {}

  async yieldCpus(): Promise<void> {}

  async freeze(): Promise<void> {
    await this.#signalTree('SIGSTOP', (state) => state !== 'T' && state !== 't', isHeldByKernel);
  }

  async thaw(): Promise<void> {
    await this.#signalTree('SIGCONT', (state) => state === 'T');
  }

  destroy(reason: string): Promise<void> {
    return (this.#destroying ??= this.#end(reason));
  }

  get #tmp(): string {
    return path.join(this.#deps.folder, 'tmp');
  }

  async #listen({ name, port, onConnection }: SandboxListener): Promise<void> {
    invariant(port >= 0, 'a listener names its port inside the sandbox');
    const server = createServer(onConnection);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
    await promise;
    this.#servers.set(name, server);
  }

  async #spawn(
    program: SandboxProgram,
    argv: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    const limit = String(this.#deps.request.maxFileDescriptors);
    const child = spawn('/bin/sh', ['-c', LIMITED, limit, ...argv], {
      cwd,
      env,
      // A session of its own: what the program starts stays findable, and ^C does not reach it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const output = collectOutput({ stdout: child.stdout, stderr: child.stderr }, program.onOutput);
    child.once('exit', (code, signal) => {
      const exit = { code, signal, outOfMemory: false };
      void output.drained().then(() => this.#exit.resolve(exit));
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      this.#exit.resolve({ code: null, signal: null, outOfMemory: false });
      reject(new SandboxFailure(`The program could not be started in ${cwd}.`, { cause }));
    });
    await promise;
    // destroy() may have looked for the tree before there was one.
    if (this.#destroying !== undefined) await this.#kill();
  }

  async #tree(): ReturnType<typeof findTree> {
    const session = this.#child?.pid;
    return session === undefined ? [] : await findTree(this.#deps.marker, session);
  }

  /**
   * Repeated until no process is left over: a running one may fork while others are stopped. One
   * that was signalled and for which the signal only waits, is not left over either.
   */
  async #signalTree(
    name: NodeJS.Signals,
    isLeft: (state: string) => boolean,
    signalWaits: (state: string) => boolean = () => false,
  ): Promise<void> {
    this.#signalGroup(name);
    const signalled = new Set<number>();
    for (let waitedMs = 0; waitedMs < OBEDIENCE_MS; waitedMs++) {
      const left = (await this.#tree()).filter(
        ({ pid, state }) => isLeft(state) && !(signalled.has(pid) && signalWaits(state)),
      );
      if (left.length === 0) return;
      for (const { pid } of left) signalled.add(pid);
      signalAll(
        left.map(({ pid }) => pid),
        name,
      );
      await sleep(1);
    }
    throw new SandboxFailure(`Not every process of sandbox ${this.id} obeyed ${name}.`);
  }

  #signalGroup(name: NodeJS.Signals): void {
    const leader = this.#child?.pid;
    if (leader !== undefined) signalAll([-leader], name);
  }

  async #end(reason: string): Promise<void> {
    for (const server of this.#servers.values()) server.close();
    for (const socket of this.#connections) socket.destroy();
    try {
      await this.#kill();
      if (this.#child === undefined) {
        this.#exit.resolve({ code: null, signal: 'SIGKILL', outOfMemory: false });
      }
      await removeTree(this.#deps.driverFolder, this.#deps.folder);
    } catch (cause) {
      throw new SandboxFailure(`Sandbox ${this.id} did not end (${reason}).`, { cause });
    } finally {
      this.#deps.onDestroyed();
    }
  }

  async #kill(): Promise<void> {
    this.#signalGroup('SIGKILL');
    for (let waitedMs = 0; waitedMs < DEATH_MS; waitedMs += 5) {
      const left = (await this.#tree()).map(({ pid }) => pid);
      if (left.length === 0) return;
      signalAll(left, 'SIGKILL');
      await sleep(5);
    }
    throw new SandboxFailure(`A process of sandbox ${this.id} survived SIGKILL.`);
  }
}
