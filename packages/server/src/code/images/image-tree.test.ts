import { expect, test } from 'vitest';
import { findNode, layTree, type FolderNode } from './image-tree.ts';
import type { LayerEntry } from './layer-entry.ts';

const file = (path: string, content = path): LayerEntry => ({
  kind: 'file',
  path,
  content,
  permissions: 0o644,
  sizeBytes: 10,
  sha256: '',
});
const link = (path: string, target: string): LayerEntry => ({ kind: 'link', path, target });
const folder = (path: string, permissions = 0o755): LayerEntry => ({
  kind: 'directory',
  path,
  permissions,
});
const hide = (path: string): LayerEntry => ({ kind: 'whiteout', path });

const lay = (...layers: LayerEntry[][]): FolderNode =>
  layTree(
    layers.map((entries) => ({ diffId: '', entries })),
    1_000,
  );
const contentAt = (root: FolderNode, path: string): string | undefined => {
  const node = findNode(root, path);
  return node?.kind === 'file' ? `${node.layer}:${node.content}` : node?.kind;
};

test('the later layer wins, folders are joined', () => {
  const root = lay(
    [folder('a', 0o700), file('a/x'), file('a/y')],
    [folder('a'), file('a/x', 'new')],
  );
  expect(contentAt(root, 'a/x')).toBe('1:new');
  expect(contentAt(root, 'a/y')).toBe('0:a/y');
  expect(root.children.get('a')).toMatchObject({ permissions: 0o755 });
});

test('a whiteout removes what is below its layer, and nothing of its own', () => {
  const root = lay(
    [file('a/x'), file('a/y'), file('b/z')],
    [
      file('a/y', 'new'),
      hide('a/y'),
      hide('a/x'),
      hide('c/nothing'),
      { kind: 'opaque', path: 'b' },
    ],
  );
  expect(contentAt(root, 'a/x')).toBeUndefined();
  expect(contentAt(root, 'a/y')).toBe('1:new');
  expect(root.children.get('b')).toMatchObject({ children: new Map() });
});

test('a folder replaces a link, and a file below a link of a lower layer goes where that leads', () => {
  const below = [folder('usr/lib'), link('lib', 'usr/lib'), link('old', '/usr')];
  const root = lay(below, [file('lib/x'), folder('old'), file('old/y')]);
  expect(contentAt(root, 'usr/lib/x')).toBe('1:lib/x');
  expect(contentAt(root, 'usr/y')).toBeUndefined();
  expect(contentAt(root, 'old/y')).toBe('1:old/y');
});

test('links end inside the root, however they climb, and those that go round in circles nowhere', () => {
  const root = lay([
    link('up', '../../../etc'),
    link('a/up', '/../../etc'),
    link('round', 'round'),
    file('etc/passwd'),
    file('up/made'),
  ]);
  expect(contentAt(root, 'up/passwd')).toBe('0:etc/passwd');
  expect(contentAt(root, 'a/up/passwd')).toBe('0:etc/passwd');
  expect(contentAt(root, 'etc/made')).toBe('0:up/made');
  expect(findNode(root, 'round/x')).toBeUndefined();
  expect(() => lay([link('round', 'round'), file('round/x')])).toThrow(/no folder|unzip/);
});

test('a hard link is one more name of a file, also of a lower layer', () => {
  const root = lay([file('a')], [{ kind: 'hard-link', path: 'b', target: 'a' }]);
  expect(contentAt(root, 'b')).toBe('0:a');
  const refused = (target: string): unknown =>
    lay([folder('d'), { kind: 'hard-link', path: 'x', target }]);
  expect(() => refused('d')).toThrow();
  expect(() => refused('nothing')).toThrow();
});

test('what the sandbox mounts over is a folder or file of its own, whatever the image has there', () => {
  const root = lay([
    link('proc', '/tmp'),
    file('dev'),
    link('tmp', '../..'),
    link('etc', '/proc'),
    file('proc/x'),
  ]);
  for (const name of ['proc', 'dev', 'tmp']) {
    expect(root.children.get(name)).toEqual({
      kind: 'directory',
      permissions: 0o755,
      children: new Map(),
    });
  }
  const etc = root.children.get('etc') as FolderNode;
  expect([...etc.children.keys()]).toEqual(['hosts', 'resolv.conf', 'hostname']);
});

test('an image that is larger than the limit, or replaces the root, is refused', () => {
  const many = Array.from({ length: 101 }, (_, index) => file(String(index)));
  expect(() => lay(many)).toThrow(expect.objectContaining({ reason: 'unzipped-too-large' }));
  expect(() => lay([link('', '/x')])).toThrow(expect.objectContaining({ reason: 'unreadable' }));
  expect(() => lay([file('a'), file('a/b')])).toThrow(
    expect.objectContaining({ reason: 'unreadable' }),
  );
});
