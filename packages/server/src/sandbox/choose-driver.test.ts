import { readdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createLogger, silentLogger } from '../lib/logger.ts';
import { startSandboxDriver, type ChooseDriverDeps } from './choose-driver.ts';
import { SandboxFailure } from './driver.ts';

let folder: string;
let deps: ChooseDriverDeps;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-choose-test-'));
  const services = { folder, logger: silentLogger, clock: systemClock };
  const nowhere = { ociRuntime: 'auto', runtimeFolders: [] };
  deps = { isolation: 'auto', ...nowhere, isLoopbackOnly: true, ...services };
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test('auto falls back on loopback, and says why', async () => {
  const { driver, warning } = await startSandboxDriver(deps);
  expect(driver.isolation).toBe('process');
  expect(driver.description).toBe('process (no isolation)');
  expect(warning).toContain('Neither crun nor runc is installed on this machine.');
  await driver.close();
});

test('auto refuses to run without isolation where others can reach the server', async () => {
  const starting = startSandboxDriver({ ...deps, isLoopbackOnly: false });
  await expect(starting).rejects.toThrow(SandboxFailure);
  await expect(startSandboxDriver({ ...deps, isLoopbackOnly: false })).rejects.toThrow(
    /only listens on loopback/,
  );
});

test('who is not root is told what sandboxes need', async () => {
  const { driver, warning } = await startSandboxDriver({ ...deps, isRoot: false });
  expect(warning).toMatch(/start Hearth as root\. \(Neither crun nor runc is installed/);
  await driver.close();
  const starting = startSandboxDriver({ ...deps, isolation: 'oci', isRoot: false });
  await expect(starting).rejects.toThrow('start Hearth as root');
});

test('of runtimes that do not work here nothing is said but why', async () => {
  const runtimeFolder = await mkdtemp(path.join(tmpdir(), 'hearth-choose-test-'));
  onTestFinished(() => rm(runtimeFolder, { recursive: true }));
  const lines: string[] = [];
  const logger = createLogger((line) => lines.push(line), 'warn');
  for (const name of ['crun', 'runc']) {
    const program = path.join(runtimeFolder, name);
    await writeFile(program, `#!/bin/sh\necho ${name} version 1.0.0\nexit 1\n`, { mode: 0o755 });
  }
  const { driver } = await startSandboxDriver({
    ...deps,
    runtimeFolders: [runtimeFolder],
    logger,
  });
  await driver.close();
  expect(lines).toEqual([expect.stringContaining('sandbox.no-isolation')]);
});

test('auto does not fall back from a runtime that was asked for by name', async () => {
  const starting = startSandboxDriver({ ...deps, ociRuntime: 'runsc' });
  await expect(starting).rejects.toThrow(
    /No OCI runtime "runsc" is installed on this machine\. .* --isolation process/,
  );
});

test('oci never falls back', async () => {
  await expect(startSandboxDriver({ ...deps, isolation: 'oci' })).rejects.toThrow(SandboxFailure);
});

test('process is taken at its word, without a warning', async () => {
  const { driver, warning } = await startSandboxDriver({ ...deps, isolation: 'process' });
  expect([driver.isolation, warning]).toEqual(['process', undefined]);
  await driver.close();
});
