/**
 * The contract of a parked sandbox: it differs from any other in when its processes were made, and
 * in nothing that a program can see.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SandboxFailure, type Sandbox } from './driver.ts';
import { useDriver, type DriverSuite } from './driver-under-test.testsuite.ts';
import {
  NODE_MOUNT,
  nodeProgram,
  shell,
  startProgram,
  uniqueSleep,
  until,
} from './run-program.testsuite.ts';

/** The same driver, each of whose sandboxes is parked before anybody has it. */
export function parksAll({ start, ...suite }: DriverSuite): DriverSuite {
  return {
    ...suite,
    start: async (folder) => {
      const driver = await start(folder);
      return {
        ...driver,
        create: async (request) => {
          const sandbox = await driver.create(request);
          await sandbox.park(2);
          return sandbox;
        },
      };
    },
  };
}

/** All that a program can tell of where it runs; what counts up is left out. */
const SEES = `
  const fs = require('node:fs');
  const lines = (file) => fs.readFileSync(file, 'utf8').trim().split('\\n');
  const attempt = (action) => { try { return action(); } catch (error) { return error.code; } };
  const fields = lines('/proc/self/mountinfo').map((line) => line.split(' '));
  console.log(JSON.stringify({
    env: process.env, argv: process.argv, cwd: process.cwd(), input: fs.readFileSync(0, 'utf8'),
    init: fs.readFileSync('/proc/1/cmdline', 'utf8'),
    processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
    ids: [process.getuid(), process.getgid(), process.getgroups()],
    score: lines('/proc/self/oom_score_adj'),
    limits: lines('/proc/self/limits'), groups: lines('/proc/self/cgroup'),
    status: lines('/proc/self/status').filter((line) => /^(Cap|NoNewPrivs|Seccomp:|Umask|Sig|Shd)/.test(line)),
    descriptors: fs.readdirSync('/proc/self/fd').map((fd) => attempt(() => fs.readlinkSync('/proc/self/fd/' + fd).replace(/\\d+/g, '#'))).sort(),
    mounts: fields.map((each) => each[4] + ' ' + each[5]).sort(),
    task: fs.readdirSync('/var/task'), nested: fs.readdirSync('/var/runtime/node_modules'),
    owner: [fs.statSync('/var/task').uid, fs.statSync('/var/task').mode],
    writes: attempt(() => fs.writeFileSync('/var/task/open', '')) ?? 'done',
  }));`;

export function describeParked(name: string, { start, isIsolated }: DriverSuite): void {
  describe(`parked sandboxes: ${name}`, () => {
    const tested = useDriver({ start });

    async function parked(besides?: number): Promise<Sandbox> {
      const sandbox = await tested.create();
      await sandbox.park(besides);
      return sandbox;
    }

    async function volume(file: string): Promise<string> {
      const made = await mkdtemp(path.join(tested.folder, 'volume-'));
      await writeFile(path.join(made, file), 'kept');
      await chmod(path.join(made, file), 0o666);
      await chmod(made, 0o777);
      return made;
    }

    test.runIf(isIsolated)('its program sees what that of any other sandbox sees', async () => {
      const mounts = [
        NODE_MOUNT,
        { source: await volume('sdk'), target: '/var/runtime/node_modules' },
        { source: await volume('index.mjs'), target: '/var/runtime' },
        { source: await volume('open'), target: '/var/task' },
      ];
      const seenIn = async (sandbox: Sandbox): Promise<unknown> => {
        const output = await startProgram(sandbox, {
          ...nodeProgram(SEES, '--', "it's", '', '$HOME `id` \\'),
          mounts,
          env: { PATH: '/usr/bin:/bin', SHARED: 'platform' },
          userEnv: { SHARED: 'user', QUOTED: `'"\\$x\n\t`, EMPTY: '', PWD: '/else', PS1: '> ' },
          cwd: '/var/task',
        });
        expect(await sandbox.exited).toMatchObject({ code: 0 });
        expect(output.stderr()).toBe('');
        return JSON.parse(output.stdout().replaceAll(sandbox.id, 'ID'));
      };
      const usual = await seenIn(await tested.create());
      expect(await seenIn(await parked())).toEqual(usual);
      expect(usual).toMatchObject({
        input: '',
        task: ['open'],
        nested: ['sdk'],
        writes: 'EROFS',
      });
    });

    test('variables and arguments arrive byte for byte, also more than a pipe holds', async () => {
      const text = String.fromCodePoint(...Array.from({ length: 0x7ff }, (_, index) => index + 1));
      const big = text.repeat(25);
      expect(Buffer.byteLength(big)).toBeGreaterThan(65_536);
      const script = `
        const { createHash } = require('node:crypto');
        const hash = (each) => createHash('sha256').update(each).digest('hex');
        console.log(process.env.TEXT + [process.env.BIG, process.argv[1]].map(hash))`;
      const said: string[] = [];
      for (const sandbox of [await tested.create(), await parked()]) {
        const env = { BIG: big, TEXT: text };
        const output = await startProgram(sandbox, { ...nodeProgram(script, big), env });
        await sandbox.exited;
        said.push(output.stdout());
      }
      expect(said[0]).toContain(text);
      expect(said[1]).toBe(said[0]);
    });

    test.runIf(isIsolated)('no process is made for its programs, but by its own init', async () => {
      const sandbox = await parked(2);
      const waiting = processesOf(sandbox);
      expect(waiting).toHaveLength(3);
      await startProgram(sandbox, { argv: ['/bin/sleep', uniqueSleep()] });
      let said = '';
      for (const word of ['one', 'two']) {
        await sandbox.exec({
          ...shell('echo "$OWN"; exec sleep "$1"', uniqueSleep()),
          env: { PATH: '/usr/bin:/bin' },
          userEnv: { OWN: word },
          cwd: '/tmp',
          onOutput: (_, chunk) => (said += Buffer.from(chunk).toString()),
        });
      }
      await until(() => said.length === 'one\ntwo\n'.length && processesOf(sandbox).length === 4);
      expect(processesOf(sandbox)).toEqual(expect.arrayContaining(waiting));
    });

    test('one that nobody has started ends without a trace', async () => {
      const sandbox = await parked(1);
      await sandbox.destroy('it is not needed');
      expect(processesOf(sandbox)).toEqual([]);
      expect(await sandbox.exited).toMatchObject({ code: null });
      await expect(startProgram(sandbox, shell('true'))).rejects.toThrow(SandboxFailure);
    });

    test.runIf(isIsolated)('one that is killed while it waits starts nothing', async () => {
      const sandbox = await parked(1);
      sandbox.signal('SIGKILL');
      expect(await sandbox.exited).toMatchObject({ signal: 'SIGKILL' });
      await expect(startProgram(sandbox, shell('true'))).rejects.toThrow(SandboxFailure);
    });
  });
}

/** The ids of the processes in its control groups. */
function processesOf({ id }: Sandbox): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isIn(pid, id)).map(Number);
}

function isIn(pid: string, sandbox: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1').includes(`/${sandbox}\n`);
  } catch {
    return false;
  }
}
