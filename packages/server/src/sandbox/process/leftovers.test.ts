import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import { processesWith, uniqueSleep, until } from '../run-program.testsuite.ts';
import { startProcessDriver } from './start-process-driver.ts';

test('the next start ends the processes of a killed server and removes its folders', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-sandbox-test-'));
  const place = path.join(folder, 'sandboxes');
  const seconds = uniqueSleep();
  const source = `
    import { startProcessDriver } from ${JSON.stringify(path.join(import.meta.dirname, 'start-process-driver.ts'))};
    const driver = await startProcessDriver({ folder: process.argv[2], logger: {}, clock: {} });
    const limits = { memoryMib: 128, cpus: 1, tmpMib: 512, maxProcesses: 64, maxFileDescriptors: 256, listeners: [] };
    const sandbox = await driver.create({ id: 'one', ...limits });
    const argv = ['/bin/sh', '-c', 'setsid sleep ${seconds} & sleep ${seconds}; true'];
    await sandbox.start({ argv, env: { PATH: '/usr/bin:/bin' }, userEnv: {}, cwd: '/tmp', mounts: [], onOutput() {} });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sandbox.freeze();
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const file = path.join(folder, 'server.mjs');
  await writeFile(file, source);
  const server = spawn(process.execPath, [file, place], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  server.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await until(() => said === 'ready\n');
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
  expect(await processesWith(`sleep\0${seconds}`)).toHaveLength(2);
  expect(await readdir(place)).toHaveLength(1);
  const next = await startProcessDriver({
    folder: place,
    logger: silentLogger,
    clock: systemClock,
  });
  await next.close();
  await until(async () => (await processesWith(`sleep\0${seconds}`)).length === 0);
  expect(await readdir(place)).toEqual([]);
  await rm(folder, { recursive: true });
});
