/**
 * The host's own shell and `env` for a sandbox whose root is a folder of somebody else's, which may
 * have neither, or another C library. They are shown there with the host's other programs, and are started
 * by their own loader with their own libraries, by paths that do not look at what is in that root.
 */
import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { SandboxMount } from '../driver.ts';
import type { HostPrograms } from '../oci/program-process.ts';

/** Where such a sandbox has the host's folders: below /dev, which is the sandbox's own. */
export const HOST_ROOT = '/dev/.hearth';

/** Programs of these names are many in one, and know by the first argument which is meant. */
const MULTI_CALL = ['busybox', 'coreutils', 'toybox'];
const LIBRARY_FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib'];

export function findHostPrograms(): HostPrograms {
  return {
    shell: commandOf('/bin/sh'),
    env: commandOf('/usr/bin/env'),
    sleep: commandOf('/bin/sleep'),
  };
}

/**
 * The folders of the host's programs, each as a mount: crun's mount of a folder, in a user namespace,
 * leaves out what is mounted below it.
 */
export function hostFolders(rootfs: string): readonly SandboxMount[] {
  return readdirSync(rootfs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && HOST_FOLDER.test(entry.name))
    .map(({ name }) => ({ source: path.join(rootfs, name), target: `${HOST_ROOT}/${name}` }));
}

/** All but the first are links on most systems. */
const HOST_FOLDER = /^(usr|bin|sbin|lib\w*)$/;

function commandOf(program: string): readonly string[] {
  const file = realpathSync(program);
  const isMultiCall = MULTI_CALL.includes(path.basename(file));
  const command = [`${HOST_ROOT}${file}`, ...(isMultiCall ? [path.basename(program)] : [])];
  const named = interpreterOf(file);
  if (named === undefined) return command;
  const loader = realpathSync(named);
  const libraries = [path.dirname(loader), ...LIBRARY_FOLDERS].map((each) => `${HOST_ROOT}${each}`);
  return [`${HOST_ROOT}${loader}`, '--library-path', libraries.join(':'), ...command];
}

const PT_INTERP = 3;
/** A program's head and the table of its segments are at its begin. */
const HEAD_BYTES = 4_096;

/** The loader that an ELF program of 64 bits names; undefined for one that needs none. */
function interpreterOf(file: string): string | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, HEAD_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  const [table, entryBytes, count] = [
    Number(head.readBigUInt64LE(32)),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  for (let at = table; at < table + entryBytes * count && at + 56 <= HEAD_BYTES; at += entryBytes) {
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const start = Number(head.readBigUInt64LE(at + 8));
    const end = start + Number(head.readBigUInt64LE(at + 32));
    return head.toString('utf8', start, end).replace(/\0.*$/s, '');
  }
  return undefined;
}
