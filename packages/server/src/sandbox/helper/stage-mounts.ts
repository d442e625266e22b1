/**
 * Puts the read-only mounts of one program where an unprivileged first process of a sandbox can
 * reach them (a source may lie below a folder of mode 0700), really read-only: the flag is on
 * the mount itself, made before anything inside sees it, and inside it is locked.
 *
 * A mount below another needs something to be mounted on. Where the outer source has no such
 * folder, an overlay of the source and an otherwise empty one has; no source is ever written.
 */
import { closeSync, lstatSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxMount } from '../driver.ts';
import { bindReadOnly, mount, MS_NODEV, MS_NOSUID, MS_RDONLY } from './syscalls.ts';

const ROOTS = ['/var/task', '/opt', '/var/runtime', '/var/lang'] as const;

/** What to mount where, outer ones first; every `source` is below `folder`. */
export function stageMounts(
  mounts: readonly SandboxMount[],
  folder: string,
): readonly SandboxMount[] {
  const ordered = mounts.toSorted((a, b) => a.target.length - b.target.length);
  const bare = ROOTS.filter(
    (root) =>
      mounts.some(({ target }) => target.startsWith(`${root}/`)) &&
      !mounts.some(({ target }) => target === root),
  );
  const staged = bare.map((root) => ({ target: root, source: undefined }));
  return [...staged, ...ordered].map(({ target, source }, index) => {
    const place = path.join(folder, String(index));
    stage({ target, source, place }, outermostBelow(target, mounts));
    return { target, source: place };
  });
}

interface Stage {
  readonly target: string;
  /** None for a folder that only holds other mounts. */
  readonly source: string | undefined;
  readonly place: string;
}

function stage({ target, source, place }: Stage, nested: readonly SandboxMount[]): void {
  const points = nested.map((each) => ({
    source: each.source,
    name: each.target.slice(target.length + 1),
  }));
  if (source !== undefined && points.every(({ name }) => isThere(source, name))) {
    makeMountPoint(source, place);
    bindReadOnly(source, place);
    return;
  }
  const skeleton = `${place}-skeleton`;
  mkdirSync(skeleton, { recursive: true });
  for (const point of points) makeMountPoint(point.source, path.join(skeleton, point.name));
  mkdirSync(place);
  if (source === undefined) bindReadOnly(skeleton, place);
  else mountOverlay([skeleton, source], place);
}

function mountOverlay(folders: readonly string[], target: string): void {
  const opened = folders.map((folder) => openSync(folder, 'r'));
  try {
    // By descriptor: a path may hold the characters that separate overlay's options.
    const lower = opened.map((fd) => `/proc/self/fd/${fd}`).join(':');
    const flags = MS_RDONLY | MS_NOSUID | MS_NODEV;
    mount({ source: 'overlay', target, type: 'overlay', flags, options: `lowerdir=${lower}` });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** The mounts below `target` that are not below another of them. */
function outermostBelow(target: string, mounts: readonly SandboxMount[]): readonly SandboxMount[] {
  const below = mounts.filter((each) => each.target.startsWith(`${target}/`));
  return below.filter((each) => !below.some((other) => each.target.startsWith(`${other.target}/`)));
}

/** Without following links: a link in somebody's code must not choose the place. */
function isThere(folder: string, name: string): boolean {
  let at = folder;
  for (const part of name.split('/')) {
    at = path.join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined || stat.isSymbolicLink()) return false;
  }
  return true;
}

/** A folder for a folder, an empty file for a file. */
function makeMountPoint(source: string, place: string): void {
  if (statSync(source).isDirectory()) {
    mkdirSync(place, { recursive: true });
  } else {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, '', { flag: 'a' });
  }
}
