/**
 * The system calls that Node has no API for, through node:ffi. Only the sandbox helper imports
 * this: a wrong pointer must never be able to take the server with it.
 *
 * Every call is synchronous, returns a plain value and throws `SyscallFailed` with the name of the
 * errno. Constants are those of Linux on x86-64 and arm64, which agree here.
 */
import { dlopen, getInt32 } from 'node:ffi';
import { closeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';

export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWNET = 0x40000000;
export const MS_RDONLY = 0x1n;
export const MS_NOSUID = 0x2n;
export const MS_NODEV = 0x4n;
export const MS_REMOUNT = 0x20n;
export const MS_NOATIME = 0x400n;
export const MS_REC = 0x4000n;
export const MS_PRIVATE = 0x40000n;
export const MS_SLAVE = 0x80000n;

const MNT_DETACH = 2;
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x1000000;
const WNOTHREAD = 0x20000000;
const P_ALL = 0;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000n;
const AT_RECURSIVE = 0x8000n;
const OPEN_TREE_CLONE = 1n;
const OPEN_TREE_CLOEXEC = 0x80000n;
const MOVE_MOUNT_F_EMPTY_PATH = 4n;
const MOUNT_ATTR_RDONLY = 1n;
const MOUNT_ATTR_NOSUID = 2n;
const MOUNT_ATTR_NODEV = 4n;
const O_CLOEXEC = 0x80000;

// The same numbers on every architecture since the tables were unified.
const SYS_OPEN_TREE = 428n;
const SYS_MOVE_MOUNT = 429n;
const SYS_MOUNT_SETATTR = 442n;

const { functions: libc } = dlopen(null, {
  __errno_location: { arguments: [], return: 'pointer' },
  mount: { arguments: ['string', 'string', 'string', 'u64', 'string'], return: 'i32' },
  umount2: { arguments: ['string', 'i32'], return: 'i32' },
  unshare: { arguments: ['i32'], return: 'i32' },
  setns: { arguments: ['i32', 'i32'], return: 'i32' },
  prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
  waitid: { arguments: ['i32', 'u32', 'pointer', 'i32'], return: 'i32' },
  waitpid: { arguments: ['i32', 'pointer', 'i32'], return: 'i32' },
  pipe2: { arguments: ['pointer', 'i32'], return: 'i32' },
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  listen: { arguments: ['i32', 'i32'], return: 'i32' },
  send: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  recv: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i64' },
  memfd_create: { arguments: ['string', 'u32'], return: 'i32' },
  fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
  flock: { arguments: ['i32', 'i32'], return: 'i32' },
  lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' },
  syscall: { arguments: ['i64', 'i64', 'pointer', 'i64', 'pointer', 'i64'], return: 'i64' },
});

export class SyscallFailed extends Error {
  readonly code: string;
  constructor(call: string, code: string) {
    super(`${call}: ${code}`);
    this.code = code;
  }
  override get name(): string {
    return 'SyscallFailed';
  }
}

/** Processes orphaned below this one become its children, so that it can wait for them. */
export function becomeSubreaper(): void {
  checked('prctl', libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n));
}

export function unshare(flags: number): void {
  checked('unshare', libc.unshare(flags));
}

export function setns(fd: number, kind: number): void {
  checked('setns', libc.setns(fd, kind));
}

export interface MountCall {
  readonly source?: string;
  readonly target: string;
  readonly type?: string;
  readonly flags?: bigint;
  readonly options?: string;
}

export function mount({ source, target, type, flags = 0n, options }: MountCall): void {
  const result = libc.mount(source ?? null, target, type ?? null, flags, options ?? null);
  checked(`mount ${target}`, result);
}

/** Detaches at once what is mounted there; the kernel frees it when its last user has gone. */
export function detachMount(target: string): void {
  checked(`umount ${target}`, libc.umount2(target, MNT_DETACH));
}

/** Unmounts now, or fails with EBUSY. */
export function unmount(target: string): void {
  checked(`umount ${target}`, libc.umount2(target, 0));
}

/** Shows `source`, with what is mounted below it, at `target`: read-only, nosuid, nodev. */
export function bindReadOnly(source: string, target: string): void {
  const tree = cloneReadOnly(source);
  try {
    moveMount(tree, target);
  } finally {
    closeSync(tree);
  }
}

/**
 * `source`, with what is mounted below it, as a mount that is nowhere yet: read-only, nosuid,
 * nodev. The descriptor is the caller's to close.
 */
export function cloneReadOnly(source: string): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  const tree = raw('open_tree', SYS_OPEN_TREE, BigInt(AT_FDCWD), cString(source), flags, null, 0n);
  try {
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
    const attributes = Buffer.alloc(32);
    const set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    attributes.writeBigUInt64LE(set, 0);
    attributes.writeBigUInt64LE(MS_PRIVATE, 16);
    const below = AT_EMPTY_PATH | AT_RECURSIVE;
    raw('mount_setattr', SYS_MOUNT_SETATTR, BigInt(tree), cString(''), below, attributes, 32n);
    return tree;
  } catch (error) {
    closeSync(tree);
    throw error;
  }
}

/**
 * The mount at `source` once more, nowhere yet, as it is: it stays when the first is unmounted. The
 * descriptor is the caller's to close.
 */
export function cloneTree(source: string): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  return raw('open_tree', SYS_OPEN_TREE, BigInt(AT_FDCWD), cString(source), flags, null, 0n);
}

/** Puts such a mount at `target` in the mount namespace that this thread is in. */
export function moveMount(tree: number, target: string): void {
  const to = [BigInt(AT_FDCWD), cString(target), MOVE_MOUNT_F_EMPTY_PATH] as const;
  raw(`move_mount ${target}`, SYS_MOVE_MOUNT, BigInt(tree), cString(''), ...to);
}

export interface WaitStatus {
  readonly code: number | null;
  readonly signal: number | null;
}

/** A child of this thread that has ended and can be reaped; all is known of it in /proc until then. */
export function endedChild(): number | undefined {
  const [INFO_BYTES, PID_OFFSET] = [128, 16];
  const info = Buffer.alloc(INFO_BYTES);
  const options = WEXITED | WNOHANG | WNOWAIT | WNOTHREAD;
  const failed = libc.waitid(P_ALL, 0, info, options) !== 0;
  const pid = info.readInt32LE(PID_OFFSET);
  return failed || pid === 0 ? undefined : pid;
}

/** How a child ended; undefined where it runs, or is no child of ours (any more). */
export function reap(pid: number): WaitStatus | undefined {
  const status = Buffer.alloc(4);
  if (libc.waitpid(pid, status, WNOHANG) !== pid) return undefined;
  const value = status.readInt32LE(0);
  const signal = value & 0x7f;
  return signal === 0 ? { code: (value >> 8) & 0xff, signal: null } : { code: null, signal };
}

/** A pipe whose ends no child inherits. */
export function pipe(): { readonly readFd: number; readonly writeFd: number } {
  const fds = Buffer.alloc(8);
  checked('pipe2', libc.pipe2(fds, O_CLOEXEC));
  return { readFd: fds.readInt32LE(0), writeFd: fds.readInt32LE(4) };
}

/** An empty file in memory that can be sealed, and executed; undefined where that is forbidden. */
export function memoryFile(name: string): number | undefined {
  const [MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC] = [1, 2, 0x10];
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const fd = libc.memfd_create(name, flags | MFD_EXEC);
  if (fd >= 0) return fd;
  // Before Linux 6.3 there is no such flag, and every one of them can be executed.
  return lastError() === 'EINVAL'
    ? checked('memfd_create', libc.memfd_create(name, flags))
    : undefined;
}

/** Nobody can write to such a file from now on, change its size, or take this back. */
export function seal(fd: number): void {
  const [F_ADD_SEALS, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE] = [1033, 1, 2, 4, 8];
  const seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  checked('fcntl', libc.fcntl(fd, F_ADD_SEALS, seals));
}

/** A listening TCP socket in the network namespace that this thread is in. */
export function listenTcp(address: string, port: number): number {
  return listenAt(tcpSocket(), socketAddress(address, port), `${address}:${port}`);
}

/**
 * A listening local socket of an abstract name, which is known in the network namespace that this
 * thread is in and in no other. Undefined before Linux 6.16: there a client could send descriptors
 * along, and whoever reads closes them, for as long as the client likes (SO_LINGER).
 */
export function listenLocal(name: string): number | undefined {
  const [AF_UNIX, SOCK_STREAM, SOCK_NONBLOCK] = [1, 1, 0x800];
  const fd = checked('socket', libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | O_CLOEXEC, 0));
  const SO_PASSRIGHTS = 83;
  if (!setSocketOption(fd, SO_PASSRIGHTS, false)) {
    closeSync(fd);
    return undefined;
  }
  // struct sockaddr_un, only as long as it is used: all of its length is the name.
  return listenAt(fd, Buffer.from([AF_UNIX, 0, 0, ...Buffer.from(name)]), `@${name}`);
}

function listenAt(fd: number, address: Buffer, name: string): number {
  const SO_REUSEADDR = 2;
  try {
    setSocketOption(fd, SO_REUSEADDR, true);
    checked(`bind ${name}`, libc.bind(fd, address, address.length));
    checked('listen', libc.listen(fd, 511));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** So many bytes may wait in the socket, whatever the machine allows others. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  const SO_RCVBUFFORCE = 33;
  setSocketOption(fd, SO_RCVBUFFORCE, bytes);
}

/** False where the kernel does not know the option. */
function setSocketOption(fd: number, option: number, setting: boolean | number): boolean {
  const SOL_SOCKET = 1;
  const value = Buffer.alloc(4);
  value.writeInt32LE(Number(setting));
  return libc.setsockopt(fd, SOL_SOCKET, option, value, value.length) === 0;
}

/** A TCP socket, not connected yet, in the network namespace that this thread is in. */
export function tcpSocket(): number {
  const [AF_INET, SOCK_STREAM, SOCK_NONBLOCK] = [2, 1, 0x800];
  return checked('socket', libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | O_CLOEXEC, 0));
}

/** struct sockaddr_in */
export function socketAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16BE(port, 2);
  for (const [index, part] of address.split('.').entries()) bytes[4 + index] = Number(part);
  return bytes;
}

/** A datagram socket, which is what interface requests are made on. */
export function datagramSocket(): number {
  return checked('socket', libc.socket(2, 2 | O_CLOEXEC, 0));
}

/** A UDP socket bound in the network namespace that this thread is in. */
export function bindUdp(address: string, port: number): number {
  const [AF_INET, SOCK_DGRAM, SOCK_NONBLOCK] = [2, 2, 0x800];
  const fd = checked('socket', libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | O_CLOEXEC, 0));
  try {
    checked(`bind ${address}:${port}`, libc.bind(fd, socketAddress(address, port), 16));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A socket that configures the network namespace that this thread is in, from wherever used. */
export function routeSocket(): number {
  const [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE] = [16, 3, 0];
  return checked('socket', libc.socket(AF_NETLINK, SOCK_RAW | O_CLOEXEC, NETLINK_ROUTE));
}

export function send(fd: number, bytes: Buffer): void {
  checked('send', Number(libc.send(fd, bytes, BigInt(bytes.length), 0)));
}

/** What has come already: never waits. The number of bytes that are in `into` now. */
export function receive(fd: number, into: Buffer): number {
  const MSG_DONTWAIT = 0x40;
  return checked('recv', Number(libc.recv(fd, into, BigInt(into.length), MSG_DONTWAIT)));
}

export function ioctl(fd: number, request: number, argument: Buffer | null): number {
  return checked('ioctl', libc.ioctl(fd, BigInt(request), argument));
}

/** Whether the file is locked for this descriptor alone from now on, until it is closed. */
export function tryLock(fd: number): boolean {
  const [LOCK_EX, LOCK_NB] = [2, 4];
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const code = lastError();
  if (code === 'EWOULDBLOCK' || code === 'EAGAIN' || code === 'EINTR') return false;
  throw new SyscallFailed('flock', code);
}

/** The offset of the next data, or of the next hole; undefined behind the last. */
export function seekExtent(fd: number, offset: number, kind: 'data' | 'hole'): number | undefined {
  const found = Number(libc.lseek(fd, BigInt(offset), kind === 'data' ? 3 : 4));
  return found === -1 ? undefined : found;
}

function raw(
  call: string,
  number: bigint,
  first: bigint,
  second: Buffer,
  third: bigint,
  fourth: Buffer | null,
  fifth: bigint,
): number {
  return checked(call, Number(libc.syscall(number, first, second, third, fourth, fifth)));
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function checked(call: string, result: number): number {
  if (result >= 0) return result;
  throw new SyscallFailed(call, lastError());
}

/** Nothing else may run between the call and this. */
function lastError(): string {
  return getSystemErrorName(-getInt32(libc.__errno_location(), 0));
}
