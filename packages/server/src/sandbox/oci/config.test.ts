import { expect, test } from 'vitest';
import { ociConfig, type SandboxConfig } from './config.ts';
import { firstProcess } from './program-process.ts';
import { seccompProfile } from './seccomp.ts';

const config: SandboxConfig = {
  process: firstProcess({
    argv: ['/var/runtime/bootstrap', 'a'],
    env: { A: 'platform' },
    userEnv: { A: 'user', B: 'x=y' },
    cwd: '/var/task',
  }),
  limits: { maxFileDescriptors: 1024 },
  rootfs: '/stage/rootfs',
  tmp: '/stage/tmp',
  mounts: [{ source: '/stage/0', target: '/var/task' }],
  networkNamespace: '/proc/1/fd/7',
  firstHostId: 0x70000000,
  architecture: 'x64',
  annotations: {},
};

interface Seen {
  readonly root: object;
  readonly process: {
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
    readonly user: object;
    readonly noNewPrivileges: boolean;
    readonly rlimits: readonly object[];
  };
  readonly mounts: readonly { readonly destination: string; readonly options: readonly string[] }[];
  readonly linux: {
    readonly namespaces: readonly object[];
    readonly uidMappings: readonly object[];
    readonly maskedPaths: readonly string[];
    readonly cgroupsPath?: string;
  };
}

interface Filtered {
  readonly linux: { readonly seccomp: ReturnType<typeof seccompProfile> };
}

const seen = ociConfig(config) as Seen;

test('every namespace is new but the network, which is the one made for it', () => {
  expect(seen.linux.namespaces).toEqual([
    ...['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
    { type: 'network', path: '/proc/1/fd/7' },
    { type: 'user' },
  ]);
});

test('clone3 is refused, and passed to a kernel of its own that cannot say ENOSYS', () => {
  const clone3Of = (profile: ReturnType<typeof seccompProfile>): object | undefined =>
    profile.syscalls.find(({ names }) => names.includes('clone3'));
  expect(clone3Of(seccompProfile('x64'))).toMatchObject({ errnoRet: 38 });
  const own = ociConfig({ ...config, firstHostId: undefined }) as Filtered;
  expect(clone3Of(own.linux.seccomp)).toEqual({ names: ['clone3'], action: 'SCMP_ACT_ALLOW' });
});

test('no capability in any of the five sets, no new privileges, an ordinary user', () => {
  expect(Object.keys(seen.process.capabilities)).toHaveLength(5);
  expect(Object.values(seen.process.capabilities).flat()).toEqual([]);
  expect(seen.process.noNewPrivileges).toBe(true);
  expect(seen.process.user).toMatchObject({ uid: 993, gid: 993, additionalGids: [] });
  const mapping = { containerID: 0, hostID: 0x70000000, size: 65_536 };
  expect(seen.linux.uidMappings).toEqual([mapping]);
});

test('the platform wins over variables of the same name', () => {
  expect(seen.process.env).toEqual(['A=platform', 'B=x=y']);
});

test('the program runs below an init', () => {
  expect(seen.process.args.slice(0, 2)).toEqual(['/bin/sh', '-c']);
  expect(seen.process.args.slice(3)).toEqual(['init', '/var/runtime/bootstrap', 'a']);
});

test('the root and the mounts are read-only, and there is no /sys', () => {
  expect(seen.root).toEqual({ path: '/stage/rootfs', readonly: true });
  const task = seen.mounts.find(({ destination }) => destination === '/var/task');
  expect(task?.options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev']));
  const places = seen.mounts.map(({ destination }) => destination);
  expect(places).toEqual(['/proc', '/dev', '/tmp', '/var/task']);
  expect(seen.linux.maskedPaths).toEqual(expect.arrayContaining(['/proc/kcore', '/proc/cmdline']));
});

test('only a runtime that makes its own groups is told where', () => {
  expect(seen.linux.cgroupsPath).toBeUndefined();
  const other = ociConfig({ ...config, cgroupsPath: '/hearth/one' }) as Seen;
  expect(other.linux.cgroupsPath).toBe('/hearth/one');
});

const FORBIDDEN = `
  mount umount2 unshare setns pivot_root chroot open_tree fsopen move_mount ptrace
  process_vm_readv bpf perf_event_open userfaultfd io_uring_setup keyctl add_key request_key
  kexec_load init_module open_by_handle_at`;

test.each(FORBIDDEN.trim().split(/\s+/))('%s is not on the list of allowed calls', (name) => {
  const allowed = seccompProfile('x64').syscalls.filter(
    ({ action }) => action === 'SCMP_ACT_ALLOW',
  );
  expect(allowed.flatMap(({ names }) => names)).not.toContain(name);
});

test('a call with rules on its arguments has no rule without, which would override them', () => {
  const { syscalls } = seccompProfile('arm64');
  const restricted = new Set(
    syscalls.filter(({ args }) => args !== undefined).flatMap(({ names }) => names),
  );
  expect([...restricted].sort()).toEqual(['clone', 'personality', 'socket']);
  const free = syscalls.filter(({ args }) => args === undefined).flatMap(({ names }) => names);
  expect(free.filter((name) => restricted.has(name))).toEqual([]);
  expect(new Set(free).size).toBe(free.length);
});
