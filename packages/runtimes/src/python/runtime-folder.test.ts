import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildRuntimeFolder } from './runtime-folder.ts';

test('what functions carry is made once for a cache folder, and only then is it said', async () => {
  const cacheFolder = await mkdtemp(path.join(tmpdir(), 'hearth-python-test-'));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  let built = 0;
  const build = (): Promise<string> =>
    buildRuntimeFolder(cacheFolder, [], undefined, () => built++);
  const first = await build();
  // As after a restart.
  expect(await build()).toBe(first);
  expect(built).toBe(1);
});
