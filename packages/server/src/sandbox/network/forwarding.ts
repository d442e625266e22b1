/**
 * Lets the host pass packets on, where it does not yet: each of its links, and those to come, and
 * not `net.ipv4.ip_forward`, so that the wish of others who set that can be told from ours.
 *
 * Servers of one network namespace share what was before and who still needs it, in a folder: the
 * last one puts it back, and the next one does for those that were killed.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { tryLock } from '../helper/syscalls.ts';

const LOCK_MS = 5_000;
const RECORD = 'before.json';
const LOCK = 'lock';

export interface ForwardingDeps {
  /** /proc/sys/net/ipv4 */
  readonly settings: string;
  /** Of this network namespace. Need not exist. */
  readonly folder: string;
  readonly owner: string;
  readonly isDead: (owner: string) => boolean;
}

/** Where servers of the network namespace that this thread is in keep what they share. */
export function forwardingFolder(runFolder: string): string {
  const inode = /\d+/.exec(readlinkSync('/proc/thread-self/ns/net'))?.[0] ?? '0';
  return path.join(runFolder, `forwarding-${inode}`);
}

/** Returns the links that did not forward before. Throws where it may not be changed. */
export function startForwarding(deps: ForwardingDeps): readonly string[] {
  return whileLocked(deps, () => {
    dropDead(deps);
    writeFileSync(path.join(deps.folder, deps.owner), '');
    if (isOn(deps, 'all')) {
      // Somebody else wants it now, also where it was ours before.
      rmSync(path.join(deps.folder, RECORD), { force: true });
      return [];
    }
    const wereOn = readRecord(deps) ?? writeRecord(deps);
    const opened = links(deps).filter((link) => !wereOn.includes(link));
    for (const link of opened) set(deps, link, true);
    return opened.filter((link) => link !== 'default');
  });
}

/** Puts back what was before, where nobody else needs it. */
export function stopForwarding(deps: ForwardingDeps): void {
  if (existsSync(deps.folder)) whileLocked(deps, () => putBack(deps));
}

function putBack(deps: ForwardingDeps): void {
  rmSync(path.join(deps.folder, deps.owner), { force: true });
  dropDead(deps);
  const others = readdirSync(deps.folder).filter((name) => name !== RECORD && name !== LOCK);
  if (others.length > 0) return;
  const wereOn = readRecord(deps);
  if (wereOn !== undefined && !isOn(deps, 'all')) {
    for (const link of links(deps)) if (!wereOn.includes(link)) set(deps, link, false);
  }
  // With the lock in it: whoever waits for that finds a new folder next.
  rmSync(deps.folder, { recursive: true });
}

function dropDead({ folder, isDead }: ForwardingDeps): void {
  for (const name of readdirSync(folder)) if (isDead(name)) rmSync(path.join(folder, name));
}

/** The names of the links that forwarded, `default` among them. */
function readRecord({ folder }: ForwardingDeps): readonly string[] | undefined {
  const file = path.join(folder, RECORD);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : undefined;
}

function writeRecord(deps: ForwardingDeps): readonly string[] {
  const wereOn = links(deps).filter((link) => isOn(deps, link));
  writeFileSync(path.join(deps.folder, RECORD), JSON.stringify(wereOn));
  return wereOn;
}

function links({ settings }: ForwardingDeps): readonly string[] {
  return readdirSync(path.join(settings, 'conf')).filter((name) => name !== 'all' && name !== 'lo');
}

function isOn({ settings }: ForwardingDeps, link: string): boolean {
  return readFileSync(path.join(settings, 'conf', link, 'forwarding'), 'latin1').trim() === '1';
}

/** A link that has gone meanwhile needs nothing. */
function set({ settings }: ForwardingDeps, link: string, value: boolean): void {
  try {
    writeFileSync(path.join(settings, 'conf', link, 'forwarding'), value ? '1' : '0');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function whileLocked<Result>({ folder }: ForwardingDeps, act: () => Result): Result {
  const fd = lock(folder);
  try {
    return act();
  } finally {
    closeSync(fd);
  }
}

/** The lock of a folder that was removed meanwhile is worth nothing: then once more. */
function lock(folder: string): number {
  const file = path.join(folder, LOCK);
  for (let waitedMs = 0; waitedMs < LOCK_MS; waitedMs += 5) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fd = tryOpen(file);
    if (fd !== undefined) {
      if (tryLock(fd) && isSameFile(fd, file)) return fd;
      closeSync(fd);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  throw new Error(`${folder} stays locked.`);
}

function isSameFile(fd: number, file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}

function tryOpen(file: string): number | undefined {
  try {
    return openSync(file, 'a', 0o600);
  } catch {
    return undefined;
  }
}
