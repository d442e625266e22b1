/**
 * What the server and its sandbox helper say to each other: JSON over the child's IPC channel.
 * Sockets travel with `listener` and `connection` messages; nothing else is ever passed.
 */
import type { SandboxMount } from '../driver.ts';
import type { NetworkPolicy, NetworkStatus } from '../network/policy.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

/** Ids are the server's; each gets exactly one answer of the same id. */
export type HelperRequest = { readonly id: number } & HelperCall;

export type HelperCall =
  | InitCall
  | CreateCall
  | ParkCall
  | StartCall
  | OpenExecCall
  | ExecCall
  | MountCall
  | ConnectCall
  | CollectCall
  | SignalCall
  | DestroyCall
  | DiscardCall;

/** The first one, once. */
export interface InitCall {
  readonly call: 'init';
  /** Begins the name of everything that the helper makes. */
  readonly owner: string;
  /** On a disk, private to this helper, removed by the server. */
  readonly folder: string;
  /** Owners whose server lives but whose helper died: their leftovers are removed as well. */
  readonly deadOwners: readonly string[];
  readonly runtime: RuntimeCommand;
  readonly network: NetworkPolicy;
  /** How long what was killed may take to be gone. */
  readonly deathMs: number;
}

export interface RuntimeCommand {
  readonly path: string;
  /** What it takes on its command line: crun joins the groups that we make, others make theirs. */
  readonly kind: 'crun' | 'runc' | 'runsc' | 'kata';
}

/** Whether a sandbox sees what is mounted late: not where it brings a kernel of its own. */
export function mountsLate({ kind }: RuntimeCommand): boolean {
  return kind === 'crun' || kind === 'runc';
}

/** Whether it can start a program beside the first of a sandbox; with the others nobody has tried. */
export function startsBeside({ kind }: RuntimeCommand): boolean {
  return kind === 'crun';
}

export interface CreateCall {
  readonly call: 'create';
  readonly sandbox: string;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly burstCpus?: number;
  readonly tmpMib: number;
  readonly maxProcesses: number;
  readonly maxFileDescriptors: number;
  readonly listeners: readonly {
    readonly name: string;
    readonly port: number;
    readonly isLocalToo: boolean;
  }[];
  readonly mailboxes?: readonly { readonly name: string; readonly port: number }[];
  /** The sandbox whose kept /tmp this one takes over. */
  readonly tmpOf?: string;
}

/** Starts the first process ahead of its program, and so many that wait beside it. */
export interface ParkCall {
  readonly call: 'park';
  readonly sandbox: string;
  readonly besides: number;
}

export interface StartCall {
  readonly call: 'start';
  readonly sandbox: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly userEnv: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly mounts: readonly SandboxMount[];
  readonly root?: string;
}

/** Makes the pipes of one more program; answered like `create`. */
export interface OpenExecCall {
  readonly call: 'open-exec';
  readonly sandbox: string;
  /** Names the program. */
  readonly program: string;
}

/** Starts the program whose pipes were made. */
export interface ExecCall extends Omit<StartCall, 'call' | 'mounts' | 'root'> {
  readonly call: 'exec';
  readonly program: string;
}

/** Into a sandbox that runs. */
export interface MountCall {
  readonly call: 'mount';
  readonly sandbox: string;
  readonly mounts: readonly SandboxMount[];
}

/** To a port inside; the socket comes in a `connection` message before the result. */
export interface ConnectCall {
  readonly call: 'connect';
  readonly sandbox: string;
  readonly port: number;
  /** Names the connection in that message. */
  readonly connection: string;
}

/** Answered with the datagrams that wait, each as base64. */
export interface CollectCall {
  readonly call: 'collect';
  readonly sandbox: string;
  readonly mailbox: string;
}

export interface SignalCall {
  readonly call: 'signal';
  readonly sandbox: string;
  readonly name: 'SIGTERM' | 'SIGKILL';
  /** One that was started by `exec`; the first where it is not said. */
  readonly program?: string;
}

export interface DestroyCall {
  readonly call: 'destroy';
  readonly sandbox: string;
  readonly keepsTmp: boolean;
}

/** Removes the /tmp that a sandbox left. */
export interface DiscardCall {
  readonly call: 'discard';
  readonly sandbox: string;
}

export interface InitResult {
  readonly cgroups: CgroupLayout;
  /** How /tmp is made; `tmpfs` (charged to the function's memory) where there is no loop device. */
  readonly tmp: 'ext4' | 'tmpfs';
  /** Whole sentences for the log. */
  readonly warnings: readonly string[];
  readonly removedLeftovers: number;
  readonly network: NetworkStatus;
}

export interface CreateResult {
  /** Descriptors of the helper, to be opened as /proc/<helper>/fd/<n> before `start`. */
  readonly stdoutFd: number;
  readonly stderrFd: number;
}

export type HelperMessage =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string }
  /** Comes with the socket, before the result of `create`. */
  | { readonly kind: 'listener'; readonly sandbox: string; readonly name: string }
  /** Comes with the socket, before the result of `connect`. */
  | { readonly kind: 'connection'; readonly sandbox: string; readonly connection: string }
  | {
      readonly kind: 'exited';
      readonly sandbox: string;
      /** One that was started by `exec`; the first where it is not said. */
      readonly program?: string;
      readonly code: number | null;
      readonly signal: string | null;
      readonly outOfMemory: boolean;
    };
