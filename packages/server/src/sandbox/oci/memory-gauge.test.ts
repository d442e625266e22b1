import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryGauge } from './memory-gauge.ts';

const name = { owner: 'hearth-1', sandbox: 's' };
let root: string;
let gauge: MemoryGauge;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'hearth-gauge-'));
  await mkdir(path.join(root, name.owner, name.sandbox), { recursive: true });
  gauge = new MemoryGauge({ version: 2, root }, name);
});
afterEach(async () => {
  gauge.close();
  await rm(root, { recursive: true });
});

function write(file: string, text: string): Promise<void> {
  return writeFile(path.join(root, name.owner, name.sandbox, file), text);
}

const MIB = 1_048_576;
const stat = (anon: number, inactive: number, active: number): Promise<void> =>
  write(
    'memory.stat',
    `anon ${anon * MIB}\ninactive_file ${inactive * MIB}\nactive_file ${active * MIB}\n`,
  );

test('the peak leaves page cache out, and never falls', async () => {
  await write('memory.peak', `${1000 * MIB}\n`);
  await write('memory.current', `${600 * MIB}\n`);
  await stat(300, 100, 200);
  expect(gauge.read()).toBe(700 * MIB);
  await write('memory.peak', `${1200 * MIB}\n`);
  await write('memory.current', `${1200 * MIB}\n`);
  await stat(300, 500, 400);
  expect(gauge.read()).toBe(700 * MIB);
});

test('memory that took the place of cache is seen although the peak is the same', async () => {
  await write('memory.peak', `${1000 * MIB}\n`);
  await write('memory.current', `${900 * MIB}\n`);
  await stat(100, 700, 100);
  expect(gauge.read()).toBe(200 * MIB);
  await write('memory.current', `${880 * MIB}\n`);
  await stat(800, 40, 40);
  expect(gauge.read()).toBe(920 * MIB);
});

test('a kernel without a peak is read by what is in use', async () => {
  await write('memory.current', `${600 * MIB}\n`);
  await stat(300, 100, 200);
  expect(gauge.read()).toBe(300 * MIB);
  await write('memory.current', `${700 * MIB}\n`);
  await stat(400, 100, 200);
  expect(gauge.read()).toBe(400 * MIB);
});

test('of a group that is gone it tells what it knew', async () => {
  expect(gauge.read()).toBe(0);
  gauge.close();
  expect(gauge.read()).toBe(0);
});
