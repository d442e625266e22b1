/**
 * The layers of an image laid over each other, as a tree in memory, before anything of it is made
 * on disk. Pure.
 *
 * Keeps: a path is walked from the image's root and never leaves it, whatever links and `..` it
 * meets; a link is followed only where folders above an entry are looked for, as in a container.
 * What the sandbox mounts over (/proc, /dev, /tmp, three files of /etc) is what it expects there.
 */
import { CodeRejected } from '../code-rejected.ts';
import type { LayerEntry, UnpackedLayer } from './layer-entry.ts';

export interface FolderNode {
  readonly kind: 'directory';
  permissions: number;
  readonly children: Map<string, TreeNode>;
}

export type TreeNode =
  | FolderNode
  | { readonly kind: 'link'; readonly target: string }
  | {
      readonly kind: 'file';
      /** The index of its layer; its bytes are there. */
      readonly layer: number;
      readonly content: string;
      readonly sizeBytes: number;
    }
  /** For something to be mounted on. */
  | { readonly kind: 'empty-file' };

/** As the kernel, before it says ELOOP. */
const MOST_LINKS = 40;
const MOST_DEPTH = 1_024;
/** More than any image has; what is made to have more stops here. */
const MOST_NODES = 1_048_576;
const FOLDER_PERMISSIONS = 0o755;

/** Throws `CodeRejected` for what no image may be. */
export function layTree(layers: readonly UnpackedLayer[], mostBytes: number): FolderNode {
  const root = newFolder();
  for (const [index, { entries }] of layers.entries()) {
    // Whiteouts speak of the layers below alone, wherever they stand in their own.
    for (const entry of entries) hide(root, entry);
    for (const entry of entries) place(root, entry, index);
  }
  makeMountPoints(root);
  checkSize(root, mostBytes);
  return root;
}

function hide(root: FolderNode, entry: LayerEntry): void {
  if (entry.kind === 'opaque') {
    const folder = findNode(root, entry.path);
    if (folder?.kind === 'directory') folder.children.clear();
  } else if (entry.kind === 'whiteout') {
    const { folder, name } = splitPath(entry.path);
    const parent = findNode(root, folder);
    if (parent?.kind === 'directory') parent.children.delete(name);
  }
}

function place(root: FolderNode, entry: LayerEntry, layer: number): void {
  if (entry.kind === 'whiteout' || entry.kind === 'opaque') return;
  const { folder, name } = splitPath(entry.path);
  if (name === '') {
    if (entry.kind !== 'directory') throw unreadable('an entry would replace the root');
    return;
  }
  const parent = findFolder(root, folder);
  switch (entry.kind) {
    case 'directory': {
      const known = parent.children.get(name);
      if (known?.kind === 'directory') known.permissions = entry.permissions;
      else parent.children.set(name, newFolder(entry.permissions));
      return;
    }
    case 'file': {
      const { content, sizeBytes } = entry;
      parent.children.set(name, { kind: 'file', layer, content, sizeBytes });
      return;
    }
    case 'link':
      parent.children.set(name, { kind: 'link', target: entry.target });
      return;
    case 'hard-link': {
      const to = splitPath(entry.target);
      const other = findNode(root, to.folder);
      const node = other?.kind === 'directory' ? other.children.get(to.name) : undefined;
      if (node === undefined || node.kind === 'directory') {
        throw unreadable(`'${entry.path}' is a hard link to '${entry.target}', which is no file`);
      }
      parent.children.set(name, node);
    }
  }
}

/** Follows every link, inside the root; undefined where there is nothing. */
export function findNode(root: FolderNode, path: string): TreeNode | undefined {
  return walk(root, path, () => undefined);
}

/** The same; folders that are missing are made. A file in the way is an attack. */
function findFolder(root: FolderNode, path: string): FolderNode {
  const found = walk(root, path, (folder, name) => {
    const made = newFolder();
    folder.children.set(name, made);
    return made;
  });
  if (found?.kind === 'directory') return found;
  throw unreadable(`'${path}' is no folder`);
}

type WhenMissing = (folder: FolderNode, name: string) => FolderNode | undefined;

function walk(root: FolderNode, path: string, missing: WhenMissing): TreeNode | undefined {
  const todo = path.split('/').toReversed();
  let trail: FolderNode[] = [root];
  let linksLeft = MOST_LINKS;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const folder = trail.at(-1) ?? root;
    const next = folder.children.get(name) ?? missing(folder, name);
    if (next === undefined) return undefined;
    if (next.kind === 'directory') {
      trail.push(next);
      if (trail.length > MOST_DEPTH) throw unreadable('folders lie too deep');
      continue;
    }
    if (next.kind !== 'link') return todo.every((rest) => rest === '') ? next : undefined;
    linksLeft -= 1;
    if (linksLeft < 0) return undefined;
    if (next.target.startsWith('/')) trail = [root];
    todo.push(...next.target.split('/').toReversed());
  }
  return trail.at(-1);
}

/** Of an image these are its own folders; a link, or a file, in their place would lead elsewhere. */
const MOUNTED_FOLDERS = ['proc', 'dev', 'tmp'];
const MOUNTED_FILES = ['hosts', 'resolv.conf', 'hostname'];

function makeMountPoints(root: FolderNode): void {
  for (const name of MOUNTED_FOLDERS) root.children.set(name, newFolder());
  const known = root.children.get('etc');
  const etc = known?.kind === 'directory' ? known : newFolder();
  root.children.set('etc', etc);
  // What starts the programs of a sandbox must reach them.
  etc.permissions |= FOLDER_PERMISSIONS;
  for (const name of MOUNTED_FILES) etc.children.set(name, { kind: 'empty-file' });
}

function checkSize(root: FolderNode, mostBytes: number): void {
  let [nodes, bytes] = [0, 0];
  const folders: FolderNode[] = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const node of folder.children.values()) {
      nodes += 1;
      if (node.kind === 'directory') folders.push(node);
      else if (node.kind === 'file') bytes += node.sizeBytes;
    }
    if (nodes > MOST_NODES) throw unreadable('too many files');
    if (bytes > mostBytes) throw new CodeRejected('unzipped-too-large', `over ${mostBytes} bytes`);
  }
}

function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

function newFolder(permissions = FOLDER_PERMISSIONS): FolderNode {
  return { kind: 'directory', permissions, children: new Map() };
}

function unreadable(detail: string): CodeRejected {
  return new CodeRejected('unreadable', detail);
}
