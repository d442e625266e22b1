import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-remove-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('removes a tree below the root and nothing that a link in it points to', async () => {
  await mkdir(path.join(folder, 'a/b'), { recursive: true });
  await mkdir(path.join(folder, 'kept'));
  await writeFile(path.join(folder, 'kept/file'), 'x');
  await symlink(path.join(folder, 'kept'), path.join(folder, 'a/link'));
  await removeTree(folder, path.join(folder, 'a'));
  expect(await readdir(folder)).toEqual(['kept']);
  expect(await readdir(path.join(folder, 'kept'))).toEqual(['file']);
});

test('a tree that is not there is already removed', async () => {
  await removeTree(folder, path.join(folder, 'missing'));
  expect(await readdir(folder)).toEqual([]);
});

test.each(['.', '..', '../other', 'a/../..', '/'])('refuses %s', async (target) => {
  const inside = path.join(folder, 'root');
  await mkdir(inside);
  await expect(removeTree(inside, path.resolve(inside, target))).rejects.toThrow(RangeError);
  expect(await readdir(folder)).toEqual(['root']);
});

test('a name that begins with two dots is still a name', async () => {
  await mkdir(path.join(folder, '..odd'));
  await removeTree(folder, path.join(folder, '..odd'));
  expect(await readdir(folder)).toEqual([]);
});
