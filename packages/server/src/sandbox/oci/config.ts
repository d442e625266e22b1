/**
 * The OCI runtime configuration of one sandbox: the default profile, as data. Pure.
 *
 * A user namespace with 65,536 ids of its own, namespaces for everything else, no capabilities, no
 * new privileges, a system call list, a read-only root, hidden parts of /proc, and no /sys.
 */
import type { SandboxRequest } from '../driver.ts';
import type { ProgramProcess } from './program-process.ts';
import { seccompProfile } from './seccomp.ts';

/** As on AWS: the user that functions run as. */
export const SANDBOX_USER = { uid: 993, gid: 993 } as const;
export const IDS_PER_SANDBOX = 65_536;

const MASKED_PATHS = `
  acpi asound cmdline config.gz interrupts iomem ioports kallsyms kcore keys kmsg latency_stats
  modules pagetypeinfo sched_debug scsi slabinfo timer_list timer_stats vmallocinfo`
  .trim()
  .split(/\s+/)
  .map((name) => `/proc/${name}`);
const READONLY_PATHS = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);

export interface SandboxConfig {
  readonly process: ProgramProcess;
  readonly limits: Pick<SandboxRequest, 'maxFileDescriptors'>;
  /** The folder that becomes `/`. */
  readonly rootfs: string;
  /** The mounted volume that becomes /tmp. */
  readonly tmp: string;
  /** Already read-only where they are. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  /** The host's own root, and folders of it: for a sandbox that has another. */
  readonly host?: {
    readonly root: string;
    readonly folders: readonly { readonly source: string; readonly target: string }[];
  };
  readonly networkNamespace: string;
  /** The host's id of user 0 inside; none for runtimes that bring a kernel of their own. */
  readonly firstHostId: number | undefined;
  /** For runtimes that insist on making control groups themselves. */
  readonly cgroupsPath?: string;
  /** As Node names it. */
  readonly architecture: string;
  /** Wishes that only this OCI runtime knows. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The value of config.json. */
export function ociConfig(config: SandboxConfig): object {
  return {
    ociVersion: '1.0.2',
    root: { path: config.rootfs, readonly: true },
    hostname: 'sandbox',
    annotations: config.annotations,
    process: ociProcess(config.process, config.limits),
    mounts: mountsSection(config),
    linux: {
      namespaces: [
        ...['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
        { type: 'network', path: config.networkNamespace },
        ...(config.firstHostId === undefined ? [] : [{ type: 'user' }]),
      ],
      ...(config.firstHostId === undefined ? {} : idMappings(config.firstHostId)),
      ...(config.cgroupsPath === undefined ? {} : { cgroupsPath: config.cgroupsPath }),
      seccomp: seccompProfile(config.architecture, config.firstHostId === undefined),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      rootfsPropagation: 'private',
    },
  };
}

/** The value of process.json as well, for a program beside the first. */
export function ociProcess(
  { argv, env, cwd }: ProgramProcess,
  limits: SandboxConfig['limits'],
): object {
  const none: readonly string[] = [];
  return {
    terminal: false,
    user: { ...SANDBOX_USER, umask: 0o022, additionalGids: [] },
    args: argv,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    cwd,
    capabilities: {
      bounding: none,
      effective: none,
      inheritable: none,
      permitted: none,
      ambient: none,
    },
    rlimits: [rlimit('RLIMIT_NOFILE', limits.maxFileDescriptors), rlimit('RLIMIT_CORE', 0)],
    noNewPrivileges: true,
    // When the whole machine runs out, functions go before the server.
    oomScoreAdj: 500,
  };
}

/** A foreign root has these as empty files. */
const FILES_OF_HOST = ['/etc/hosts', '/etc/resolv.conf', '/etc/hostname'];

function mountsSection({ tmp, mounts, host }: SandboxConfig): readonly object[] {
  const readOnly = ['rbind', 'ro', 'nosuid', 'nodev', 'rprivate'];
  const ofHost =
    host === undefined
      ? []
      : [
          ...host.folders,
          ...FILES_OF_HOST.map((file) => ({ source: `${host.root}${file}`, target: file })),
        ];
  return [
    {
      destination: '/proc',
      type: 'proc',
      source: 'proc',
      options: ['nosuid', 'noexec', 'nodev'],
    },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=64k'],
    },
    { destination: '/tmp', type: 'bind', source: tmp, options: ['bind', 'nosuid', 'nodev'] },
    ...[...ofHost, ...mounts].map(({ source, target }) => ({
      destination: target,
      type: 'bind',
      source,
      options: readOnly,
    })),
  ];
}

function idMappings(hostID: number): object {
  const mapping = { containerID: 0, hostID, size: IDS_PER_SANDBOX };
  return { uidMappings: [mapping], gidMappings: [mapping] };
}

function rlimit(type: string, limit: number): object {
  return { type, soft: limit, hard: limit };
}
