import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createSegmentWriter } from './segment-writer.ts';

test('a failed write is told to its callers and leaves room for the next', async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'hearth-writer-'));
  const folder = path.join(parent, 'group');
  const writer = createSegmentWriter(folder, 1, 0);
  const failed = await Promise.allSettled([
    writer.append(Buffer.from('a')),
    writer.append(Buffer.from('b')),
  ]);
  expect(failed.map((each) => each.status)).toEqual(['rejected', 'rejected']);
  expect(writer.length).toBe(0);
  await mkdir(folder);
  const offsets = await Promise.all(
    ['one', 'two', '3'].map((each) => writer.append(Buffer.from(each))),
  );
  expect(offsets).toEqual([0, 3, 6]);
  await writer.release();
  expect(await writer.append(Buffer.from('4'))).toBe(7);
  await writer.release();
  expect(await readFile(path.join(folder, '00000001.log'), 'utf8')).toBe('onetwo34');
  await rm(parent, { recursive: true });
});
