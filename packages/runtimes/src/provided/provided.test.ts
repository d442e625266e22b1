import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openInTest, sampleFunctions } from '../open-in-test.ts';
import { jsonOf } from '../runtime.testsuite.ts';
import { startInTest } from '../start-in-test.ts';

const catalogue = await openInTest();
// curl and gcc are there: `npm test` installs them, or says that it could not.
describe.each(['provided.al2', 'provided.al2023'])('%s', (identifier) => {
  test('runs a bootstrap that is a shell script', async () => {
    const installation = await catalogue.install(identifier);
    const folder = path.join(sampleFunctions, 'shell/echoes');
    await using started = await startInTest(installation, folder, 'any.name');
    const answer = await started.api.invoke('{"n":1}');
    expect(jsonOf(answer)).toEqual({ event: { n: 1 }, handler: 'any.name' });
    expect(await started.end()).toContain(`handling ${answer.requestId}`);
  });

  test('runs a bootstrap that is a compiled program', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-provided-'));
    try {
      const source = path.join(sampleFunctions, 'compiled/echoes.c');
      execFileSync('gcc', ['-O1', '-o', path.join(folder, 'bootstrap'), source]);
      const installation = await catalogue.install(identifier);
      await using started = await startInTest(installation, folder, 'any.name');
      expect(jsonOf(await started.api.invoke('{"n":1}'))).toEqual({ compiled: { n: 1 } });
      expect(jsonOf(await started.api.invoke('2'))).toEqual({ compiled: 2 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the entry points are the bootstrap of the function, then that of a layer', async () => {
  const { entryPoints, mounts } = await catalogue.install('provided.al2023');
  expect(entryPoints).toEqual(['/var/task/bootstrap', '/opt/bootstrap']);
  expect(mounts).toEqual([]);
});
