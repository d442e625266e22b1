import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { SandboxDriver } from '../driver.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { describeMailboxes } from '../mailbox.testsuite.ts';
import { sandboxRequest, shell, startProgram } from '../run-program.testsuite.ts';
import { describePrograms } from '../programs.testsuite.ts';
import { describeIsolation } from './isolation.testsuite.ts';
import { describeLeaks } from './leaks.testsuite.ts';
import { startOciDriver } from './start-oci-driver.ts';

for (const runtime of ['crun', 'runc']) {
  const start = (folder: string, deathMs?: number): Promise<SandboxDriver> => {
    const more = deathMs === undefined ? {} : { deathMs };
    return startOciDriver({ runtime, folder, logger: silentLogger, clock: systemClock, ...more });
  };
  describeSandboxDriver(`oci with ${runtime}`, { start, isIsolated: true });
  describeMailboxes(`oci with ${runtime}`, { start, isIsolated: true });
  if (runtime === 'crun') describePrograms('oci with crun', { start, isIsolated: true });
  describeIsolation(runtime, start);
  describeLeaks(runtime, start);
}

test('runc says that it starts no program beside another', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-runc-exec-'));
  const deps = { runtime: 'runc', folder, logger: silentLogger, clock: systemClock };
  const driver = await startOciDriver(deps);
  try {
    const sandbox = await driver.create(sandboxRequest());
    await startProgram(sandbox, { argv: ['/bin/sleep', '100'] });
    const program = { ...shell('true'), env: {}, userEnv: {}, cwd: '/tmp', onOutput() {} };
    await expect(sandbox.exec(program)).rejects.toThrow(
      'With runc no program can be started beside another.',
    );
  } finally {
    await driver.close();
    await rm(folder, { recursive: true });
  }
});
