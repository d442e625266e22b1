import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { InvariantViolation } from '../lib/invariant.ts';
import { removeTree } from './remove-tree.ts';

test('removes a folder below the given one, and a missing one without complaint', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-remove-test-'));
  await mkdir(path.join(folder, 'a/b'), { recursive: true });
  await removeTree(folder, path.join(folder, 'a'));
  await removeTree(folder, path.join(folder, 'a'));
  expect(existsSync(path.join(folder, 'a'))).toBe(false);
  await rm(folder, { recursive: true });
});

test.each(['/data', '/data/..', '/', '/database', '/data/../etc', '/data/a/../..'])(
  'refuses %s when told to stay below /data',
  async (folder) => {
    await expect(removeTree('/data', folder)).rejects.toThrow(InvariantViolation);
  },
);
