/**
 * The helper's side of the protocol: prepares this process once (its own mount namespace, the
 * shared root folder, /tmp volumes), then makes and ends sandboxes as the server asks.
 *
 * Short calls of the kernel are made synchronously, one after the other; what takes longer (an OCI
 * runtime, a dying tree) is waited for while other requests go on.
 */
import { closeSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { prepareOwner, removeOwner } from '../oci/cgroup.ts';
import { findCgroups, type CgroupLayout } from '../oci/cgroup-layout.ts';
import type {
  ConnectCall,
  CreateCall,
  CreateResult,
  HelperCall,
  HelperMessage,
  InitCall,
  InitResult,
} from '../oci/protocol.ts';
import { Children } from './children.ts';
import { HelperSandbox, type LeftTmp } from './helper-sandbox.ts';
import { findHostPrograms } from './host-programs.ts';
import { CompiledFilter } from './compiled-filter.ts';
import { IdRanges } from './id-ranges.ts';
import { removeLeftovers } from './leftovers.ts';
import { openNetwork, type OpenedNetwork } from '../network/open-network.ts';
import { sealRuntime, type SealedRuntime } from './seal-runtime.ts';
import { buildRootfs } from './rootfs.ts';
import { startMounts, type Mounts } from './start-mounts.ts';
import {
  becomeSubreaper,
  CLONE_NEWNS,
  detachMount,
  mount,
  MS_PRIVATE,
  MS_REC,
  MS_SLAVE,
  unshare,
} from './syscalls.ts';

/** Every path component of it may be passed by everybody, as the sandboxes' first process must. */
const RUN_FOLDER = '/run/hearth';
/** v1 has no rule that ends a whole group for want of memory, so it is looked at. */
const MEMORY_CHECK_MS = 250;
/** Between looks at what has survived its end. */
const TRY_AGAIN_MS = 1_000;

export type SendMessage = (message: HelperMessage, socket?: Server | Socket) => Promise<void>;

export class SandboxHost {
  readonly #send: SendMessage;
  readonly #children = new Children();
  readonly #sandboxes = new Map<string, HelperSandbox>();
  /** By the name of the sandbox that left it. */
  readonly #left = new Map<string, LeftTmp>();
  #prepared: Prepared | undefined;
  #memoryCheck: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(send: SendMessage) {
    this.#send = send;
  }

  /** Performs one call; what it returns is sent as its result. */
  async perform(call: HelperCall): Promise<unknown> {
    // What was on its way when the server died would come to be behind the end of everything else.
    if (this.#isEnding) throw new Error('The helper is ending.');
    switch (call.call) {
      case 'init':
        return await this.#init(call);
      case 'create':
        return await this.#create(call);
      case 'park':
        return await this.#sandbox(call.sandbox).park(call.besides);
      case 'start':
        return await this.#sandbox(call.sandbox).start(call);
      case 'open-exec':
        return this.#sandbox(call.sandbox).openExec(call.program);
      case 'exec':
        return await this.#sandbox(call.sandbox).exec(call);
      case 'mount':
        return this.#sandbox(call.sandbox).mount(call.mounts);
      case 'connect':
        return await this.#connect(call);
      case 'collect':
        return this.#sandbox(call.sandbox).collect(call.mailbox);
      case 'signal':
        return this.#sandboxes.get(call.sandbox)?.signal(call);
      case 'destroy':
        return await this.#destroy(call.sandbox, call.keepsTmp);
      case 'discard':
        return this.#discard(call.sandbox);
    }
  }

  onChildEnd(): void {
    this.#children.check();
  }

  /** Ends every sandbox and removes what was made for all of them. */
  async close(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#memoryCheck);
    await Promise.allSettled([...this.#sandboxes.keys()].map((name) => this.#destroy(name)));
    for (const name of this.#left.keys()) this.#discard(name);
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    await prepared.uplink?.close();
    removeOwner(prepared.cgroups, prepared.owner);
    await prepared.mounts.close();
    detachMount(prepared.stage);
    rmdirSync(prepared.stage);
    // Shared with other servers: the last one removes it.
    try {
      rmdirSync(RUN_FOLDER);
    } catch {
      // Another server's folder is in it.
    }
  }

  async #init(call: InitCall): Promise<InitResult> {
    becomeSubreaper();
    const cgroups = findCgroups(readFileSync('/proc/self/mountinfo', 'utf8'));
    enterOwnMountNamespace(cgroups);
    const removedLeftovers = await removeLeftovers({
      cgroups,
      runFolder: RUN_FOLDER,
      deadOwners: call.deadOwners,
    });
    prepareOwner(cgroups, call.owner);
    const opening = openNetwork({ ...call, policy: call.network, runFolder: RUN_FOLDER });
    const mounting = startMounts({ folder: call.folder });
    const stage = openStage(call.owner);
    const idRanges = new IdRanges(path.join(RUN_FOLDER, 'ids'));
    const { uplink, status } = await opening;
    const mounts = await mounting;
    const { tmp, warnings } = mounts;
    buildRootfs(path.join(stage, 'rootfs'), status);
    const made = { runtime: sealRuntime(call.runtime), filter: new CompiledFilter() };
    this.#prepared = { ...call, ...made, cgroups, stage, mounts, idRanges, uplink };
    if (cgroups.version === 1) {
      this.#memoryCheck = setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS);
    }
    return { cgroups, tmp, warnings, removedLeftovers, network: status };
  }

  async #create(call: CreateCall): Promise<CreateResult> {
    const prepared = this.#prepared;
    if (prepared === undefined) throw new Error('The helper was not prepared.');
    const sandbox = new HelperSandbox(
      {
        ...prepared,
        rootfs: path.join(prepared.stage, 'rootfs'),
        hostPrograms: findHostPrograms,
        children: this.#children,
        onExited: (exit, program) => {
          const of = program === undefined ? {} : { program };
          void this.#send({ kind: 'exited', sandbox: call.sandbox, ...of, ...exit });
        },
      },
      call,
    );
    this.#sandboxes.set(call.sandbox, sandbox);
    try {
      const { sockets, ...result } = sandbox.create(this.#takeLeft(call.tmpOf));
      await Promise.all([
        sandbox.complete(),
        ...sockets.map(({ name, fd }) => this.#handOver(call.sandbox, name, fd)),
      ]);
      return result;
    } catch (error) {
      await this.#destroy(call.sandbox);
      throw error;
    }
  }

  /** From here on only the server can accept connections of this listener. */
  async #handOver(sandbox: string, name: string, fd: number): Promise<void> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen({ fd }, resolve);
    await promise.catch((error: unknown) => {
      closeSync(fd);
      throw error;
    });
    try {
      await this.#send({ kind: 'listener', sandbox, name }, server);
    } finally {
      server.close();
    }
  }

  async #connect({ sandbox, port, connection }: ConnectCall): Promise<void> {
    const socket = await this.#sandbox(sandbox).connect(port);
    await this.#send({ kind: 'connection', sandbox, connection }, socket);
  }

  async #destroy(name: string, keepsTmp = false): Promise<void> {
    const sandbox = this.#sandboxes.get(name);
    try {
      const left = keepsTmp ? await sandbox?.destroyKeepingTmp() : await sandbox?.destroy();
      if (left !== undefined) this.#left.set(name, left);
    } catch (error) {
      this.#endLater(name);
      throw error;
    }
    this.#sandboxes.delete(name);
  }

  /** What the kernel itself holds dies when it is let go; until then nothing of it is free. */
  #endLater(name: string): void {
    setTimeout(() => {
      const gone = this.#sandboxes.get(name)?.destroy(0);
      gone?.then(
        () => this.#sandboxes.delete(name),
        () => this.#endLater(name),
      );
    }, TRY_AGAIN_MS);
  }

  #takeLeft(name: string | undefined): LeftTmp | undefined {
    if (name === undefined) return undefined;
    const left = this.#left.get(name);
    this.#left.delete(name);
    return left;
  }

  #discard(name: string): void {
    const left = this.#takeLeft(name);
    if (left === undefined) return;
    closeSync(left.treeFd);
    this.#prepared?.idRanges.giveBack(left.idRange);
  }

  #sandbox(name: string): HelperSandbox {
    const sandbox = this.#sandboxes.get(name);
    if (sandbox === undefined) throw new Error(`There is no sandbox ${name}.`);
    return sandbox;
  }

  #checkMemory(): void {
    for (const sandbox of this.#sandboxes.values()) sandbox.checkMemory();
  }
}

interface Prepared extends InitCall {
  readonly runtime: SealedRuntime;
  readonly filter: CompiledFilter;
  readonly cgroups: CgroupLayout;
  readonly stage: string;
  readonly idRanges: IdRanges;
  readonly uplink: OpenedNetwork['uplink'];
  readonly mounts: Mounts;
}

/** Mounts that the host makes later are seen here; nothing that is mounted here is seen there. */
function enterOwnMountNamespace(cgroups: CgroupLayout): void {
  unshare(CLONE_NEWNS);
  mount({ target: '/', flags: MS_REC | MS_SLAVE });
  // crun refuses a machine with both versions as soon as it sees a controller in the v2 tree.
  if (cgroups.version === 1 && cgroups.unified !== undefined) detachMount(cgroups.unified);
}

function openStage(owner: string): string {
  const stage = path.join(RUN_FOLDER, owner);
  mkdirSync(stage, { recursive: true, mode: 0o755 });
  mount({ source: 'hearth', target: stage, type: 'tmpfs', options: 'mode=755,size=64m' });
  mount({ target: stage, flags: MS_PRIVATE | MS_REC });
  for (const name of ['rootfs', 'sandboxes']) mkdirSync(path.join(stage, name));
  return stage;
}
