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

test('the peak leaves page cache out, and never falls', async () => {
  await write('memory.peak', '1000\n');
  await write('memory.stat', 'anon 300\ninactive_file 100\nactive_file 200\n');
  expect(gauge.read()).toBe(700);
  await write('memory.stat', 'anon 300\ninactive_file 500\nactive_file 400\n');
  expect(gauge.read()).toBe(700);
  await write('memory.stat', 'anon 900\ninactive_file 50\nactive_file 50\n');
  expect(gauge.read()).toBe(900);
});

test('a kernel without a peak is read by what is in use', async () => {
  await write('memory.stat', 'anon 300\ninactive_file 100\nactive_file 200\n');
  expect(gauge.read()).toBe(300);
});

test('of a group that is gone it tells what it knew', async () => {
  expect(gauge.read()).toBe(0);
  gauge.close();
  expect(gauge.read()).toBe(0);
});
