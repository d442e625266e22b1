import { expect, test } from 'vitest';
import { createArchiveRunner } from './archive-runner.ts';

const job = { kind: 'verify', folder: '/nowhere/at/all', manifest: '/nowhere/at/all' } as const;

test('more jobs than threads are all answered', async () => {
  await using runner = createArchiveRunner();
  const answers = await Promise.all(Array.from({ length: 7 }, () => runner.run(job)));
  expect(new Set(answers.map((answer) => answer.kind))).toEqual(new Set(['damaged']));
});

test('a job that cannot even be read from disk says so, and the thread goes on', async () => {
  await using runner = createArchiveRunner();
  const target = '/nowhere/at/all/volume';
  const impossible = {
    kind: 'extract',
    zip: '/nowhere',
    sha256: '',
    target,
    manifest: '',
    mostBytes: 1,
  } as const;
  expect(await runner.run(impossible)).toMatchObject({ kind: 'failed' });
  expect(await runner.run(job)).toMatchObject({ kind: 'damaged' });
});
