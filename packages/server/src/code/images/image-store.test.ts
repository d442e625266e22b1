import {
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseManifest, type ImageManifest } from '../../core/image/image-manifest.ts';
import { silentLogger } from '../../lib/logger.ts';
import { buildImage, buildTar, type BuiltImage, type TarEntry } from '../fixtures/build-image.ts';
import { openImageStore, type ImageStore } from './image-store.ts';

let folder: string;
let kept: Map<string, ImageManifest>;
let stores: ImageStore[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-images-'));
  kept = new Map();
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

const at = (...names: string[]): string => path.join(folder, ...names);

async function keep(image: BuiltImage): Promise<string> {
  for (const [digest, bytes] of image.blobs) await writeFile(at(digest), bytes);
  kept.set(image.digest, parseManifest(image.manifest) as ImageManifest);
  return image.digest;
}

async function openStore(mostBytes?: number): Promise<ImageStore> {
  const store = await openImageStore({
    folder: at('store'),
    contents: {
      manifest: (digest) => kept.get(digest),
      manifests: () => kept.values(),
      open: (digest) => open(at(digest)),
    },
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    logger: silentLogger,
    ...(mostBytes === undefined ? {} : { mostBytes }),
  });
  stores.push(store);
  return store;
}

const base: TarEntry[] = [
  { name: './', type: 'directory' },
  { name: './bin/', type: 'directory', mode: 0o777 },
  { name: './bin/run', content: '#!/bin/run', mode: 0o4755, mtime: new Date(1_000_000_000_000) },
  { name: './gone', content: 'gone' },
  { name: '/sh', type: 'symlink', linkname: '/bin/run' },
  { name: 'same', type: 'link', linkname: './bin/run' },
  { name: 'dev/null', type: 'character-device', devmajor: 1, devminor: 3 },
  { name: 'fifo', type: 'fifo' },
];

test('layers become a folder, with what the upper one hides left out', async () => {
  const layers = [
    await buildTar(base),
    await buildTar([{ name: '.wh.gone' }, { name: 'a/b', content: 'b' }]),
  ];
  const config = { Env: ['A=1', 'B=x=y'], Entrypoint: ['/bin/run'], Cmd: ['c'], WorkingDir: '/a' };
  const store = await openStore();
  const root = await store.root(await keep(buildImage({ layers, config })));
  expect((await readdir(root.folder)).toSorted()).toEqual([
    'a',
    'bin',
    'dev',
    'etc',
    'proc',
    'same',
    'sh',
    'tmp',
  ]);
  expect(await readFile(path.join(root.folder, 'bin/run'), 'utf8')).toBe('#!/bin/run');
  expect(await readlink(path.join(root.folder, 'sh'))).toBe('/bin/run');
  const run = await stat(path.join(root.folder, 'bin/run'));
  expect(run).toMatchObject({
    mode: 0o100755,
    mtimeMs: 1_000_000_000_000,
    uid: process.getuid?.(),
  });
  expect((await stat(path.join(root.folder, 'same'))).ino).toBe(run.ino);
  expect((await stat(path.join(root.folder, 'bin'))).mode).toBe(0o40755);
  expect(root.config).toMatchObject({
    env: { A: '1', B: 'x=y' },
    entryPoint: ['/bin/run'],
    command: ['c'],
    workingDirectory: '/a',
  });
});

test('images share the files of the layers that they have in common', async () => {
  const shared = await buildTar([{ name: 'big', content: 'x'.repeat(1_000) }]);
  const images = await Promise.all(
    ['one', 'two'].map(async (name) =>
      keep(buildImage({ layers: [shared, await buildTar([{ name, content: name }])] })),
    ),
  );
  const store = await openStore();
  const [one, two] = await Promise.all(images.map((digest) => store.root(digest)));
  const inode = async (root = ''): Promise<number> => (await stat(path.join(root, 'big'))).ino;
  expect(await inode(one?.folder)).toBe(await inode(two?.folder));
  expect(await readdir(at('store/layers'))).toHaveLength(3);
  kept.delete(images[0] ?? '');
  await store.collect();
  expect(await readdir(at('store/layers'))).toHaveLength(2);
  expect(await readdir(at('store/roots'))).toHaveLength(1);
});

test.each([
  ['zstd', zstdCompressSync],
  ['nothing', (tar: Buffer) => tar],
])('a layer may be compressed by %s', async (_, compress) => {
  const layers = [await buildTar([{ name: 'x', content: 'x' }])];
  const store = await openStore();
  const { folder: root } = await store.root(await keep(buildImage({ layers, compress })));
  expect(await readFile(path.join(root, 'x'), 'utf8')).toBe('x');
});

test('a layer that is not what was unpacked is made again by the next run of the server', async () => {
  const digest = await keep(buildImage({ layers: [await buildTar(base)] }));
  await (await openStore()).root(digest);
  const [layer = ''] = await readdir(at('store/layers'));
  const [file = ''] = await readdir(at('store/layers', layer));
  await truncate(at('store/layers', layer, file), 3);
  const { folder: root } = await (await openStore()).root(digest);
  expect(await readFile(path.join(root, 'bin/run'), 'utf8')).toBe('#!/bin/run');
});

test('an archive that is damaged on the disk is told as such', async () => {
  const image = buildImage({ layers: [await buildTar(base)] });
  const digest = await keep(image);
  const [config = '', layer = ''] = [...image.blobs.keys()];
  const other = buildImage({ layers: [await buildTar([{ name: 'x' }])] });
  await writeFile(at(layer), [...other.blobs.values()][1] ?? '');
  const store = await openStore();
  await expect(store.root(digest)).rejects.toMatchObject({ name: 'ImageDamaged' });
  await writeFile(at(config), '{}');
  await expect(store.root(digest)).rejects.toMatchObject({ name: 'ImageDamaged' });
});

test.each<[string, () => Promise<Parameters<typeof buildImage>[0]>, RegExp]>([
  [
    'a name that climbs',
    async () => ({ layers: [await buildTar([{ name: '../x' }])] }),
    /forbidden/,
  ],
  [
    'a whiteout that climbs',
    async () => ({ layers: [await buildTar([{ name: 'a/../../.wh.x' }])] }),
    /forbidden/,
  ],
  ['garbage', async () => ({ layers: [Buffer.alloc(2_000, 'x')] }), /cannot be unpacked/],
  [
    'an archive that ends early',
    async () => {
      const tar = await buildTar([{ name: 'x', content: 'x'.repeat(5_000) }]);
      return { layers: [tar.subarray(0, 2_000)] };
    },
    /cannot be unpacked/,
  ],
  [
    'more bytes than it may have',
    async () => ({ layers: [await buildTar([{ name: 'x', content: 'x'.repeat(200_000) }])] }),
    /larger than 10 GB/,
  ],
  [
    'hashes that its layers do not have',
    async () => ({
      layers: [await buildTar(base)],
      top: { rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } },
    }),
    /not what its configuration says/,
  ],
  [
    'another machine',
    async () => ({ layers: [await buildTar(base)], top: { architecture: 's390x' } }),
    /is for linux\/s390x/,
  ],
])('an image with %s is refused and leaves nothing', async (_, build, problem) => {
  const digest = await keep(buildImage(await build()));
  const store = await openStore(100_000);
  await expect(store.root(digest)).rejects.toMatchObject({
    name: 'UnsupportedImage',
    message: expect.stringMatching(problem) as string,
  });
  expect(await readdir(at('store/incoming'))).toEqual([]);
  expect(await readdir(at('store/roots'))).toEqual([]);
});
