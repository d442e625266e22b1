import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RuntimeUnavailable } from '@hearth/runtimes';
import type { ImageConfig } from '../core/image/image-config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';
import { findInRoot } from './find-in-root.ts';
import { planProgram } from './image-program.ts';
import { startStage } from './stage.testsuite.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'hearth-in-root-'));
  await mkdir(path.join(root, 'usr/bin'), { recursive: true });
  await writeFile(path.join(root, 'usr/bin/run'), '#!/usr/bin/run\n', { mode: 0o755 });
  const links: readonly (readonly [name: string, target: string])[] = [
    ['bin', 'usr/bin'],
    ['absolute', '/usr/bin/run'],
    ['climbs', '../../../../usr/bin/run'],
    ['out', '/proc/1/root/etc/passwd'],
    ['host', '../../../../etc/passwd'],
    ['round', 'round'],
    ['temporary', '/tmp/later'],
  ];
  for (const [name, target] of links) await symlink(target, path.join(root, name));
});
afterAll(() => rm(root, { recursive: true }));

test.each([
  ['/bin/run', 'file'],
  ['/absolute', 'file'],
  ['/climbs', 'file'],
  ['/../../usr/./bin/../bin/run', 'file'],
  ['/', 'directory'],
  ['/bin', 'directory'],
  ['/bin/run/x', 'not-a-directory'],
  ['/host', 'missing'],
  ['/round', 'missing'],
  ['/nothing/at/all', 'missing'],
  ['/out', 'elsewhere'],
  ['/temporary', 'elsewhere'],
  ['/dev/null', 'elsewhere'],
])('%s in an image is a %s', async (inside, kind) => {
  const found = await findInRoot(root, inside);
  expect(found.kind).toBe(kind);
  if (found.kind === 'file') expect(found.place).toBe(path.join(root, 'usr/bin/run'));
});

const config = (program: Partial<ImageConfig>): ImageConfig => ({
  diffIds: [],
  env: {},
  entryPoint: [],
  command: [],
  workingDirectory: '',
  ...program,
});

test('a program is looked for in every folder of its path, from where it starts', async () => {
  const plan = async (entryPoint: string, workingDirectory: string, searchPath: string) =>
    (
      await planProgram(
        { folder: root, config: config({ entryPoint: [entryPoint], workingDirectory }) },
        undefined,
        searchPath,
      )
    ).problem?.message;
  expect(await plan('run', '', '/nothing:/bin')).toBeUndefined();
  expect(await plan('run', '/usr', '/nothing:bin')).toBeUndefined();
  expect(await plan('run', '', '/nothing')).toBe("Couldn't find valid bootstrap(s): [run]");
  expect(await plan('bin/run', '/usr', '')).toBeUndefined();
  expect(await plan('/tmp/made-later', '', '')).toBeUndefined();
});

test('without isolation an image is not run, least of all as a program of the host', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-no-root-'));
  const driver = await startProcessDriver({ folder, logger: silentLogger, clock: systemClock });
  const image = { folder: root, config: config({ entryPoint: ['/bin/run'] }) };
  const stage = await startStage(driver, folder, { images: new Map([['image', image]]) });
  try {
    const version = stage.version('any', { runtime: '', image: { digest: 'image' } });
    const problem = stage.invoke(version);
    await expect(problem).rejects.toBeInstanceOf(RuntimeUnavailable);
    await expect(problem).rejects.toThrow('Container images need isolation');
  } finally {
    await stage.invoker.close();
    await driver.close();
    await rm(folder, { recursive: true });
  }
});
