/**
 * /tmp of a sandbox: an ext4 file system of exactly the size asked for, on a loop device over a
 * sparse file, with direct I/O. It is not charged to the function's memory (a tmpfs would be), a
 * full one answers ENOSPC, and making one takes about a millisecond, because the bytes that mkfs
 * writes are kept and only those are written again.
 *
 * The file is unlinked at once and the loop device frees itself, so whatever happens to this
 * process the kernel gives everything back with the last user of the mount.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import {
  ioctl,
  mount,
  MS_NOATIME,
  MS_NODEV,
  MS_NOSUID,
  seekExtent,
  SyscallFailed,
  unmount,
} from './syscalls.ts';

const LOOP_CTL_GET_FREE = 0x4c82;
const LOOP_CONFIGURE = 0x4c0a;
const LO_FLAGS_AUTOCLEAR = 4;
const LO_FLAGS_DIRECT_IO = 16;
/** Another process may take the free device between asking and configuring. */
const LOOP_ATTEMPTS = 50;

// No journal: the volume dies with its sandbox. Tables stay uninitialised, so the template is
// about 128 KB whatever its size. The block size is that of the loop device.
const MKFS = ['-q', '-F', '-b', '4096', '-O', '^has_journal,^resize_inode', '-m', '0'];
const MKFS_EXTENDED = 'lazy_itable_init=1,nodiscard';

interface Template {
  readonly extents: readonly { readonly offset: number; readonly bytes: Buffer }[];
}

export class TmpVolumes {
  readonly #folder: string;
  readonly #templates = new Map<number, Template>();
  #made = 0;

  /** `folder` is on a disk; the images of all volumes are (invisibly) there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes a volume and mounts it at `target`, an empty folder. */
  attach(target: string, sizeMib: number): void {
    const template = this.#template(sizeMib);
    const image = path.join(this.#folder, `tmp-${++this.#made}.img`);
    const fd = openSync(image, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      ftruncateSync(fd, sizeMib * 1024 * 1024);
      for (const { offset, bytes } of template.extents) writeSync(fd, bytes, 0, undefined, offset);
      mountImage(image, target);
    } finally {
      unlinkSync(image);
      closeSync(fd);
    }
  }

  /** The first volume of a size pays for mkfs; done ahead for the usual one. */
  prepare(sizeMib: number): void {
    this.#template(sizeMib);
  }

  #template(sizeMib: number): Template {
    const known = this.#templates.get(sizeMib);
    if (known !== undefined) return known;
    const template = makeTemplate(this.#folder, sizeMib);
    this.#templates.set(sizeMib, template);
    return template;
  }
}

function makeTemplate(folder: string, sizeMib: number): Template {
  const image = path.join(folder, `template-${sizeMib}.img`);
  const target = path.join(folder, `template-${sizeMib}`);
  const fd = openSync(image, 'wx+', 0o600);
  try {
    ftruncateSync(fd, sizeMib * 1024 * 1024);
    const made = spawnSync('mkfs.ext4', [...MKFS, '-E', MKFS_EXTENDED, image], { stdio: 'pipe' });
    if (made.status !== 0) {
      throw new Error(`mkfs.ext4: ${made.error?.message ?? made.stderr.toString().trim()}`);
    }
    mkdirSync(target);
    mountImage(image, target);
    rmdirSync(path.join(target, 'lost+found'));
    chmodSync(target, 0o1777);
    unmount(target);
    rmdirSync(target);
    return { extents: readExtents(fd) };
  } finally {
    unlinkSync(image);
    closeSync(fd);
  }
}

function readExtents(fd: number): Template['extents'] {
  const extents: { offset: number; bytes: Buffer }[] = [];
  const size = fstatSync(fd).size;
  let offset = seekExtent(fd, 0, 'data');
  while (offset !== undefined) {
    const end = seekExtent(fd, offset, 'hole') ?? size;
    const bytes = Buffer.alloc(end - offset);
    readSync(fd, bytes, 0, bytes.length, offset);
    extents.push({ offset, bytes });
    offset = seekExtent(fd, end, 'data');
  }
  return extents;
}

function mountImage(image: string, target: string): void {
  const fd = openImage(image);
  let loop: { readonly device: string; readonly fd: number };
  try {
    loop = attachLoop(fd);
  } finally {
    closeSync(fd);
  }
  try {
    const flags = MS_NOSUID | MS_NODEV | MS_NOATIME;
    mount({ source: loop.device, target, type: 'ext4', flags, options: 'noinit_itable' });
  } finally {
    // With AUTOCLEAR the device is free again when neither this nor the mount uses it.
    closeSync(loop.fd);
  }
}

/** Direct I/O keeps the data out of the page cache twice; not every file system has it. */
function openImage(image: string): number {
  try {
    return openSync(image, constants.O_RDWR | constants.O_DIRECT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    return openSync(image, constants.O_RDWR);
  }
}

function attachLoop(backing: number): { readonly device: string; readonly fd: number } {
  const control = openSync('/dev/loop-control', 'r+');
  try {
    for (let attempt = 1; ; attempt++) {
      const device = `/dev/loop${ioctl(control, LOOP_CTL_GET_FREE, null)}`;
      const fd = openSync(device, 'r+');
      try {
        ioctl(fd, LOOP_CONFIGURE, loopConfig(backing));
        return { device, fd };
      } catch (error) {
        closeSync(fd);
        const isTaken = error instanceof SyscallFailed && error.code === 'EBUSY';
        if (!isTaken || attempt === LOOP_ATTEMPTS) throw error;
      }
    }
  } finally {
    closeSync(control);
  }
}

/** struct loop_config: fd, block_size, struct loop_info64 (lo_flags at 52 in it), reserved. */
function loopConfig(backing: number): Buffer {
  const config = Buffer.alloc(304);
  config.writeUInt32LE(backing, 0);
  config.writeUInt32LE(4096, 4);
  config.writeUInt32LE(LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO, 8 + 52);
  return config;
}
