import { createHash } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { awsLimits, limitsWith } from '../core/adjustable-limits.ts';
import type { CodeReference } from '../core/function-version.ts';
import { silentLogger } from '../lib/logger.ts';
import { CodeRejected } from './code-rejected.ts';
import { CodeDamaged, openCodeStore, type CodeStore } from './code-store.ts';
import { buildZip, type RawArchive, type RawEntry } from './fixtures/build-zip.ts';

let folder = '';
let store: CodeStore;
const reopen = async (limits = awsLimits): Promise<CodeStore> => {
  await store.close();
  return (store = await openCodeStore({
    folder,
    logger: silentLogger,
    removalDelayMs: 0,
    limits,
  }));
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-code-'));
  store = await openCodeStore({ folder, logger: silentLogger, removalDelayMs: 0 });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const REGULAR = 0o100000;
const LINK = 0o120000;
const hexOf = (code: CodeReference): string => Buffer.from(code.sha256, 'base64').toString('hex');
const put = (entries: readonly RawEntry[], archive?: RawArchive): Promise<CodeReference> =>
  store.put(buildZip(entries, archive));
const extracted = async (entries: readonly RawEntry[]): Promise<string> =>
  await store.volume(await put(entries));
/** Nothing but the rooms themselves is left. */
const leftovers = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes('/'));

describe('what is accepted', () => {
  test('a zip becomes a volume and itself, named by its hash', async () => {
    const zip = buildZip([
      { name: 'index.js', data: 'exports.handler = 1;' },
      { name: 'lib/deep/a.txt', data: 'a'.repeat(100_000), deflate: true },
    ]);
    const code = await store.put(zip);
    expect(code.sizeBytes).toBe(zip.length);
    expect(code.sha256).toBe(createHash('sha256').update(zip).digest('base64'));
    const volume = await store.volume(code);
    expect(volume).toBe(path.join(folder, 'volumes', hexOf(code)));
    expect(await readFile(path.join(volume, 'index.js'), 'utf8')).toBe('exports.handler = 1;');
    expect((await readFile(path.join(volume, 'lib/deep/a.txt'))).length).toBe(100_000);
    expect(Buffer.from(await store.zip(code)).equals(zip)).toBe(true);
    expect(await readdir(path.join(folder, 'incoming'))).toEqual([]);
  });

  test('modes are kept, except for setuid, setgid and sticky; folders are 0755', async () => {
    const volume = await extracted([
      { name: 'run', mode: REGULAR | 0o6755 },
      { name: 'sticky', mode: REGULAR | 0o1600 },
      { name: 'dos' },
      { name: 'locked/', mode: 0o040700 },
      { name: 'locked/file', mode: REGULAR | 0o640 },
    ]);
    const modeOf = async (name: string): Promise<number> =>
      (await lstat(path.join(volume, name))).mode & 0o7777;
    expect(await modeOf('run')).toBe(0o755);
    expect(await modeOf('sticky')).toBe(0o600);
    expect(await modeOf('dos')).toBe(0o644);
    expect(await modeOf('locked')).toBe(0o755);
    expect(await modeOf('locked/file')).toBe(0o640);
    expect(await modeOf('.')).toBe(0o755);
  });

  test('links inside the archive are kept', async () => {
    const volume = await extracted([
      { name: 'bin/tool', data: '../lib/tool.js', mode: LINK | 0o777 },
      { name: 'lib/tool.js', data: 'x' },
    ]);
    expect(await readlink(path.join(volume, 'bin/tool'))).toBe('../lib/tool.js');
  });

  test('of two entries with one name the later wins', async () => {
    const volume = await extracted([
      { name: 'a', data: 'first' },
      { name: './a', data: 'second' },
    ]);
    expect(await readFile(path.join(volume, 'a'), 'utf8')).toBe('second');
  });

  test('a link that a later file replaces is not written through', async () => {
    const volume = await extracted([
      { name: 'a', data: 'b', mode: LINK | 0o777 },
      { name: 'b', data: 'kept' },
      { name: 'a', data: 'mine' },
    ]);
    expect(await readFile(path.join(volume, 'b'), 'utf8')).toBe('kept');
    expect((await lstat(path.join(volume, 'a'))).isFile()).toBe(true);
  });

  test('a zip within a zip, as 42.zip nests them, is just a file', async () => {
    const inner = buildZip([{ name: 'zeros', data: Buffer.alloc(5_000_000), deflate: true }]);
    const volume = await extracted([{ name: 'inner.zip', data: inner }]);
    expect(await readdir(volume)).toEqual(['inner.zip']);
    expect((await lstat(path.join(volume, 'inner.zip'))).size).toBe(inner.length);
  });

  test('a large file is inflated in pieces to the same bytes', async () => {
    const data = Buffer.alloc(20 * 1024 * 1024, 'hearth');
    const volume = await extracted([{ name: 'large', data, deflate: true }]);
    expect((await readFile(path.join(volume, 'large'))).equals(data)).toBe(true);
  });

  test('the same zip put many times at once is one', async () => {
    const zip = buildZip([{ name: 'a', data: 'x' }]);
    const codes = await Promise.all(Array.from({ length: 8 }, () => store.put(zip)));
    expect(new Set(codes.map((code) => code.sha256)).size).toBe(1);
    expect(await readdir(path.join(folder, 'volumes'))).toEqual([hexOf(codes[0]!)]);
  });
});

describe('what is refused, leaving nothing behind', () => {
  const UNREADABLE =
    'Could not unzip uploaded file. Please check your file, then try to upload again.';
  const zip64Size = Buffer.alloc(20);
  zip64Size.writeUInt16LE(1, 0);
  zip64Size.writeUInt16LE(16, 2);
  zip64Size.writeBigUInt64LE(2n ** 60n, 4);

  const hostile: readonly (readonly [string, readonly RawEntry[], RawArchive?])[] = [
    ['a name with ..', [{ name: '../x' }]],
    ['a name with .. in its middle', [{ name: 'a/../../x' }]],
    ['an absolute name', [{ name: '/etc/x' }]],
    ['a drive letter', [{ name: 'C:/x' }]],
    ['a backslash', [{ name: 'a\\..\\x' }]],
    ['a NUL byte', [{ name: 'a\0b' }]],
    ['a link to an absolute path', [{ name: 'l', data: '/etc', mode: LINK }]],
    ['a link out of the root', [{ name: 'a/l', data: '../../x', mode: LINK }]],
    [
      'a file through a link',
      [
        { name: 'l', data: '.', mode: LINK },
        { name: 'l/x', data: 'x' },
      ],
    ],
    [
      'a file through a link that comes later',
      [
        { name: 'l/x', data: 'x' },
        { name: 'l', data: '/tmp', mode: LINK },
      ],
    ],
    [
      'a link that leaves by way of another link',
      [
        { name: 'a/b/up', data: '../..', mode: LINK },
        { name: 't', data: 'a/b/up/..', mode: LINK },
      ],
    ],
    ['a link longer than any path', [{ name: 'l', data: 'x/'.repeat(3000), mode: LINK }]],
    ['a character device', [{ name: 'd', mode: 0o020666 }]],
    ['a block device', [{ name: 'd', mode: 0o060666 }]],
    ['a fifo', [{ name: 'd', mode: 0o010666 }]],
    ['a socket', [{ name: 'd', mode: 0o140666 }]],
    ['a file below a file', [{ name: 'a' }, { name: 'a/b' }]],
    ['a folder that is a file too', [{ name: 'a/' }, { name: 'a' }]],
    ['an encrypted entry', [{ name: 'a', data: 'x', flags: 0x801 }]],
    ['an unknown method', [{ name: 'a', data: 'x', method: 12, size: 9 }]],
    ['a size that is too small', [{ name: 'a', data: 'x'.repeat(99), deflate: true, size: 9 }]],
    ['a size that is too large', [{ name: 'a', data: 'x'.repeat(99), deflate: true, size: 100 }]],
    [
      'a large size that is too small',
      [{ name: 'a', data: Buffer.alloc(40_000_000), deflate: true, size: 17_000_000 }],
    ],
    ['a stored size that lies', [{ name: 'a', data: 'x', size: 2 }]],
    ['a wrong checksum', [{ name: 'a', data: 'x', crc: 1 }]],
    ['bytes that do not inflate', [{ name: 'a', data: 'nonsense', method: 8, size: 50 }]],
    [
      'overlapping entries',
      [
        { name: 'a', data: Buffer.alloc(1000), deflate: true },
        { name: 'a', data: Buffer.alloc(1000), deflate: true, sharesWith: 0 },
      ],
    ],
    ['a directory that starts elsewhere', [{ name: 'a' }], { directoryOffset: 4 }],
    ['a directory that starts after the end', [{ name: 'a' }], { directoryOffset: 0xfffffff0 }],
    ['more entries announced than are there', [{ name: 'a' }], { entryCount: 3 }],
    ['entries announced by the million', [{ name: 'a' }], { entryCount: 1_000_000 }],
    [
      'a zip64 size beyond all measure',
      [{ name: 'a', data: 'x', size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Size }],
    ],
    ['a zip64 size without its extra field', [{ name: 'a', size: 0xffffffff }]],
    ['garbage after the archive', [{ name: 'a' }], { after: Buffer.from('garbage') }],
  ];

  const named = hostile.map(([what, entries, archive]) => ({ what, entries, archive }));
  test.each(named)('$what', async ({ entries, archive }) => {
    const refusal = await put(entries, archive).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CodeRejected);
    expect((refusal as Error).message).toMatch(/^(Could not unzip|Unzipped size)/);
    expect(await leftovers()).toEqual([]);
  });

  test('text, a truncated archive and one whose offsets do not count what precedes it', async () => {
    const zip = buildZip([{ name: 'a', data: 'x'.repeat(500) }]);
    const prepended = Buffer.concat([Buffer.from('#!/bin/sh\n'), zip]);
    const truncated = [1, 22, 60, 300, 400].map((cut) => zip.subarray(0, zip.length - cut));
    for (const bytes of [Buffer.from('this is not a zip'), prepended, ...truncated]) {
      await expect(store.put(bytes)).rejects.toThrow(UNREADABLE);
    }
    expect(await leftovers()).toEqual([]);
  });

  test('more than 250 MB, before a byte of it is written', async () => {
    const entries = Array.from({ length: 26 }, (_, index) => ({
      name: `zeros${index}`,
      data: Buffer.alloc(100),
      deflate: true,
      size: 10_485_760,
    }));
    await expect(put(entries)).rejects.toThrow(
      'Unzipped size must be smaller than 262144000 bytes',
    );
    expect(await leftovers()).toEqual([]);
  });

  test('more than changed limits, in their numbers; what was accepted before stays', async () => {
    const code = await put([{ name: 'a', data: 'x'.repeat(301) }]);
    await rm(await store.volume(code), { recursive: true });
    await reopen(limitsWith({ zippedCodeBytes: 200, unzippedCodeBytes: 300 }));
    expect(await readFile(path.join(await store.volume(code), 'a'), 'utf8')).toHaveLength(301);
    await expect(store.put(Buffer.alloc(201))).rejects.toThrow(
      'Zipped size must be smaller than 200 bytes',
    );
    await expect(put([{ name: 'b', data: 'x'.repeat(301), deflate: true }])).rejects.toThrow(
      'Unzipped size must be smaller than 300 bytes',
    );
  });

  test('a hundred and fifty thousand real entries', async () => {
    const entries = Array.from({ length: 150_000 }, (_, index) => ({ name: `e${index}` }));
    await expect(put(entries)).rejects.toThrow(UNREADABLE);
  });

  test('an archive over 50 MB, and none at all', async () => {
    await expect(store.put(Buffer.alloc(52_428_801))).rejects.toThrow(
      'Zipped size must be smaller than 52428800 bytes',
    );
    await expect(store.put(Buffer.alloc(0))).rejects.toThrow(
      'Uploaded file must be a non-empty zip',
    );
    await expect(put([])).rejects.toThrow('Uploaded file must be a non-empty zip');
  });
});

describe('what the disk does to it', () => {
  const damages: readonly (readonly [string, (volume: string, root: string) => Promise<void>])[] = [
    ['a changed file', (volume) => writeFile(path.join(volume, 'a'), 'wrong')],
    ['a missing file', (volume) => rm(path.join(volume, 'a'))],
    ['a file too many', (volume) => writeFile(path.join(volume, 'more'), '')],
    ['a changed mode', (volume) => chmod(path.join(volume, 'a'), 0o777)],
    [
      'a file that became a link',
      async (volume) => {
        await rm(path.join(volume, 'a'));
        await symlink('/etc/passwd', path.join(volume, 'a'));
      },
    ],
    ['a missing volume', (volume) => rm(volume, { recursive: true })],
    [
      'a damaged manifest',
      async (volume, root) => {
        await writeFile(path.join(root, 'manifests', path.basename(volume)), 'x\n[]\n');
      },
    ],
    [
      'a missing manifest',
      async (volume, root) => {
        await rm(path.join(root, 'manifests', path.basename(volume)));
      },
    ],
  ];

  test.each(damages)('%s is found after a restart and made good from the zip', async (_, harm) => {
    const code = await put([{ name: 'a', data: 'right' }]);
    await harm(await store.volume(code), folder);
    const volume = await (await reopen()).volume(code);
    expect(await readdir(volume)).toEqual(['a']);
    expect((await lstat(path.join(volume, 'a'))).mode & 0o7777).toBe(0o644);
    expect(await readFile(path.join(volume, 'a'), 'utf8')).toBe('right');
  });

  test('a damaged zip behind a damaged volume is reported, and a new upload repairs it', async () => {
    const zip = buildZip([{ name: 'a', data: 'right' }]);
    const code = await store.put(zip);
    await rm(await store.volume(code), { recursive: true });
    await writeFile(path.join(folder, 'zips', `${hexOf(code)}.zip`), 'wrong');
    await reopen();
    await expect(store.volume(code)).rejects.toThrow(CodeDamaged);
    await expect(store.zip(code)).rejects.toThrow(CodeDamaged);
    await store.put(zip);
    expect(await readFile(path.join(await store.volume(code), 'a'), 'utf8')).toBe('right');
  });

  test('half-made things are gone after a start', async () => {
    await mkdir(path.join(folder, 'incoming/7/volume'), { recursive: true });
    await writeFile(path.join(folder, 'incoming/8.zip'), 'half');
    await reopen();
    expect(await readdir(path.join(folder, 'incoming'))).toEqual([]);
  });
});

describe('removal', () => {
  test('removed code leaves nothing, unless somebody refers to it', async () => {
    const code = await put([{ name: 'a' }]);
    await store.remove(code, () => true);
    expect(await readdir(path.join(folder, 'volumes'))).toHaveLength(1);
    await store.remove(code);
    expect(await leftovers()).toEqual([]);
  });

  test('code is not removed while it is held', async () => {
    const zip = buildZip([{ name: 'a' }]);
    await store.withCode(zip, async (code) => {
      await store.remove(code);
      expect(await readdir(await store.volume(code))).toEqual(['a']);
    });
  });

  test('a start keeps what is referenced and removes the rest', async () => {
    const kept = await put([{ name: 'kept' }]);
    await put([{ name: 'orphan' }]);
    await store.retainOnly((sha256) => sha256 === kept.sha256);
    expect(await readdir(path.join(folder, 'volumes'))).toEqual([hexOf(kept)]);
    expect(await readdir(path.join(folder, 'zips'))).toEqual([`${hexOf(kept)}.zip`]);
    expect(await readdir(path.join(folder, 'manifests'))).toEqual([hexOf(kept)]);
  });

  test('removed code can be put again', async () => {
    const zip = buildZip([{ name: 'a' }]);
    await store.remove(await store.put(zip));
    expect(await readdir(await store.volume(await store.put(zip)))).toEqual(['a']);
  });
});

test('the event loop turns while an archive is extracted', async () => {
  const entries = Array.from({ length: 300 }, (_, index) => ({ name: `f${index}`, data: 'x' }));
  const putting = put(entries);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  await putting;
  clearInterval(turning);
  expect(turns).toBeGreaterThan(0);
});
