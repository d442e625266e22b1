/**
 * One sandbox as the helper holds it: control group, network, /tmp, pipes, then the OCI runtime's
 * run, and the end of all of them. Whatever fails half-way, `destroy` removes what there is.
 */
import { closeSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createCgroup,
  joinFiles,
  killCgroup,
  outOfMemoryKills,
  removeCgroup,
  type CgroupName,
} from '../oci/cgroup.ts';
import type { CgroupLayout } from '../oci/cgroup-layout.ts';
import { ociConfig } from '../oci/config.ts';
import {
  EXITED,
  firstProcess,
  WAITING_PROCESS,
  type HostPrograms,
  type ProgramProcess,
} from '../oci/program-process.ts';
import type { SandboxMount } from '../driver.ts';
import { mountsLate } from '../oci/protocol.ts';
import type { CreateCall, CreateResult, ExecCall, SignalCall, StartCall } from '../oci/protocol.ts';
import { BesidePrograms } from './beside-programs.ts';
import type { Children, ChildEnd } from './children.ts';
import { connectInto } from './connect-into.ts';
import { hostFolders } from './host-programs.ts';
import { createNetwork, type SandboxNetwork } from './network.ts';
import type { CompiledFilter } from './compiled-filter.ts';
import { runOci, type OciRun } from './run-oci.ts';
import type { SealedRuntime } from './seal-runtime.ts';
import { mountBeforeProgram, mountInto } from './mount-into.ts';
import { takeDatagrams } from './take-datagrams.ts';
import type { Mounts } from './start-mounts.ts';
import { stageMounts } from './stage-mounts.ts';
import { cloneTree, mount, moveMount, pipe, type WaitStatus } from './syscalls.ts';
import type { IdRanges } from './id-ranges.ts';
import type { StartedUplink, WayOut } from '../network/start-uplink.ts';
import { WaitingShell } from './waiting-shell.ts';

/** Nobody has told of its end, and nobody will. */
const LOST_AFTER_MS = 100;
/** How long an init may take to set its trap, on a machine that has hardly any time for it. */
const TRAP_MS = 2_000;

export interface HelperSandboxDeps {
  readonly owner: string;
  readonly cgroups: CgroupLayout;
  readonly runtime: SealedRuntime;
  readonly filter: CompiledFilter;
  /** In the helper's own mount namespace, reachable by everybody. */
  readonly stage: string;
  readonly rootfs: string;
  readonly hostPrograms: () => HostPrograms;
  readonly children: Children;
  readonly idRanges: IdRanges;
  /** None where sandboxes have no way out. */
  readonly uplink: StartedUplink | undefined;
  readonly mounts: Mounts;
  /** After this long something holds a killed process in the kernel. */
  readonly deathMs: number;
  /** Without a `program` it is the first that ended. */
  readonly onExited: (exit: HelperExit, program?: string) => void;
}

/** The /tmp of a sandbox that is gone, and the ids whose files are in it. */
export interface LeftTmp {
  readonly treeFd: number;
  readonly idRange: number;
}

export interface HelperExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
}

export class HelperSandbox {
  readonly #deps: HelperSandboxDeps;
  readonly #call: CreateCall;
  readonly #name: CgroupName;
  readonly #folder: string;
  readonly #openFds = new Set<number>();
  readonly #beside: BesidePrograms;
  #network: SandboxNetwork | undefined;
  #wayOut: Promise<WayOut> | undefined;
  #tmp: Promise<void> | undefined;
  #pipes: Record<'stdout' | 'stderr', ReturnType<typeof pipe>> | undefined;
  #idRange: number | undefined;
  #isMounted = false;
  /** Of one whose root is not the host's. */
  #host: HostPrograms | undefined;
  /** The first process, made ahead of its program. */
  #waiting: WaitingShell | undefined;
  #initPid: number | undefined;
  #oomKills = 0;
  #destroying: Promise<void> | undefined;
  #hasSurvived = false;

  constructor(deps: HelperSandboxDeps, call: CreateCall) {
    this.#deps = deps;
    this.#call = call;
    this.#name = { owner: deps.owner, sandbox: call.sandbox };
    this.#folder = path.join(deps.stage, 'sandboxes', call.sandbox);
    this.#beside = new BesidePrograms({
      children: deps.children,
      run: this.#ociRun(),
      folder: path.join(this.#folder, 'beside'),
      limits: call,
      host: () => this.#host,
      onExited: (program, status) => {
        deps.onExited({ ...exitOf(status), outOfMemory: this.#hasRunOut() }, program);
      },
    });
  }

  /** The listening sockets are the caller's to hand over and to close; `left` is taken over. */
  create(left?: LeftTmp): CreateResult & { readonly sockets: SandboxNetwork['sockets'] } {
    const { cgroups, idRanges, mounts } = this.#deps;
    this.#idRange = left?.idRange ?? idRanges.take();
    if (left !== undefined) this.#openFds.add(left.treeFd);
    createCgroup(cgroups, this.#name, this.#call);
    // A file system of its own, so that one detach ends everything that is mounted below it.
    mkdirSync(this.#folder);
    mount({ source: 'hearth', target: this.#folder, type: 'tmpfs', options: 'mode=755,size=4m' });
    this.#isMounted = true;
    const tmp = path.join(this.#folder, 'tmp');
    mkdirSync(tmp);
    if (left === undefined) this.#tmp = mounts.mountTmp(tmp, this.#call.tmpMib);
    else this.#takeOver(left, tmp);
    // Whoever completes this is told; where something else fails first, nobody is.
    this.#tmp?.catch(() => {});
    this.#network = createNetwork(this.#call);
    this.#openFds.add(this.#network.namespaceFd);
    for (const { fd } of this.#network.mailboxes) this.#openFds.add(fd);
    this.#pipes = { stdout: this.#openPipe(), stderr: this.#openPipe() };
    return {
      stdoutFd: this.#pipes.stdout.readFd,
      stderrFd: this.#pipes.stderr.readFd,
      sockets: this.#network.sockets,
    };
  }

  /** What other threads do of it: its /tmp, and its way out where there is one. Once, after `create`. */
  async complete(): Promise<void> {
    if (this.#network === undefined) return;
    this.#wayOut = this.#deps.uplink?.attach(this.#network.namespaceFd);
    await Promise.all([this.#tmp, this.#wayOut]);
  }

  /** Starts the first process, which waits for its program, and so many more beside it. */
  async park(besides: number): Promise<void> {
    const input = this.#openPipe();
    this.#openFds.delete(input.writeFd);
    this.#waiting = new WaitingShell(input.writeFd);
    await this.#run(WAITING_PROCESS, [], input.readFd);
    this.#livingPid();
    await this.#beside.park(besides);
  }

  async start(call: StartCall): Promise<void> {
    const { root, mounts } = call;
    if (root !== undefined) this.#host = this.#deps.hostPrograms();
    const program = firstProcess(call, this.#host);
    if (this.#waiting === undefined) {
      const input = this.#openPipe();
      this.#close(input.writeFd);
      const asRoot = root === undefined ? [] : [{ source: root, target: '/' }];
      await this.#staging([...asRoot, ...mounts], (staged) =>
        this.#run(program, staged, input.readFd),
      );
    } else {
      const pid = this.#livingPid();
      await this.#staging(mounts, async (staged) => mountBeforeProgram(pid, staged));
      await this.#waiting.become(program);
    }
  }

  openExec(program: string): CreateResult {
    this.#livingPid();
    return this.#beside.open(program);
  }

  async exec(call: ExecCall): Promise<void> {
    this.#livingPid();
    await this.#beside.start(call);
  }

  mount(mounts: readonly SandboxMount[]): void {
    mountInto(this.#livingPid(), mounts);
  }

  async connect(port: number): Promise<Socket> {
    if (this.#network === undefined || this.#destroying !== undefined) {
      throw new Error('The sandbox was destroyed.');
    }
    return await connectInto(this.#network, port);
  }

  collect(mailbox: string): readonly string[] {
    const found = this.#network?.mailboxes.find(({ name }) => name === mailbox);
    if (found === undefined || this.#destroying !== undefined) {
      throw new Error('The sandbox was destroyed.');
    }
    return takeDatagrams(found.fd);
  }

  signal({ name, program }: Pick<SignalCall, 'name' | 'program'>): void {
    if (program === undefined) this.#signalFirst(name);
    else this.#beside.signal(program, name);
  }

  #signalFirst(name: SignalCall['name'], waitedMs = 0): void {
    const pid = this.#initPid;
    if (pid === undefined) return;
    // PID 1 would lose a signal that comes before its trap is set, a millisecond after its start.
    // Under runsc the process seen from here is gVisor's kernel, which passes signals on.
    const isInit = this.#deps.runtime.kind !== 'runsc';
    if (name === 'SIGTERM' && isInit && waitedMs < TRAP_MS && !catchesSigterm(pid)) {
      setTimeout(() => this.#signalFirst(name, waitedMs + 1), 1);
    }
    // Until it is waited for its number belongs to nobody else.
    else process.kill(pid, name);
  }

  /** Whole or nothing: one process killed for want of memory ends the sandbox (v1 has no such rule). */
  checkMemory(): void {
    if (this.#initPid !== undefined && this.#hasRunOut()) this.#signalFirst('SIGKILL');
  }

  /** Rejects where a process does not die in this time, and may be called again then. */
  destroy(patienceMs = this.#deps.deathMs): Promise<void> {
    if (this.#hasSurvived) this.#destroying = undefined;
    return (this.#destroying ??= this.#end(patienceMs).then(() => {}));
  }

  /** Destroys it and leaves its /tmp to the caller; nothing where it was being destroyed already. */
  async destroyKeepingTmp(): Promise<LeftTmp | undefined> {
    if (this.#destroying !== undefined) {
      await this.#destroying;
      return undefined;
    }
    const ending = this.#end(this.#deps.deathMs, true);
    this.#destroying = ending.then(() => {});
    return await ending;
  }

  async #end(patienceMs: number, keepsTmp = false): Promise<LeftTmp | undefined> {
    const { cgroups, children, idRanges, mounts } = this.#deps;
    this.#hasSurvived = false;
    const since = performance.now();
    for (;;) {
      killCgroup(cgroups, this.#name);
      if (removeCgroup(cgroups, this.#name)) break;
      const waitedMs = performance.now() - since;
      this.#hasSurvived = waitedMs >= patienceMs;
      if (this.#hasSurvived) throw new Error('A process survived SIGKILL.');
      // Nearly all are gone in a few; the others need not cost a CPU meanwhile.
      await sleep(Math.max(1, waitedMs / 20));
    }
    // The group is empty a moment before its processes can be waited for; `exited` is told first.
    for (let waitedMs = 1; ; waitedMs++) {
      if (waitedMs % LOST_AFTER_MS === 0) children.checkAll();
      else children.check();
      if (!this.#hasProcesses()) break;
      await sleep(1);
    }
    // Whoever gives it its way out uses the descriptor of its namespace until then.
    const wayOut = await this.#wayOut?.catch(() => undefined);
    await this.#tmp?.catch(() => undefined);
    this.#waiting?.close();
    this.#beside.close();
    const left = keepsTmp ? this.#leaveTmp() : undefined;
    for (const fd of this.#openFds) this.#close(fd);
    wayOut?.end();
    if (this.#isMounted) await mounts.detach(this.#folder);
    this.#isMounted = false;
    removeEmpty(this.#folder);
    if (this.#idRange !== undefined) idRanges.giveBack(this.#idRange);
    this.#idRange = undefined;
    return left;
  }

  #takeOver({ treeFd }: LeftTmp, target: string): void {
    moveMount(treeFd, target);
    this.#close(treeFd);
  }

  /** The ids go with the files that are owned by them. */
  #leaveTmp(): LeftTmp | undefined {
    const idRange = this.#idRange;
    if (!this.#isMounted || idRange === undefined) return undefined;
    const treeFd = cloneTree(path.join(this.#folder, 'tmp'));
    this.#idRange = undefined;
    return { treeFd, idRange };
  }

  #hasProcesses(): boolean {
    return this.#initPid !== undefined || this.#beside.hasProcesses;
  }

  /** Makes a process of the OCI runtime the sandbox's first. */
  async #run(
    program: ProgramProcess,
    mounts: readonly SandboxMount[],
    inputFd: number,
  ): Promise<void> {
    const bundle = path.join(this.#folder, 'bundle');
    mkdirSync(bundle);
    this.#writeConfig(bundle, program, mounts);
    const pipes = this.#pipes;
    if (pipes === undefined || this.#destroying !== undefined)
      throw new Error('The sandbox was destroyed.');
    const { stdout, stderr } = pipes;
    const stdio = { stdin: inputFd, stdout: stdout.writeFd, stderr: stderr.writeFd };
    const run = { ...this.#ociRun(), action: 'run', bundle, stdio } as const;
    const started = runOci(run, this.#deps.children, (pid) => {
      this.#initPid = pid;
      return (status) => this.#onEnd(status);
    });
    // The program has them now; the server has opened its ends. What is left here would keep the
    // streams from ending.
    this.#close(inputFd);
    for (const { readFd, writeFd } of [stdout, stderr]) {
      this.#close(readFd);
      this.#close(writeFd);
    }
    await started;
    this.#deps.filter.learn(run);
  }

  #livingPid(): number {
    if (this.#initPid === undefined || this.#destroying !== undefined) {
      throw new Error('The sandbox runs no program.');
    }
    return this.#initPid;
  }

  /**
   * Has mounts where `act` can take them from. They do not stay: an OCI runtime starts in a copy of all
   * that is mounted here, which takes it 10 us for each.
   */
  async #staging(
    mounts: readonly SandboxMount[],
    act: (staged: readonly SandboxMount[]) => Promise<void>,
  ): Promise<void> {
    if (mounts.length === 0) return await act(mounts);
    const place = path.join(this.#folder, 'mounts');
    mkdirSync(place);
    mount({ source: 'hearth', target: place, type: 'tmpfs', options: 'mode=755,size=1m' });
    await act(stageMounts(mounts, place));
    // Those who bring a kernel of their own may look here later. Should it fail, they go with the rest.
    if (mountsLate(this.#deps.runtime)) this.#deps.mounts.detach(place).catch(() => {});
  }

  #ociRun(): Pick<OciRun, 'runtime' | 'stateFolder' | 'name' | 'joinFiles'> {
    return {
      runtime: this.#deps.runtime,
      stateFolder: path.join(this.#folder, 'state'),
      name: `${this.#deps.owner}-${this.#call.sandbox}`,
      joinFiles: this.#makesOwnCgroups() ? [] : joinFiles(this.#deps.cgroups, this.#name),
    };
  }

  #writeConfig(bundle: string, program: ProgramProcess, mounts: readonly SandboxMount[]): void {
    const { rootfs, owner, cgroups } = this.#deps;
    const ownRoot = mounts.find(({ target }) => target === '/')?.source;
    const config = ociConfig({
      process: program,
      limits: this.#call,
      rootfs: ownRoot ?? rootfs,
      tmp: path.join(this.#folder, 'tmp'),
      mounts: mounts.filter(({ target }) => target !== '/'),
      ...(ownRoot === undefined ? {} : { host: { root: rootfs, folders: hostFolders(rootfs) } }),
      networkNamespace: `/proc/${process.pid}/fd/${this.#network?.namespaceFd}`,
      // gVisor's kernel is the boundary there, and does not start in a user namespace like this.
      firstHostId: this.#deps.runtime.kind === 'runsc' ? undefined : this.#idRange,
      ...(this.#makesOwnCgroups() ? { cgroupsPath: `/${owner}/${this.#call.sandbox}` } : {}),
      architecture: process.arch,
      annotations: this.#deps.filter.annotations,
    });
    writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
    if (cgroups.version === 1) this.#oomKills = outOfMemoryKills(cgroups, this.#name);
  }

  /** Some join the groups that they are started in; the others insist on doing that themselves. */
  #makesOwnCgroups(): boolean {
    const { kind } = this.#deps.runtime;
    return kind !== 'crun' && kind !== 'runsc';
  }

  #hasRunOut(): boolean {
    return outOfMemoryKills(this.#deps.cgroups, this.#name) > this.#oomKills;
  }

  #onEnd(end: ChildEnd): void {
    this.#initPid = undefined;
    const outOfMemory = this.#hasRunOut();
    this.#deps.onExited({ ...exitOf(endOfProgram(end)), outOfMemory });
  }

  #openPipe(): ReturnType<typeof pipe> {
    const ends = pipe();
    this.#openFds.add(ends.readFd).add(ends.writeFd);
    return ends;
  }

  #close(fd: number): void {
    if (this.#openFds.delete(fd)) closeSync(fd);
  }
}

/**
 * Before it becomes our shell, the process is the OCI runtime's own, and runc's (a Go program)
 * catches SIGTERM as well, to no effect.
 */
function catchesSigterm(pid: number): boolean {
  if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0-c\0')) return false;
  const caught = /^SigCgt:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  const bit = 1n << BigInt(osConstants.signals.SIGTERM - 1);
  return (BigInt(`0x${caught ?? '0'}`) & bit) !== 0n;
}

/**
 * PID 1 passes on the program's end as a shell does: above 128 it was a signal, unless its last name
 * tells that the program has exited with that status. Not every shell names itself.
 */
function endOfProgram({ code, signal, name }: ChildEnd): WaitStatus {
  const wasSignal = code !== null && code > 128 && name?.startsWith(EXITED) !== true;
  return wasSignal ? { code: null, signal: code - 128 } : { code, signal };
}

function exitOf({ code, signal }: WaitStatus): Omit<HelperExit, 'outOfMemory'> {
  const names = Object.entries(osConstants.signals);
  const name = names.find(([, value]) => value === signal)?.[0];
  return name === undefined ? { code, signal: null } : { code: null, signal: name };
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
