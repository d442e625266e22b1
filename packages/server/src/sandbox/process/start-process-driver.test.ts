import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { DriverSuite } from '../driver-under-test.testsuite.ts';
import { describeSandboxDriver } from '../driver.testsuite.ts';
import { describeMailboxes } from '../mailbox.testsuite.ts';
import { describeParked } from '../parked.testsuite.ts';
import { describePrograms } from '../programs.testsuite.ts';
import { sandboxRequest, startProgram } from '../run-program.testsuite.ts';
import { startProcessDriver } from './start-process-driver.ts';

const suite: DriverSuite = {
  start: (folder) => startProcessDriver({ folder, logger: silentLogger, clock: systemClock }),
  isIsolated: false,
};
describeSandboxDriver('process', suite);
describePrograms('process', suite);
describeParked('process', suite);
describeMailboxes('process', suite);

test('a program without isolation is shown folders by links in the place of empty ones', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-late-'));
  const [code, sandboxes] = [path.join(folder, 'code'), path.join(folder, 'sandboxes')];
  await mkdir(code);
  await writeFile(path.join(code, 'word'), 'mine');
  await using driver = await suite.start(sandboxes);
  const sandbox = await driver.create(sandboxRequest());
  const wait = 'until [ -e "$1"/word ]; do sleep 0.01; done; cat "$1"/word';
  const argv = ['/bin/sh', '-c', wait, 'sh', '/var/task'];
  const output = await startProgram(sandbox, { argv });
  const task = sandbox.translate('/var/task');
  expect(task.startsWith(sandboxes)).toBe(true);
  await sandbox.mount([{ source: code, target: '/var/task' }]);
  await sandbox.exited;
  expect(output.stdout()).toBe('mine');
  const again = sandbox.mount([{ source: code, target: '/var/task' }]);
  await expect(again).rejects.toThrow('Nothing can be mounted at /var/task');
  await sandbox.destroy('the test is over');
  // The link went, and nothing behind it.
  expect(await readFile(path.join(code, 'word'), 'utf8')).toBe('mine');
  await rm(folder, { recursive: true });
});
