/**
 * Whether a folder is exactly what its manifest says: the same files, links and folders, the
 * same bytes and permissions, nothing missing and nothing more. Runs in a worker thread.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import path from 'node:path';
import type { ManifestEntry } from './manifest.ts';

/** What is wrong, as a sentence for the log; undefined when nothing is. */
export function verifyVolume(
  folder: string,
  manifest: readonly ManifestEntry[],
): string | undefined {
  const expected = new Map(manifest.map((entry) => [entry.path, entry]));
  for (const found of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = path.relative(folder, path.join(found.parentPath, found.name));
    const entry = expected.get(name);
    if (entry === undefined) return `'${name}' does not belong to it.`;
    const isRight =
      entry.kind === 'directory'
        ? found.isDirectory()
        : entry.kind === 'link'
          ? found.isSymbolicLink() && readlinkSync(path.join(folder, name)) === entry.target
          : found.isFile() && isFileIntact(path.join(folder, name), entry);
    if (!isRight) return `'${name}' is damaged.`;
    expected.delete(name);
  }
  const [missing] = expected.keys();
  return missing === undefined ? undefined : `'${missing}' is missing.`;
}

const CHUNK = Buffer.alloc(1024 * 1024);

function isFileIntact(name: string, entry: ManifestEntry & { kind: 'file' }): boolean {
  const file = openSync(name, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, mode } = fstatSync(file);
    if (size !== entry.sizeBytes || (mode & 0o7777) !== entry.permissions) return false;
    const hash = createHash('sha256');
    for (;;) {
      const read = readSync(file, CHUNK, 0, CHUNK.length, null);
      if (read === 0) return hash.digest('hex') === entry.sha256;
      hash.update(CHUNK.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}
