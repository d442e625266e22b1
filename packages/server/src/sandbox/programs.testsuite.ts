/** The contract of every sandbox driver, where a sandbox runs several programs or leaves its /tmp. */
import { describe, expect, test } from 'vitest';
import type { Sandbox, SandboxProcess } from './driver.ts';
import { useDriver, type DriverSuite } from './driver-under-test.testsuite.ts';
import { processesWith, shell, startProgram, uniqueSleep, until } from './run-program.testsuite.ts';

export function describePrograms(name: string, suite: DriverSuite): void {
  describe(`programs and /tmp of a sandbox: ${name}`, () => {
    const tested = useDriver(suite);

    /** One whose first program does nothing. */
    async function holder(): Promise<Sandbox> {
      const sandbox = await tested.create();
      await startProgram(sandbox, { argv: ['/bin/sleep', uniqueSleep()] });
      return sandbox;
    }

    async function exec(
      sandbox: Sandbox,
      script: string,
      env: Readonly<Record<string, string>> = {},
    ): Promise<{ readonly process: SandboxProcess; readonly text: () => string }> {
      let text = '';
      const process = await sandbox.exec({
        ...shell(script),
        env: { PATH: '/usr/bin:/bin', ...env },
        userEnv: { OWN: 'user' },
        cwd: '/tmp',
        onOutput: (stream, chunk) => (text += `${stream}: ${Buffer.from(chunk).toString()}`),
      });
      return { process, text: () => text };
    }

    test('a program beside the first has its own variables, output and end', async () => {
      const sandbox = await holder();
      const [one, two] = await Promise.all([
        exec(sandbox, 'echo "$OWN $EXTRA"; exit 3', { EXTRA: 'more' }),
        exec(sandbox, 'echo broken >&2; kill -SEGV $$'),
      ]);
      expect(await one.process.exited).toEqual({ code: 3, signal: null, outOfMemory: false });
      expect(await two.process.exited).toEqual({
        code: null,
        signal: 'SIGSEGV',
        outOfMemory: false,
      });
      expect(one.text()).toBe('stdout: user more\n');
      expect(two.text()).toBe('stderr: broken\n');
    });

    test('they share /tmp, and none has a home', async () => {
      const sandbox = await holder();
      const writes = await exec(sandbox, 'echo shared > "${TMPDIR:-/tmp}/file"');
      await writes.process.exited;
      const reads = await exec(sandbox, 'cat "${TMPDIR:-/tmp}/file"; echo "home: $HOME"');
      await reads.process.exited;
      expect(reads.text().replaceAll('stdout: ', '')).toBe('shared\nhome: \n');
    });

    test('a signal reaches the one that it is for', async () => {
      const sandbox = await holder();
      const script = 'trap "echo asked; exit 5" TERM; echo ready; while :; do sleep 0.05; done';
      const [one, two] = [await exec(sandbox, script), await exec(sandbox, script)];
      await until(() => one.text().includes('ready') && two.text().includes('ready'));
      one.process.signal('SIGTERM');
      expect((await one.process.exited).code).toBe(5);
      expect(two.text()).not.toContain('asked');
      two.process.signal('SIGKILL');
      expect((await two.process.exited).signal).toBe('SIGKILL');
    });

    test('freezing stops them all, and the end of the sandbox is the end of all', async () => {
      const sandbox = await holder();
      const seconds = uniqueSleep();
      const one = await exec(sandbox, `sleep ${seconds} & while :; do echo tick; sleep 0.02; done`);
      await until(() => one.text().includes('tick'));
      await sandbox.freeze();
      // What was written before lies in the pipe and arrives late.
      let seen = -1;
      await until(() => {
        const isSame = seen === one.text().length;
        seen = one.text().length;
        return isSame;
      });
      await sandbox.thaw();
      await until(() => one.text().length > seen);
      await sandbox.destroy('it is over');
      expect((await one.process.exited).signal).toBe('SIGKILL');
      expect(await processesWith(seconds)).toEqual([]);
    });

    test('nothing is started beside a program that has ended or never was', async () => {
      const fresh = await tested.create();
      await expect(exec(fresh, 'true')).rejects.toMatchObject({ name: 'SandboxFailure' });
      await fresh.destroy('it is over');
      await expect(exec(fresh, 'true')).rejects.toMatchObject({ name: 'SandboxFailure' });
    });

    test('what was written to /tmp is found in the sandbox that takes it over', async () => {
      const first = await holder();
      const script = 'cd "${TMPDIR:-/tmp}"; echo kept > file; chmod 600 file; mkdir -p a/b';
      await (
        await exec(first, script)
      ).process.exited;
      const kept = await first.retire('its program failed');
      expect(kept?.sandbox).toBe(first.id);
      const second = await tested.create({ tmp: kept! });
      await startProgram(second, { argv: ['/bin/sleep', uniqueSleep()] });
      const reads = await exec(
        second,
        'cd "${TMPDIR:-/tmp}"; cat file; echo new >> file && rmdir a/b && ls -A',
      );
      expect((await reads.process.exited).code).toBe(0);
      expect(reads.text().replaceAll('stdout: ', '')).toBe('kept\na\nfile\n');
      await kept?.discard();
    });

    test('a /tmp that nobody takes over is removed, and one that is lost is empty', async () => {
      const first = await holder();
      const kept = await first.retire('its program failed');
      expect(await first.retire('again')).toBeUndefined();
      await kept?.discard();
      const second = await tested.create({ tmp: kept! });
      await startProgram(second, { argv: ['/bin/sleep', uniqueSleep()] });
      const reads = await exec(second, 'ls -A "${TMPDIR:-/tmp}"');
      await reads.process.exited;
      expect(reads.text()).toBe('');
    });
  });
}
