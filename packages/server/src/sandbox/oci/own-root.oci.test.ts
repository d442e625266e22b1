import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bashEntries } from '../../code/fixtures/bash-image.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { SandboxDriver, SandboxProgram } from '../driver.ts';
import { runProgram, sandboxRequest, startProgram, until } from '../run-program.testsuite.ts';
import { startOciDriver } from './start-oci-driver.ts';

describe.each(['crun', 'runc'])('a sandbox with a root of its own: %s', (runtime) => {
  let folder: string;
  let root: string;
  let driver: SandboxDriver;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hearth-own-root-'));
    root = path.join(folder, 'root');
    for (const name of ['proc', 'dev', 'tmp', 'etc', 'app']) {
      await mkdir(path.join(root, name), { recursive: true });
    }
    for (const name of ['hosts', 'resolv.conf', 'hostname']) {
      await writeFile(path.join(root, 'etc', name), '');
    }
    for (const { name, content = '' } of bashEntries()) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), content, { mode: 0o755 });
    }
    await writeFile(path.join(root, 'app/own'), 'own');
    await symlink('/proc/self/fd', path.join(root, 'fds'));
    driver = await startOciDriver({
      runtime,
      folder: path.join(folder, 'run'),
      logger: silentLogger,
      clock: systemClock,
    });
  });
  afterAll(async () => {
    await driver.close();
    await rm(folder, { recursive: true });
  });

  const bash = (script: string, ...rest: string[]): Pick<SandboxProgram, 'argv' | 'root'> => ({
    argv: ['bash', '-c', script, 'script', ...rest],
    root,
  });

  test('nothing of the host is at its places, and /tmp alone can be written to', async () => {
    const script = `
      for each in /usr/bin/env /bin/sh /home /root; do [ -e $each ] && echo "$each is there"; done
      echo "$(</app/own) $PWD $UID $1"
      echo x > /app/new || echo read-only
      echo x > /tmp/new && echo writes
      [ -s /etc/hosts ] && read -r line < /etc/hosts && echo "$line"
      echo x > /dev/.hearth/usr/x || echo no`;
    const ran = await runProgram(driver, { ...bash(script, "it's"), cwd: '/app' });
    expect(ran.stdout.split('\n')).toEqual([
      "own /app 993 it's",
      'read-only',
      'writes',
      '127.0.0.1 localhost localhost.localdomain',
      'no',
      '',
    ]);
    expect(ran.exit.code).toBe(0);
  });

  test('the program has exactly its variables, also those that would break the shell above it', async () => {
    const userEnv = { LD_PRELOAD: '/nowhere.so', A: 'x=\ny' };
    const ran = await runProgram(driver, { ...bash('declare -x; echo "${HOME-none}"'), userEnv });
    const names = [...ran.stdout.matchAll(/^declare -x (\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual(['A', 'LD_PRELOAD', 'OLDPWD', 'PATH', 'PWD', 'SHLVL']);
    expect(ran.stdout).toContain('none');
  });

  test.each(['KILL', 'TERM', 'ABRT'])('it reports a death by SIG%s', async (signal) => {
    const { exit } = await runProgram(driver, bash(`kill -${signal} $$`));
    expect(exit).toEqual({ code: null, signal: `SIG${signal}`, outOfMemory: false });
  });

  test('SIGTERM is passed on', async () => {
    const sandbox = await driver.create(sandboxRequest());
    const program = bash(
      "trap 'echo told; exit 3' TERM; echo ready; while :; do read -t 1 < <(:) ; done",
    );
    const output = await startProgram(sandbox, program);
    await until(() => output.stdout().includes('ready'));
    sandbox.signal('SIGTERM');
    expect((await sandbox.exited).code).toBe(3);
    expect(output.stdout()).toContain('told');
    await sandbox.destroy('the test is over');
  });

  test.each([
    ['/nowhere', '126'],
    ['/proc/self/fd/8', '126'],
    ['/fds/9', '126'],
  ])('no folder of the host is behind %s', async (cwd, code) => {
    const { exit } = await runProgram(driver, { ...bash('echo started'), cwd });
    expect(String(exit.code)).toBe(code);
  });

  test('programs that are not there, or cannot be executed, end as a shell says', async () => {
    const missing = await runProgram(driver, { argv: ['/nothing'], root });
    expect(missing.exit.code).toBe(127);
    const data = await runProgram(driver, { argv: ['/app/own'], root });
    expect(data.exit.code).toBe(126);
  });

  test.runIf(runtime === 'crun')('a program beside the first has the same root', async () => {
    const sandbox = await driver.create(sandboxRequest());
    await startProgram(sandbox, bash('while :; do read -t 100 < <(:) || :; done'));
    let text = '';
    const beside = await sandbox.exec({
      argv: ['bash', '-c', 'echo "$(<own) $A"'],
      env: { PATH: '/bin' },
      userEnv: { A: 'a' },
      cwd: '/app',
      onOutput: (_, chunk) => (text += Buffer.from(chunk).toString()),
    });
    expect((await beside.exited).code).toBe(0);
    expect(text).toBe('own a\n');
    await sandbox.destroy('the test is over');
  });
});
