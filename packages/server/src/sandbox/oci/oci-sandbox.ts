/**
 * One sandbox of the OCI driver as the server holds it. The helper makes and ends it; output,
 * connections, the freezer and the figures go between the server and the kernel directly.
 */
import type { Server, Socket } from 'node:net';
import type { ProcessExit } from '../../core/outcome.ts';
import { invariant } from '../../lib/invariant.ts';
import {
  SandboxFailure,
  type BesideProgram,
  type KeptTmp,
  type Sandbox,
  type SandboxMount,
  type SandboxProcess,
  type SandboxProgram,
  type SandboxRequest,
} from '../driver.ts';
import { setCpus, setFrozen, setIdle, setMemory, type CgroupName } from './cgroup.ts';
import { MemoryGauge } from './memory-gauge.ts';
import type { CgroupLayout } from './cgroup-layout.ts';
import type { HelperLink } from './helper-link.ts';
import type { CreateResult } from './protocol.ts';
import { BesideProcess } from './beside-process.ts';
import { openOutput, type OutputStream } from './read-output.ts';

/** Where the helper's network puts every listener. */
const LISTENER_ADDRESS = '169.254.100.1';

const KILLED: ProcessExit = { code: null, signal: 'SIGKILL', outOfMemory: false };

export interface OciSandboxDeps {
  readonly request: SandboxRequest;
  readonly link: HelperLink;
  readonly cgroups: CgroupLayout;
  readonly owner: string;
  /** Whether what is mounted after its first process has started is seen inside. */
  readonly parks: boolean;
  /** Resolves once the leftovers of a helper that died have been removed. */
  readonly afterHelperDeath: () => Promise<void>;
  readonly onDestroyed: () => void;
}

export class OciSandbox implements Sandbox {
  readonly id: string;
  readonly exited: Promise<ProcessExit>;
  readonly #deps: OciSandboxDeps;
  readonly #name: CgroupName;
  readonly #memory: MemoryGauge;
  readonly #exit = Promise.withResolvers<ProcessExit>();
  readonly #servers = new Set<Server>();
  /** Into the sandbox; `connect` takes them from here as they arrive, by name. */
  readonly #arrived = new Map<string, Socket>();
  readonly #connections = new Set<Socket>();
  #lastConnection = 0;
  readonly #programs = new Map<string, BesideProcess>();
  #lastProgram = 0;
  #output: { readonly stdout: OutputStream; readonly stderr: OutputStream } | undefined;
  #isStarted = false;
  /** Its share, which it has back when it yields no more. */
  #cpus: number;
  #destroying: Promise<void> | undefined;

  constructor(deps: OciSandboxDeps) {
    this.#deps = deps;
    this.id = deps.request.id;
    this.#cpus = deps.request.cpus;
    this.#name = { owner: deps.owner, sandbox: this.id };
    this.#memory = new MemoryGauge(deps.cgroups, this.#name);
    this.exited = this.#exit.promise;
  }

  /** Called once by the driver, before anything else. */
  async open(): Promise<void> {
    const { link, request } = this.#deps;
    const { id: sandbox, listeners, tmp, ...limits } = request;
    const ports = listeners.map(({ name, port, isLocalToo = false }) => ({
      name,
      port,
      isLocalToo,
    }));
    const tmpOf = tmp === undefined ? {} : { tmpOf: tmp.sandbox };
    const call = { call: 'create', sandbox, ...limits, ...tmpOf, listeners: ports } as const;
    const { stdoutFd, stderrFd } = (await link.request(call)) as CreateResult;
    this.#output = {
      stdout: openOutput(link.pid, stdoutFd),
      stderr: openOutput(link.pid, stderrFd),
    };
  }

  /** The helper handed over a listening socket of this sandbox. */
  adopt(name: string, server: Server): void {
    const listener = this.#deps.request.listeners.find((each) => each.name === name);
    if (listener === undefined || this.#destroying !== undefined) {
      server.close();
      return;
    }
    server.on('connection', listener.onConnection);
    this.#servers.add(server);
  }

  address(listener: string): string {
    const { listeners, mailboxes = [] } = this.#deps.request;
    const found = [...listeners, ...mailboxes].find(({ name }) => name === listener);
    invariant(found !== undefined, `the sandbox has a listener named ${listener}`);
    return `${LISTENER_ADDRESS}:${found.port}`;
  }

  translate(text: string): string {
    return text;
  }

  async park(besides = 0): Promise<void> {
    if (!this.#deps.parks) return;
    await this.#deps.link.request({ call: 'park', sandbox: this.id, besides });
  }

  async start(program: SandboxProgram): Promise<void> {
    invariant(!this.#isStarted, 'a sandbox is started once');
    if (this.#destroying !== undefined) throw new SandboxFailure('The sandbox was destroyed.');
    this.#isStarted = true;
    const { onOutput, argv, env, userEnv, cwd, mounts, root } = program;
    this.#output?.stdout.flow((chunk) => onOutput('stdout', chunk));
    this.#output?.stderr.flow((chunk) => onOutput('stderr', chunk));
    const call = { call: 'start', sandbox: this.id, argv, env, userEnv, cwd, mounts } as const;
    await this.#deps.link.request(root === undefined ? call : { ...call, root });
  }

  async exec(program: BesideProgram): Promise<SandboxProcess> {
    if (!this.#isStarted) throw new SandboxFailure('The sandbox runs no program.');
    const { link } = this.#deps;
    const name = `p${++this.#lastProgram}`;
    const of = { sandbox: this.id, program: name } as const;
    const { stdoutFd, stderrFd } = (await link.request({
      call: 'open-exec',
      ...of,
    })) as CreateResult;
    const output = {
      stdout: openOutput(link.pid, stdoutFd),
      stderr: openOutput(link.pid, stderrFd),
    };
    const beside = new BesideProcess(output, (signal) => {
      link.request({ call: 'signal', ...of, name: signal }).catch(() => {});
    });
    this.#programs.set(name, beside);
    const { onOutput, argv, env, userEnv, cwd } = program;
    output.stdout.flow((chunk) => onOutput('stdout', chunk));
    output.stderr.flow((chunk) => onOutput('stderr', chunk));
    await link.request({ call: 'exec', ...of, argv, env, userEnv, cwd });
    return beside;
  }

  /** One beside the first ended. */
  onProgramExited(program: string, exit: ProcessExit): void {
    this.#programs.get(program)?.onExited(exit);
  }

  /** The first process ended. What it wrote is in the pipes, whose other ends are closed now. */
  onExited(exit: ProcessExit): void {
    const { stdout, stderr } = this.#output ?? {};
    if (!this.#isStarted) this.#closeOutput();
    void Promise.all([stdout?.ended, stderr?.ended]).then(() => this.#exit.resolve(exit));
  }

  /** The helper is gone; whatever ran is being killed by the next one. */
  onHelperGone(): void {
    this.#exit.resolve({ ...KILLED, isLost: true });
    for (const beside of this.#programs.values()) void beside.onLost();
  }

  async connect(port: number): Promise<Socket> {
    const connection = String(++this.#lastConnection);
    const failure = `Nothing in sandbox ${this.id} accepts a connection at port ${port}.`;
    try {
      await this.#deps.link.request({ call: 'connect', sandbox: this.id, port, connection });
    } catch (cause) {
      throw new SandboxFailure(failure, { cause });
    }
    const socket = this.#arrived.get(connection);
    this.#arrived.delete(connection);
    if (socket === undefined || socket.destroyed) throw new SandboxFailure(failure);
    return socket;
  }

  /** The helper handed over a connection into this sandbox. */
  onConnected(connection: string, socket: Socket): void {
    if (this.#destroying !== undefined) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    this.#arrived.set(connection, socket);
    // Whoever gets it listens too; until then an error must not be the server's.
    socket.on('error', () => {});
    socket.once('close', () => this.#connections.delete(socket));
  }

  async collect(mailbox: string): Promise<readonly Uint8Array[]> {
    const call = { call: 'collect', sandbox: this.id, mailbox } as const;
    try {
      const datagrams = (await this.#deps.link.request(call)) as readonly string[];
      return datagrams.map((each) => Buffer.from(each, 'base64'));
    } catch (cause) {
      throw new SandboxFailure(`Sandbox ${this.id} has no mailbox any more.`, { cause });
    }
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    // Without a helper there is no program to signal.
    this.#deps.link.request({ call: 'signal', sandbox: this.id, name }).catch(() => {});
  }

  async memoryPeakBytes(): Promise<number> {
    return this.#memory.read();
  }

  async limitCpus(cpus: number): Promise<void> {
    this.#cpus = cpus;
    await this.#onCgroup(() => setCpus(this.#deps.cgroups, this.#name, cpus));
  }

  async mount(mounts: readonly SandboxMount[]): Promise<void> {
    try {
      await this.#deps.link.request({ call: 'mount', sandbox: this.id, mounts });
    } catch (cause) {
      throw new SandboxFailure(`Sandbox ${this.id} could not be shown its code.`, { cause });
    }
  }

  async limitMemory(memoryMib: number): Promise<void> {
    await this.#onCgroup(() => setMemory(this.#deps.cgroups, this.#name, memoryMib));
  }

  async yieldCpus(yields: boolean): Promise<void> {
    await this.#onCgroup(() => setIdle(this.#deps.cgroups, this.#name, yields, this.#cpus));
  }

  async freeze(): Promise<void> {
    await this.#onCgroup(() => setFrozen(this.#deps.cgroups, this.#name, true));
  }

  async thaw(): Promise<void> {
    await this.#onCgroup(() => setFrozen(this.#deps.cgroups, this.#name, false));
  }

  destroy(reason: string): Promise<void> {
    return (this.#destroying ??= this.#end(reason, false));
  }

  async retire(reason: string): Promise<KeptTmp | undefined> {
    if (this.#destroying !== undefined) {
      await this.#destroying;
      return undefined;
    }
    this.#destroying = this.#end(reason, true);
    await this.#destroying;
    const { link } = this.#deps;
    const sandbox = this.id;
    return {
      sandbox,
      // A helper that is gone has taken it along.
      discard: async () => void (await link.request({ call: 'discard', sandbox }).catch(() => {})),
    };
  }

  /** One that is being destroyed has no group any more: there is nothing left to change. */
  async #onCgroup(change: () => void | Promise<void>): Promise<void> {
    try {
      await change();
    } catch (cause) {
      if (this.#destroying !== undefined) return;
      throw new SandboxFailure(`The limits of sandbox ${this.id} could not be set.`, { cause });
    }
  }

  async #end(reason: string, keepsTmp: boolean): Promise<void> {
    this.#memory.close();
    for (const server of this.#servers) server.close();
    // A socket of ours would keep the network namespace.
    for (const socket of this.#connections) socket.destroy();
    try {
      await this.#destroyThroughHelper(keepsTmp);
    } catch (cause) {
      // Whoever holds a process in the kernel holds its streams; nobody is to wait for that here.
      this.#closeOutput();
      for (const beside of this.#programs.values()) beside.closeOutput();
      throw new SandboxFailure(`Sandbox ${this.id} did not end (${reason}).`, { cause });
    } finally {
      if (!this.#isStarted) this.#closeOutput();
      // Of no effect when the program's own end was told, which comes before the answer above.
      await Promise.all([this.#output?.stdout.ended, this.#output?.stderr.ended]);
      this.#exit.resolve(KILLED);
      await Promise.all([...this.#programs.values()].map((beside) => beside.onLost()));
      this.#deps.onDestroyed();
    }
  }

  /** Nobody reads what comes before the program, so its end would never be seen. */
  #closeOutput(): void {
    this.#output?.stdout.destroy();
    this.#output?.stderr.destroy();
  }

  async #destroyThroughHelper(keepsTmp: boolean): Promise<void> {
    const { link, afterHelperDeath } = this.#deps;
    try {
      await link.request({ call: 'destroy', sandbox: this.id, keepsTmp });
    } catch (error) {
      if (!link.isOver) throw error;
      await afterHelperDeath();
    }
  }
}
