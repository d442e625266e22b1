/** Against a folder that stands for /proc/self; what the kernel does with it row 14 of the benchmark shows. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { goFirst } from './go-first.ts';

let proc: string;
const autogroup = (): Promise<string> => readFile(path.join(proc, 'autogroup'), 'utf8');

async function processWith(terminal: number, nice: number): Promise<void> {
  await writeFile(path.join(proc, 'stat'), `4711 (a ) b) S 1 4711 4711 ${terminal} -1 4194560 1`);
  await writeFile(path.join(proc, 'autogroup'), `/autogroup-12 nice ${nice}\n`);
}

beforeEach(async () => {
  proc = await mkdtemp(path.join(tmpdir(), 'hearth-proc-test-'));
});
afterEach(async () => {
  await rm(proc, { recursive: true });
});

test('a session without a terminal goes first until the server ends', async () => {
  await processWith(0, 0);
  const first = goFirst(proc);
  expect(await autogroup()).toBe('-10');
  await first.close();
  expect(await autogroup()).toBe('0');
});

test('the session of a terminal is left alone', async () => {
  await processWith(34_816, 0);
  await goFirst(proc).close();
  expect(await autogroup()).toBe('/autogroup-12 nice 0\n');
});

test('what a server that was killed has left goes on, and is undone in the end', async () => {
  await processWith(0, -10);
  const first = goFirst(proc);
  expect(await autogroup()).toBe('-10');
  await first.close();
  expect(await autogroup()).toBe('0');
});

test('what somebody has chosen is left alone', async () => {
  await processWith(0, 5);
  await goFirst(proc).close();
  expect(await autogroup()).toBe('/autogroup-12 nice 5\n');
});

test('a kernel without groups for sessions has nothing to change', async () => {
  await processWith(0, 0);
  await rm(path.join(proc, 'autogroup'));
  await goFirst(proc).close();
  await expect(autogroup()).rejects.toThrow('ENOENT');
});
