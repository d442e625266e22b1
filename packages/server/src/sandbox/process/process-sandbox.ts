/**
 * One sandbox of the process driver: a child process in a session of its own, and listeners on
 * loopback. It keeps the port's promises of lifetime (a tree is frozen, thawed and ended as a
 * whole), not those of isolation.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, rename, rmdir, symlink } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessExit } from '../../core/outcome.ts';
import { invariant } from '../../lib/invariant.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import {
  SandboxFailure,
  type KeptTmp,
  type Sandbox,
  type SandboxListener,
  type SandboxMount,
  type SandboxProcess,
  type BesideProgram,
  type SandboxProgram,
  type SandboxRequest,
} from '../driver.ts';
import { composeMounts } from './compose-mounts.ts';
import { openMailbox, type Mailbox } from './mailbox.ts';
import {
  findTree,
  findTreeLately,
  inspect,
  MARKER_VARIABLE,
  peakBytes,
  signalAll,
  type TreeProcess,
} from './process-tree.ts';
import { spawnProgram, type SpawnedProgram } from './spawn-program.ts';
import { createTranslator } from './translate-paths.ts';

/** A killed process leaves within milliseconds; later than this something holds it in the kernel. */
const DEATH_MS = 5_000;

/** A signal takes effect when its process next has a CPU, which a busy machine may delay. */
const OBEDIENCE_MS = 2_000;

/** By a signal, or by somebody who traces it. */
const isStopped = (state: string): boolean => state === 'T' || state === 't';

/**
 * An uninterruptible process executes nothing, and a SIGSTOP that waits takes effect before it
 * does. The parent of a vfork is one for as long as its child is stopped before its exec.
 */
const isHeldByKernel = (state: string): boolean => state === 'D';

export interface ProcessSandboxDeps {
  readonly request: SandboxRequest;
  /** This sandbox's own folder, which does not exist yet, below the driver's. */
  readonly folder: string;
  readonly driverFolder: string;
  /** Where the /tmp of a sandbox that was retired waits for the next one. */
  readonly keptFolder: (sandbox: string) => string;
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
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #connections = new Set<Socket>();
  /** Of the programs that run. */
  readonly #sessions = new Set<number>();
  #child: ChildProcess | undefined;
  /** Known once the program has its mounts. */
  #translate: ((text: string) => string) | undefined;
  #isStarted = false;
  #peakBytes = 0;
  /** The tree, when it was frozen. */
  #frozen: readonly TreeProcess[] = [];
  #destroying: Promise<void> | undefined;

  constructor(deps: ProcessSandboxDeps) {
    this.#deps = deps;
    this.id = deps.request.id;
    this.exited = this.#exit.promise;
  }

  /** Called once by the driver, before anything else. */
  async open(): Promise<void> {
    await mkdir(this.#deps.folder, { recursive: true });
    const { tmp } = this.#deps.request;
    const kept = tmp === undefined ? undefined : this.#deps.keptFolder(tmp.sandbox);
    // One that is lost is replaced by an empty one.
    if (kept !== undefined) await rename(kept, this.#tmp).catch(() => {});
    await mkdir(this.#tmp, { recursive: true });
    const { listeners, mailboxes = [] } = this.#deps.request;
    await Promise.all(listeners.map((listener) => this.#listen(listener)));
    for (const { name } of mailboxes) this.#mailboxes.set(name, await openMailbox());
  }

  address(listener: string): string {
    const mailbox = this.#mailboxes.get(listener);
    if (mailbox !== undefined) return mailbox.address;
    const server = this.#servers.get(listener);
    invariant(server !== undefined, `the sandbox has a listener named ${listener}`);
    const { address, port } = server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  translate(text: string): string {
    invariant(this.#translate !== undefined, 'the sandbox was started');
    return this.#translate(text);
  }

  /** A process of the host costs nothing that could be done ahead. */
  async park(): Promise<void> {}

  async start(program: SandboxProgram): Promise<void> {
    invariant(program.root === undefined, 'a program without isolation has the root of the host');
    invariant(!this.#isStarted, 'a sandbox is started once');
    if (this.#destroying !== undefined) throw new SandboxFailure('The sandbox was destroyed.');
    this.#isStarted = true;
    const mappings = await composeMounts(program.mounts, this.#root).catch((cause: unknown) => {
      throw new SandboxFailure('A mount of the program is not there.', { cause });
    });
    this.#translate = createTranslator([...mappings, { target: '/tmp', source: this.#tmp }]);
    const first = this.#spawn(program, this.#translate);
    this.#child = first.child;
    void first.exited.then((exit) => this.#exit.resolve(exit));
    await this.#executed(first);
  }

  async exec(program: BesideProgram): Promise<SandboxProcess> {
    if (this.#translate === undefined || this.#destroying !== undefined) {
      throw new SandboxFailure('The sandbox runs no program.');
    }
    const beside = this.#spawn(program, this.#translate);
    // Its number may be somebody else's from then on; what it left behind carries the marker.
    void beside.exited.then(() => this.#sessions.delete(beside.child.pid ?? 0));
    await this.#executed(beside);
    return { exited: beside.exited, signal: (name) => void beside.child.kill(name) };
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

  async collect(mailbox: string): Promise<readonly Uint8Array[]> {
    const found = this.#mailboxes.get(mailbox);
    if (found === undefined || this.#destroying !== undefined) {
      throw new SandboxFailure(`Sandbox ${this.id} has no mailbox any more.`);
    }
    return await found.take();
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child?.kill(name);
  }

  async memoryPeakBytes(): Promise<number> {
    const pids = await findTreeLately(this.#deps.marker, this.#sessions);
    this.#peakBytes = Math.max(this.#peakBytes, await peakBytes(pids));
    return this.#peakBytes;
  }

  /** Nothing to change: a process group has no share of its own. */
  async limitCpus(): Promise<void> {}

  /** The empty folder becomes a link. */
  async mount(mounts: readonly SandboxMount[]): Promise<void> {
    for (const { source, target } of mounts) {
      const place = path.join(this.#root, target);
      try {
        await rmdir(place);
        await symlink(source, place);
      } catch (cause) {
        throw new SandboxFailure(`Nothing can be mounted at ${target}.`, { cause });
      }
    }
  }

  /** None is kept. */
  async limitMemory(): Promise<void> {}

  async yieldCpus(): Promise<void> {}

  /** Repeated until no process is left over: a running one may fork while others are stopped. */
  async freeze(): Promise<void> {
    const signalled = new Set<number>();
    await this.#signalTree('SIGSTOP', async () => {
      this.#frozen = await this.#tree();
      const left = this.#frozen.filter(
        ({ pid, state }) => !isStopped(state) && !(isHeldByKernel(state) && signalled.has(pid)),
      );
      for (const { pid } of left) signalled.add(pid);
      return left;
    });
  }

  /** What is stopped has started nothing: only those that were there are looked at. */
  async thaw(): Promise<void> {
    const frozen = new Map(this.#frozen.map(({ pid, startedAt }) => [pid, startedAt]));
    await this.#signalTree('SIGCONT', async () =>
      (await inspect([...frozen.keys()])).filter(
        // One that somebody traces is continued by that one.
        ({ pid, state, startedAt }) => state === 'T' && frozen.get(pid) === startedAt,
      ),
    );
    this.#frozen = [];
  }

  destroy(reason: string): Promise<void> {
    return (this.#destroying ??= this.#end(reason));
  }

  async retire(reason: string): Promise<KeptTmp | undefined> {
    if (this.#destroying !== undefined) {
      await this.#destroying;
      return undefined;
    }
    const { keptFolder, driverFolder } = this.#deps;
    const kept = keptFolder(this.id);
    this.#destroying = this.#end(reason, kept);
    await this.#destroying;
    return { sandbox: this.id, discard: () => removeTree(driverFolder, kept) };
  }

  get #root(): string {
    return path.join(this.#deps.folder, 'root');
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

  #spawn(program: BesideProgram, translate: (text: string) => string): SpawnedProgram {
    const spawned = spawnProgram(program, {
      translate,
      env: { TMPDIR: this.#tmp, [MARKER_VARIABLE]: this.#deps.marker },
      maxFileDescriptors: this.#deps.request.maxFileDescriptors,
    });
    const { pid } = spawned.child;
    if (pid !== undefined) this.#sessions.add(pid);
    return spawned;
  }

  async #executed({ executed }: SpawnedProgram): Promise<void> {
    await executed;
    // destroy() may have looked for the tree before there was one.
    if (this.#destroying !== undefined) await this.#kill();
  }

  async #tree(isThorough = false): ReturnType<typeof findTree> {
    if (this.#sessions.size === 0) return [];
    return await findTree(this.#deps.marker, this.#sessions, isThorough);
  }

  /** Repeated until none is left over. */
  async #signalTree(
    name: NodeJS.Signals,
    findLeft: () => Promise<readonly TreeProcess[]>,
  ): Promise<void> {
    this.#signalGroup(name);
    for (let waitedMs = 0; waitedMs < OBEDIENCE_MS; waitedMs++) {
      const left = await findLeft();
      if (left.length === 0) return;
      signalAll(
        left.map(({ pid }) => pid),
        name,
      );
      await sleep(1);
    }
    throw new SandboxFailure(`Not every process of sandbox ${this.id} obeyed ${name}.`);
  }

  #signalGroup(name: NodeJS.Signals): void {
    signalAll(
      [...this.#sessions].map((leader) => -leader),
      name,
    );
  }

  async #end(reason: string, keptTmp?: string): Promise<void> {
    for (const server of this.#servers.values()) server.close();
    for (const socket of this.#connections) socket.destroy();
    for (const mailbox of this.#mailboxes.values()) mailbox.close();
    try {
      await this.#kill();
      if (this.#child === undefined) {
        this.#exit.resolve({ code: null, signal: 'SIGKILL', outOfMemory: false });
      }
      if (keptTmp !== undefined) await rename(this.#tmp, keptTmp);
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
      const left = (await this.#tree(waitedMs === 0)).map(({ pid }) => pid);
      if (left.length === 0) return;
      signalAll(left, 'SIGKILL');
      await sleep(5);
    }
    throw new SandboxFailure(`A process of sandbox ${this.id} survived SIGKILL.`);
  }
}
