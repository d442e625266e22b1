import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEntryPoint, type EntryPoint } from './entry-point.ts';

let folder: string;
const entryPoints = ['/var/task/bootstrap', '/opt/bootstrap'];
const argv = entryPoints.slice(0, 1);
const entryPointProblem = async (layers?: string): Promise<string | undefined> =>
  (await findEntryPoint({ argv, entryPoints }, { task: folder, layers })).problem;
const missing = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-entry-point-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a missing bootstrap is named', async () => {
  expect(await entryPointProblem()).toBe(missing);
});

test('a folder is no bootstrap', async () => {
  await mkdir(path.join(folder, 'bootstrap'));
  expect(await entryPointProblem()).toBe(missing);
});

test('a bootstrap must be executable', async () => {
  const file = path.join(folder, 'bootstrap');
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o644);
  expect(await entryPointProblem()).toBe('fork/exec /var/task/bootstrap: permission denied');
  await chmod(file, 0o755);
  expect(await entryPointProblem()).toBeUndefined();
});

test.each([
  ['nothing', Buffer.from('')],
  ['a script without a first line for its interpreter', Buffer.from('exit 5\n')],
  ['a program for another machine', elfFor(8)],
  ['half a program', elfFor(process.arch === 'arm64' ? 183 : 62).subarray(0, 19)],
])('a bootstrap that is %s has no format to execute', async (_kind, content) => {
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem()).toBe('fork/exec /var/task/bootstrap: exec format error');
});

test.each([
  ['#!/usr/bin/no-such-interpreter\n'],
  // As an editor on Windows ends its lines: then the name ends in a carriage return.
  ['#!/bin/sh\r\nexit\r\n'],
  ['#!/var/task/absent -x\n'],
])('the interpreter of a bootstrap that begins with %j is not there', async (content) => {
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem()).toBe(
    'fork/exec /var/task/bootstrap: no such file or directory',
  );
});

test.each([['#!/bin/sh\nexit\n'], ['#! /usr/bin/env bash\n'], ['#!/var/task/own -x\n']])(
  'the interpreter of a bootstrap that begins with %j is there',
  async (content) => {
    await writeFile(path.join(folder, 'own'), '');
    await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
    expect(await entryPointProblem()).toBeUndefined();
  },
);

test('a bootstrap may be a program for this machine', async () => {
  const content = elfFor(process.arch === 'arm64' ? 183 : 62);
  await writeFile(path.join(folder, 'bootstrap'), content, { mode: 0o755 });
  expect(await entryPointProblem()).toBeUndefined();
});

test('programs of managed runtimes are not looked for in the code', async () => {
  const managed = { argv: ['/var/lang/bin/node', 'x'] };
  expect(await findEntryPoint(managed, { task: folder, layers: undefined })).toEqual(managed);
});

describe('with layers', () => {
  let layers: string;
  beforeEach(async () => {
    layers = await mkdtemp(path.join(tmpdir(), 'hearth-entry-point-opt-'));
  });
  afterEach(() => rm(layers, { recursive: true }));

  const found = (): Promise<EntryPoint> =>
    findEntryPoint({ argv, entryPoints }, { task: folder, layers });

  test('the bootstrap of a layer is the runtime where the function has none', async () => {
    await writeFile(path.join(layers, 'bootstrap'), '#!/opt/sh\n', { mode: 0o755 });
    const program = ['/opt/bootstrap'];
    expect(await found()).toEqual({
      argv: program,
      problem: 'fork/exec /opt/bootstrap: no such file or directory',
    });
    await writeFile(path.join(layers, 'sh'), '');
    expect(await found()).toEqual({ argv: program });
  });

  test("the function's own bootstrap comes first", async () => {
    await writeFile(path.join(layers, 'bootstrap'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(folder, 'bootstrap'), '#!/bin/sh\n', { mode: 0o755 });
    expect(await found()).toEqual({ argv });
  });

  test('a link that leaves the layers tells nothing about the host', async () => {
    await symlink('/etc/shadow', path.join(layers, 'bootstrap'));
    expect(await found()).toEqual({ argv: ['/opt/bootstrap'] });
  });
});

function elfFor(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}
