/** What functions with layers see at /opt, over a real code store. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CodeReference } from '../core/function-version.ts';
import { silentLogger } from '../lib/logger.ts';
import { openCodeStore, type CodeStore } from './code-store.ts';
import { buildZip } from './fixtures/build-zip.ts';

let folder = '';
let store: CodeStore;
const open = async (): Promise<void> => {
  store = await openCodeStore({ folder, logger: silentLogger, removalDelayMs: 0 });
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-layers-'));
  await open();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const layer = (data: string, name = 'both'): Promise<CodeReference> =>
  store.put(buildZip([{ name, data }]));
const both = async (volume: string | undefined): Promise<string> =>
  await readFile(path.join(volume ?? '', 'both'), 'utf8');
const layers = (): Promise<string[]> => readdir(path.join(folder, 'layers'));

test('no layers are no volume, and one is its own', async () => {
  const one = await layer('one');
  expect(await store.layerVolume([])).toBeUndefined();
  expect(await store.layerVolume([one])).toBe(await store.volume(one));
  expect(await layers()).toEqual([]);
});

test('several make one volume for each order, which equal lists share', async () => {
  const [one, two] = [await layer('one'), await layer('two')];
  const [first, again] = await Promise.all([
    store.layerVolume([one, two]),
    store.layerVolume([one, two]),
  ]);
  expect(again).toBe(first);
  expect(await both(first)).toBe('two');
  expect(await both(await store.layerVolume([two, one]))).toBe('one');
  expect(await layers()).toHaveLength(2);
});

test('it is made again by the next run, of volumes that are intact by then', async () => {
  const [one, two] = [await layer('one'), await layer('two')];
  await writeFile(path.join((await store.layerVolume([one, two])) ?? '', 'both'), 'damaged');
  await store.close();
  await open();
  expect(await both(await store.layerVolume([one, two]))).toBe('two');
  expect(await both(await store.volume(two))).toBe('two');
});

test('what was made of a layer goes when the layer does', async () => {
  const [one, two, three] = [await layer('one'), await layer('two'), await layer('3', 'other')];
  await store.layerVolume([one, two]);
  const kept = await store.layerVolume([two, three]);
  await store.remove(one);
  expect(await layers()).toEqual([path.basename(kept ?? '')]);
  expect(await both(kept)).toBe('two');
});

test('the unzipped size is that of the files, known again after a restart', async () => {
  const code = await store.put(
    buildZip([
      { name: 'a', data: 'a'.repeat(1000), deflate: true },
      { name: 'b/c', data: 'xy' },
    ]),
  );
  expect(await store.unzippedBytes(code)).toBe(1002);
  await store.close();
  await open();
  expect(await store.unzippedBytes(code)).toBe(1002);
});
