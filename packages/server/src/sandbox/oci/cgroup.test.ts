/**
 * cgroup v2 against a folder that stands for its tree: what is written where. The files of a real
 * tree are there before they are written; here they are made first. v1 is tested by the OCI suites
 * on machines that have it.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createCgroup,
  joinFiles,
  killCgroup,
  outOfMemoryKills,
  prepareOwner,
  setCpus,
  setFrozen,
  setIdle,
  setMemory,
} from './cgroup.ts';
import type { CgroupV2 } from './cgroup-layout.ts';

let layout: CgroupV2;
const name = { owner: 'hearth-1-2-ab-1', sandbox: 'one' };
const group = (...file: readonly string[]): string =>
  path.join(layout.root, name.owner, name.sandbox, ...file);
const read = (file: string): Promise<string> => readFile(group(file), 'utf8');

beforeEach(async () => {
  layout = { version: 2, root: await mkdtemp(path.join(tmpdir(), 'hearth-cgroup-test-')) };
  await mkdir(group(), { recursive: true });
  const optional = ['memory.swap.max', 'memory.oom.group', 'cpu.max.burst', 'cgroup.kill'];
  for (const file of [...optional, 'cgroup.freeze']) await writeFile(group(file), '');
});
afterEach(async () => {
  await rm(layout.root, { recursive: true });
});

test('the controllers are switched on down to the group of the owner', async () => {
  prepareOwner(layout, name.owner);
  for (const folder of [layout.root, path.join(layout.root, name.owner)]) {
    const file = path.join(folder, 'cgroup.subtree_control');
    expect(await readFile(file, 'utf8')).toBe('+memory +cpu +pids');
  }
});

test('memory, swap, processes and CPU are limited, and out of memory ends the group', async () => {
  createCgroup(layout, name, { memoryMib: 128, cpus: 0.5, maxProcesses: 99 });
  expect(await read('memory.max')).toBe(String(128 * 1024 * 1024));
  expect(await read('memory.swap.max')).toBe('0');
  expect(await read('memory.oom.group')).toBe('1');
  expect(await read('pids.max')).toBe('99');
  expect(await read('cpu.max')).toBe('50000 100000');
  expect(await read('cpu.max.burst')).toBe('50000');
  expect(await read('cpu.weight')).toBe('50');
});

test('a burst is more than the share, and weighs no more', async () => {
  createCgroup(layout, name, { memoryMib: 128, cpus: 1, burstCpus: 2, maxProcesses: 99 });
  expect(await read('cpu.max')).toBe('200000 100000');
  expect(await read('cpu.weight')).toBe('100');
  setCpus(layout, name, 128 / 1_769);
  expect(await read('cpu.max')).toBe('7236 100000');
  expect(await read('cpu.weight')).toBe('7');
});

test('a kernel without swap accounting and bursts still has the other limits', async () => {
  for (const file of ['memory.swap.max', 'memory.oom.group', 'cpu.max.burst']) {
    await rm(group(file));
  }
  createCgroup(layout, name, { memoryMib: 128, cpus: 0.001, maxProcesses: 99 });
  expect(await read('memory.max')).toBe(String(128 * 1024 * 1024));
  // The least that the kernel takes.
  expect(await read('cpu.max')).toBe('1000 100000');
  expect(existsSync(group('memory.swap.max'))).toBe(false);
});

test('the share of CPUs can be changed later', async () => {
  setCpus(layout, name, 2);
  expect(await read('cpu.max')).toBe('200000 100000');
});

test('a program joins by one file', () => {
  expect(joinFiles(layout, name)).toEqual([group('cgroup.procs')]);
});

test('freezing is done when the kernel says so', async () => {
  await writeFile(group('cgroup.events'), 'populated 1\nfrozen 0\n');
  const freezing = setFrozen(layout, name, true);
  let isDone = false;
  void freezing.then(() => (isDone = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isDone).toBe(false);
  await writeFile(group('cgroup.events'), 'populated 1\nfrozen 1\n');
  await freezing;
  expect(await read('cgroup.freeze')).toBe('1');
  await setFrozen(layout, name, false);
  expect(await read('cgroup.freeze')).toBe('0');
});

test('kills for want of memory are counted; a group that is gone has none', async () => {
  await writeFile(group('memory.events'), 'max 5\noom 2\noom_kill 1\n');
  expect(outOfMemoryKills(layout, name)).toBe(1);
  await rm(group('memory.events'));
  expect(outOfMemoryKills(layout, name)).toBe(0);
});

test('a kill goes to the whole group at once, thawed and with all the CPU it needs', async () => {
  await writeFile(group('cgroup.procs'), '');
  await writeFile(group('cpu.max'), '1000 100000');
  await writeFile(group('cpu.idle'), '1');
  await writeFile(group('cpu.weight'), '2');
  killCgroup(layout, name);
  expect(await read('cgroup.kill')).toBe('1');
  expect(await read('cpu.max')).toMatch(/^max/);
  expect(await read('cpu.idle')).toBe('0');
  expect(await read('cpu.weight')).toBe('100');
  expect(await read('cgroup.freeze')).toBe('0');
});

test('the memory limit and the idle class of a living group can be changed', async () => {
  for (const file of ['cpu.idle', 'cpu.weight']) await writeFile(group(file), '');
  setMemory(layout, name, 512);
  expect(await read('memory.max')).toBe(String(512 * 1_048_576));
  setIdle(layout, name, true, 2);
  expect(await read('cpu.idle')).toBe('1');
  // The kernel would refuse it.
  expect(await read('cpu.weight')).toBe('');
  setIdle(layout, name, false, 2);
  expect(await read('cpu.idle')).toBe('0');
  expect(await read('cpu.weight')).toBe('200');
});
