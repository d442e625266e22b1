/** Against a folder that stands for a group of cgroup v2. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryPeak } from './memory-peak.ts';

const MIB = 1_048_576;
const name = { owner: 'hearth-1-2-ab-1', sandbox: 'one' };
let root: string;
let peak: MemoryPeak;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'hearth-memory-test-'));
  await mkdir(path.join(root, name.owner, name.sandbox), { recursive: true });
  peak = new MemoryPeak({ version: 2, root }, name);
});
afterEach(async () => {
  peak.close();
  await rm(root, { recursive: true });
});

async function group(figures: {
  readonly peak?: number;
  readonly anonymous: number;
  readonly cache: number;
}): Promise<void> {
  const folder = path.join(root, name.owner, name.sandbox);
  if (figures.peak !== undefined) {
    await writeFile(path.join(folder, 'memory.peak'), `${figures.peak * MIB}\n`);
  }
  const { anonymous, cache } = figures;
  const stat = `anon ${anonymous * MIB}\ninactive_file ${cache * MIB}\nactive_file 0\n`;
  await writeFile(path.join(folder, 'memory.stat'), stat);
}

const mib = async (): Promise<number> => (await peak.bytes()) / MIB;

test('page cache is left out, and the figure is never less than what is in use', async () => {
  await group({ peak: 100, anonymous: 30, cache: 30 });
  expect(await mib()).toBe(70);
  await group({ peak: 120, anonymous: 110, cache: 90 });
  expect(await mib()).toBe(110);
});

test('it never falls', async () => {
  await group({ peak: 100, anonymous: 50, cache: 10 });
  expect(await mib()).toBe(90);
  await group({ peak: 101, anonymous: 5, cache: 90 });
  expect(await mib()).toBe(90);
});

test('what grows into the place of page cache is seen although the peak stays', async () => {
  await group({ peak: 100, anonymous: 20, cache: 80 });
  expect(await mib()).toBe(20);
  await group({ peak: 100, anonymous: 95, cache: 5 });
  expect(await mib()).toBe(95);
});

test('a kernel without a peak tells what is in use at its most when asked', async () => {
  await group({ anonymous: 30, cache: 0 });
  expect(await mib()).toBe(30);
  await group({ anonymous: 40, cache: 0 });
  expect(await mib()).toBe(40);
});

test('of a group that is gone the last figure holds', async () => {
  await group({ peak: 100, anonymous: 50, cache: 0 });
  expect(await mib()).toBe(100);
  peak.close();
  await rm(path.join(root, name.owner), { recursive: true });
  expect(await mib()).toBe(100);
});
