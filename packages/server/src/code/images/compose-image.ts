/**
 * Makes the tree of an image a folder: its files are further names of those in the layers' folders,
 * so that images share what they have in common and an image takes no room of its own. Runs in a
 * worker thread. `target` does not exist yet, and nothing in it is ever followed.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linkOrCopy } from '../link-or-copy.ts';
import { layTree, type FolderNode, type TreeNode } from './image-tree.ts';
import type { UnpackedLayer } from './layer-entry.ts';

export interface ComposedLayer {
  readonly folder: string;
  readonly layer: UnpackedLayer;
}

export function composeImage(
  layers: readonly ComposedLayer[],
  target: string,
  mostBytes: number,
): void {
  const tree = layTree(
    layers.map(({ layer }) => layer),
    mostBytes,
  );
  const folders = layers.map(({ folder }) => folder);
  makeFolder(tree, target, folders);
  // The root itself must be open to everybody, whatever the image says.
  chmodSync(target, 0o755);
}

function makeFolder(node: FolderNode, target: string, folders: readonly string[]): void {
  mkdirSync(target, { mode: 0o700 });
  for (const [name, child] of node.children) make(child, path.join(target, name), folders);
  chmodSync(target, node.permissions);
}

function make(node: TreeNode, place: string, folders: readonly string[]): void {
  switch (node.kind) {
    case 'directory':
      return makeFolder(node, place, folders);
    case 'link':
      return symlinkSync(node.target, place);
    case 'empty-file':
      return writeFileSync(place, '', { flag: 'wx', mode: 0o644 });
    case 'file':
      return linkOrCopy(path.join(folders[node.layer] ?? '', node.content), place);
  }
}
