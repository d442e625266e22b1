/**
 * What an archive would become, decided from its directory alone before anything is written.
 *
 * Keeps: every path lies inside the volume; nothing is written through a link (no entry lies
 * below one, and links are made last); links end inside; no two entries share bytes of the
 * archive (the trick of most zip bombs); the sum of sizes and the number of files are bounded.
 * Of entries with the same name the later wins, as in `unzip -o` and Python's zipfile.
 * AWS: what it does with duplicates is not documented.
 */
import { CodeRejected } from './code-rejected.ts';
import { entryPath } from './entry-path.ts';

export interface ArchiveEntry {
  readonly name: string;
  /** The whole unix mode; 0 where the archive was not made on unix. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly compressedBytes: number;
  readonly headerOffset: number;
  readonly isReadable: boolean;
}

export type PlannedEntry = PlannedFile | PlannedDirectory;

export interface PlannedFile {
  readonly kind: 'file' | 'link';
  readonly path: string;
  /** Nine permission bits; setuid, setgid and sticky never survive. */
  readonly permissions: number;
  /** Index of the archive entry. */
  readonly entry: number;
}

interface PlannedDirectory {
  readonly kind: 'directory';
  readonly path: string;
}

/** More files and folders than 250 MB of code ever held; a million empty ones stop here. */
export const MAX_ARCHIVE_ENTRIES = 131_072;
const LOCAL_HEADER_BYTES = 30;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LINK = 0o120000;

export function planExtraction(
  entries: readonly ArchiveEntry[],
  mostBytes: number,
): readonly PlannedEntry[] {
  if (entries.length > MAX_ARCHIVE_ENTRIES) throw unreadable(`${entries.length} entries`);
  refuseOverlaps(entries);
  const planned = new Map<string, PlannedEntry>();
  let totalBytes = 0;
  for (const [index, entry] of entries.entries()) {
    totalBytes += entry.sizeBytes;
    if (totalBytes > mostBytes) {
      throw new CodeRejected('unzipped-too-large', `over the limit at entry ${index}`);
    }
    const next = planEntry(entry, index);
    if (next.path === '') continue;
    const earlier = planned.get(next.path);
    if (earlier !== undefined && (earlier.kind === 'directory') !== (next.kind === 'directory')) {
      throw unreadable(`'${next.path}' is both a folder and a file`);
    }
    planned.set(next.path, next);
  }
  addParents(planned);
  return [...planned.values()];
}

/**
 * Whether a link at `path` ends inside the volume. A target may not pass through another link:
 * then its text alone says where it ends.
 */
export function isLinkInside(
  path: string,
  target: string,
  isLink: (path: string) => boolean,
): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const at = path.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (at.length > 0 && isLink(at.join('/'))) return false;
    if (segment !== '..') at.push(segment);
    else if (at.pop() === undefined) return false;
  }
  return true;
}

function planEntry(entry: ArchiveEntry, index: number): PlannedEntry {
  if (!entry.isReadable) throw unreadable(`entry ${index} is encrypted or of an unknown method`);
  const path = entryPath(entry.name);
  if (path === undefined) throw unreadable(`entry ${index} has a forbidden name`);
  const isFolderName = entry.name.endsWith('/');
  const type = entry.mode & TYPE_MASK;
  if (isFolderName || type === DIRECTORY) {
    if (type !== 0 && type !== DIRECTORY) throw unreadable(`'${path}' is a folder in name only`);
    return { kind: 'directory', path };
  }
  if (type !== 0 && type !== REGULAR && type !== LINK) {
    throw unreadable(`'${path}' is neither a file, a folder nor a link`);
  }
  if (path === '') throw unreadable(`entry ${index} would replace the root`);
  const permissions = entry.mode === 0 ? 0o644 : entry.mode & 0o777;
  return { kind: type === LINK ? 'link' : 'file', path, permissions, entry: index };
}

/** Folders that the archive only implies; a parent that is a file or a link is an attack. */
function addParents(planned: Map<string, PlannedEntry>): void {
  for (const { path } of planned.values()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      const known = planned.get(parent);
      if (known?.kind === 'directory') continue;
      if (known !== undefined) throw unreadable(`'${path}' lies below a file or a link`);
      planned.set(parent, { kind: 'directory', path: parent });
      if (planned.size > MAX_ARCHIVE_ENTRIES) throw unreadable('too many folders');
    }
  }
}

function refuseOverlaps(entries: readonly ArchiveEntry[]): void {
  const inOrder = entries.toSorted((a, b) => a.headerOffset - b.headerOffset);
  let end = 0;
  for (const entry of inOrder) {
    if (entry.headerOffset < end) throw unreadable(`'${entry.name}' shares bytes with another`);
    end = entry.headerOffset + LOCAL_HEADER_BYTES + entry.compressedBytes;
  }
}

function unreadable(detail: string): CodeRejected {
  return new CodeRejected('unreadable', detail);
}
