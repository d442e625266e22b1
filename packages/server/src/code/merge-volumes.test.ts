import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mergeVolumes } from './merge-volumes.ts';

let folder: string;
let made = 0;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-merge-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A volume: texts are files, undefined is a folder, and `-> x` a link to x. */
async function volume(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const root = path.join(folder, `volume-${(made += 1)}`);
  await mkdir(root);
  for (const [name, text] of Object.entries(files)) {
    const place = path.join(root, name);
    await mkdir(path.dirname(place), { recursive: true });
    if (text === undefined) await mkdir(place);
    else if (text.startsWith('-> ')) await symlink(text.slice(3), place);
    else await writeFile(place, text);
  }
  return root;
}

const namesIn = (target: string): Set<string> =>
  new Set(readdirSync(target, { recursive: true, encoding: 'utf8' }));

function merged(...volumes: readonly string[]): string {
  const target = path.join(folder, 'merged');
  mergeVolumes(volumes, target);
  return target;
}

test('folders are joined, and of two files of one name the later is there', async () => {
  const target = merged(
    await volume({ 'python/a.py': 'first', 'python/both.py': 'first', empty: undefined }),
    await volume({ 'python/both.py': 'second', 'python/b/c.py': 'second' }),
  );
  expect(namesIn(target)).toEqual(
    new Set(['empty', 'python', 'python/a.py', 'python/b', 'python/b/c.py', 'python/both.py']),
  );
  expect(await readFile(path.join(target, 'python/both.py'), 'utf8')).toBe('second');
});

test('the order decides', async () => {
  const [one, two] = [await volume({ x: 'one' }), await volume({ x: 'two' })];
  expect(await readFile(path.join(merged(two, one), 'x'), 'utf8')).toBe('one');
});

test('the later wins whatever the earlier was: a folder, a file or a link', async () => {
  const target = merged(
    await volume({ 'folder/deep': 'gone', file: 'gone', link: '-> elsewhere' }),
    await volume({ folder: 'a file now', 'file/deep': 'a folder now', 'link/deep': 'too' }),
  );
  expect(namesIn(target)).toEqual(new Set(['file', 'file/deep', 'folder', 'link', 'link/deep']));
});

test('nothing is written through a link of an earlier layer, and links are kept as they are', async () => {
  const outside = await volume({ 'kept.txt': 'mine' });
  const target = merged(
    await volume({ lib: `-> ${outside}`, 'real/x': 'x', alias: '-> real' }),
    await volume({ 'lib/kept.txt': 'theirs' }),
  );
  expect(await readFile(path.join(outside, 'kept.txt'), 'utf8')).toBe('mine');
  expect(await readFile(path.join(target, 'lib/kept.txt'), 'utf8')).toBe('theirs');
  expect(await readlink(path.join(target, 'alias'))).toBe('real');
});

test('the bytes are those of the volumes, not a copy', async () => {
  const source = await volume({ 'bin/tool': 'x' });
  const target = merged(source, await volume({ other: 'y' }));
  expect((await stat(path.join(target, 'bin/tool'))).ino).toBe(
    (await stat(path.join(source, 'bin/tool'))).ino,
  );
});
