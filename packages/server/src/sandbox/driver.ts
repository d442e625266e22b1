/**
 * The port of isolation: a process tree under resource limits with its own network endpoint(s).
 * It knows nothing of functions. Two drivers implement it (`oci/`, `process/`), and both pass
 * `driver.testsuite.ts`.
 *
 * A sandbox is used once: created, started, destroyed. `create` makes everything that does not
 * depend on the program (network, limits, /tmp), so that it can be done ahead of need.
 */
import type { Socket } from 'node:net';
import type { Closeable } from '../lib/lifetime.ts';
import type { ProcessExit } from '../core/outcome.ts';
import type { NetworkStatus } from './network/policy.ts';

export interface SandboxDriver extends Closeable {
  /** What health and the start-up message show: `oci (crun 1.8.1)`, `process (no isolation)`. */
  readonly description: string;
  readonly isolation: 'oci' | 'process';
  /** What sandboxes can reach beside their own listeners. */
  readonly network: NetworkStatus;
  /** Sentences about what makes the sandboxes: a version with known ways out. */
  readonly advisories: readonly string[];
  /** Whether `Sandbox.mount` works. */
  readonly mountsLate: boolean;
  /** Whether a program may have a `root` of its own. */
  readonly changesRoot: boolean;
  /** Whether `Sandbox.park` does anything. */
  readonly parks: boolean;
  /** Rejects with `SandboxFailure` when the machine refuses. Any number may be under way. */
  create(request: SandboxRequest): Promise<Sandbox>;
}

export interface SandboxRequest {
  /** Unique in this server; names the sandbox's cgroups, folders and processes. `[a-z0-9-]{1,40}` */
  readonly id: string;
  readonly memoryMib: number;
  /**
   * Share of CPUs, 0.07 .. 6: the most it may use, and its part where all want more than there is.
   * Soft on a machine with fewer.
   */
  readonly cpus: number;
  /** It may use so many where they are free, until `limitCpus`. */
  readonly burstCpus?: number;
  readonly tmpMib: number;
  readonly maxProcesses: number;
  readonly maxFileDescriptors: number;
  readonly listeners: readonly SandboxListener[];
  /** Beside the listeners, under names of their own. */
  readonly mailboxes?: readonly SandboxMailbox[];
  /** What `retire` kept becomes this sandbox's /tmp; an empty one where it is lost. */
  readonly tmp?: KeptTmp;
}

/** The /tmp of a sandbox that was ended, with what was written to it. Whoever has it ends it. */
export interface KeptTmp {
  /** The id of the sandbox that it was of. */
  readonly sandbox: string;
  /** Removes it. Of no effect once a sandbox was made with it. */
  discard(): Promise<void>;
}

/** A TCP listener that only this sandbox can reach. */
export interface SandboxListener {
  /** `runtime-api`, `aws-endpoint`. */
  readonly name: string;
  /** The port inside the sandbox; the process driver takes any free one on loopback. */
  readonly port: number;
  /**
   * Whether programs may also reach it by a local socket of the abstract name `address:port`, at
   * half of what TCP costs. TCP is all there is without isolation, in gVisor and before Linux 6.16.
   */
  readonly isLocalToo?: boolean;
  /** Every socket handed here was opened by this sandbox (OCI: by construction). */
  readonly onConnection: (socket: Socket) => void;
}

/**
 * A place for datagrams (UDP) that only this sandbox can send. They wait until `Sandbox.collect`; what is
 * too much meanwhile is lost, as datagrams are: a flood costs only who sends it.
 */
export interface SandboxMailbox {
  /** `xray-daemon` */
  readonly name: string;
  /** The port inside the sandbox; the process driver takes any free one on loopback. */
  readonly port: number;
}

export interface SandboxProgram {
  /** argv[0] is an absolute path inside the sandbox. */
  readonly argv: readonly string[];
  /** The platform's variables: paths in them are those inside the sandbox (the process driver translates). */
  readonly env: Readonly<Record<string, string>>;
  /** The user's own variables, passed on untouched; `env` wins. */
  readonly userEnv: Readonly<Record<string, string>>;
  /** Absolute path inside. */
  readonly cwd: string;
  /** Read-only, nosuid, nodev. */
  readonly mounts: readonly SandboxMount[];
  /**
   * A folder on the host that becomes `/`, in the place of the host's own programs: read-only, nosuid
   * and nodev, with folders `/proc`, `/dev` and `/tmp` and files `/etc/hosts`, `/etc/resolv.conf` and
   * `/etc/hostname` that are no links, for the sandbox's own. Then argv[0] may be a name that is
   * looked for in PATH, an empty argv does nothing until its end, and there are no `mounts`. Only where the driver `changesRoot`, and not
   * in one that is parked.
   */
  readonly root?: string;
  /** Bytes as written; chunks of the two streams are in order each. Called until `exited` settles. */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
}

/** What runs beside the first sees what that sees. */
export type BesideProgram = Omit<SandboxProgram, 'mounts' | 'root'>;

/** A program that runs beside a sandbox's first. */
export interface SandboxProcess {
  /** As that of a sandbox. */
  readonly exited: Promise<ProcessExit>;
  /** To this process, not to its children. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SandboxMount {
  /**
   * A folder or file on the host, which everybody may read (programs run as a user of their own);
   * the folders above it may be closed.
   */
  readonly source: string;
  /** `/var/task`, `/opt`, `/var/runtime`, `/var/lang`, or a path below one of these. */
  readonly target: string;
}

export interface Sandbox {
  readonly id: string;
  /** `169.254.100.1:9001`: where the program finds the listener, or the mailbox, of that name. */
  address(listener: string): string;
  /**
   * A text with paths inside as the programs of this sandbox know them: without isolation they are
   * others. Once it was started.
   */
  translate(text: string): string;
  /**
   * Does ahead of need what a start costs before its program is known: afterwards `start`, and so
   * many calls of `exec`, start no process, and differ in nothing else. Once at most, before
   * `start`. Of no effect where the driver does not say that it `parks`.
   */
  park(besides?: number): Promise<void>;
  /**
   * Starts the program; once. Resolves when it has been executed. One that cannot be executed
   * ends like a shell's: exit status 127 when it is not there, 126 when it is not executable.
   */
  start(program: SandboxProgram): Promise<void>;
  /**
   * Starts one more program beside the first, which must live; with its own output, and otherwise
   * like `start`. It ends when the first does. Rejects with `SandboxFailure` also where the driver
   * cannot do it (OCI: only crun can).
   */
  exec(program: BesideProgram): Promise<SandboxProcess>;
  /**
   * Settles once the program's first process has ended and all of its output was delivered;
   * never rejects. The rest of the tree may still live: `destroy` ends it.
   */
  readonly exited: Promise<ProcessExit>;
  /**
   * Opens a connection to a port on which a process of this sandbox listens at the address of the
   * listeners (`sandbox.localdomain` inside). Only this sandbox can be reached by it. Rejects with
   * `SandboxFailure` when nobody listens there. The caller ends the socket; `destroy` does too.
   */
  connect(port: number): Promise<Socket>;
  /**
   * What was sent to the mailbox of that name since it was asked last, in order; everything that the
   * program had sent before the call is among it. Rejects once it is being destroyed.
   */
  collect(mailbox: string): Promise<readonly Uint8Array[]>;
  /** Sends a signal to the program's first process (not to its children). */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** The most memory the whole tree has used, in bytes; 0 where it cannot be known. */
  memoryPeakBytes(): Promise<number>;
  /**
   * Changes the share of CPUs, for a program that may start faster than it may run. Without
   * isolation it has no effect.
   */
  limitCpus(cpus: number): Promise<void>;
  /**
   * Shows folders to a program that runs already, read-only, nosuid and nodev from the first
   * moment, each at one of the empty folders `/var/task` and `/opt`. Only where the driver
   * `mountsLate`; what has the folder as its working directory must enter it again to see it.
   */
  mount(mounts: readonly SandboxMount[]): Promise<void>;
  /** Changes the limit of a living sandbox. Without isolation it has no effect. */
  limitMemory(memoryMib: number): Promise<void>;
  /**
   * Whether the tree runs only while nothing else wants the CPUs: for what is made ahead of need, or
   * has just begun to start. Afterwards it has its share again, which is not to be changed meanwhile.
   * Without isolation it has no effect.
   */
  yieldCpus(yields: boolean): Promise<void>;
  /** Stops every process of the tree from running, and lets it run again. Idempotent. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /**
   * Kills the whole tree at once, verifies that it is dead, and removes everything that was made
   * for it. Idempotent and shared; the first reason is kept. Works on frozen ones.
   */
  destroy(reason: string): Promise<void>;
  /** The same, but /tmp is kept; undefined where it was being destroyed already. */
  retire(reason: string): Promise<KeptTmp | undefined>;
}

/** The machine refused or failed to make a sandbox: the platform's fault, never the function's. */
export class SandboxFailure extends Error {
  override get name(): string {
    return 'SandboxFailure';
  }
}
