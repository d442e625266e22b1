import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryPointProblem } from './entry-point.ts';

let folder: string;
const argv = ['/var/task/bootstrap'];
const missing = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-entry-point-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a missing bootstrap is named', async () => {
  expect(await entryPointProblem(argv, folder)).toBe(missing);
});

test('a folder is no bootstrap', async () => {
  await mkdir(path.join(folder, 'bootstrap'));
  expect(await entryPointProblem(argv, folder)).toBe(missing);
});

test('a bootstrap must be executable', async () => {
  const file = path.join(folder, 'bootstrap');
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o644);
  expect(await entryPointProblem(argv, folder)).toBe(
    'fork/exec /var/task/bootstrap: permission denied',
  );
  await chmod(file, 0o755);
  expect(await entryPointProblem(argv, folder)).toBeUndefined();
});

test.each([
  ['nothing', Buffer.from('')],
  ['a script without a first line for its interpreter', Buffer.from('exit 5\n')],
  ['a program for another machine', elfFor(8)],
  ['half a program', elfFor(process.arch === 'arm64' ? 183 : 62).subarray(0, 19)],
])('a bootstrap that is %s has no format to execute', async (_kind, content) => {
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem(argv, folder)).toBe(
    'fork/exec /var/task/bootstrap: exec format error',
  );
});

test.each([
  ['#!/usr/bin/no-such-interpreter\n'],
  // As an editor on Windows ends its lines: then the name ends in a carriage return.
  ['#!/bin/sh\r\nexit\r\n'],
  ['#!/var/task/absent -x\n'],
])('the interpreter of a bootstrap that begins with %j is not there', async (content) => {
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem(argv, folder)).toBe(
    'fork/exec /var/task/bootstrap: no such file or directory',
  );
});

test.each([['#!/bin/sh\nexit\n'], ['#! /usr/bin/env bash\n'], ['#!/var/task/own -x\n']])(
  'the interpreter of a bootstrap that begins with %j is there',
  async (content) => {
    await writeFile(path.join(folder, 'own'), '');
    await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
    expect(await entryPointProblem(argv, folder)).toBeUndefined();
  },
);

test('a bootstrap may be a program for this machine', async () => {
  const content = elfFor(process.arch === 'arm64' ? 183 : 62);
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem(argv, folder)).toBeUndefined();
});

test('programs of managed runtimes are not looked for in the code', async () => {
  expect(await entryPointProblem(['/var/lang/bin/node'], folder)).toBeUndefined();
});

function elfFor(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}
