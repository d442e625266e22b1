/** That nothing stays on the machine: after use, after a helper's death, after a server's. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addSuiteOwner } from '../../../../testkit/src/suite-owners.ts';
import type { SandboxDriver } from '../driver.ts';
import {
  processesWith,
  runProgram,
  sandboxRequest,
  shell,
  startProgram,
  uniqueSleep,
  until,
} from '../run-program.testsuite.ts';

export function describeLeaks(
  runtime: string,
  start: (folder: string, deathMs?: number) => Promise<SandboxDriver>,
): void {
  describe(`what stays behind: ${runtime}`, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-sandbox-test-'));
    });
    afterAll(async () => {
      await rm(folder, { recursive: true });
    });

    test('after a driver has been used and closed, the machine is as before', async () => {
      const place = path.join(folder, 'used');
      const before = await traces(process.pid, place);
      const driver = await start(place);
      await Promise.all(
        Array.from({ length: 4 }, () =>
          runProgram(driver, shell('setsid sleep 1000 & echo x > /tmp/file')),
        ),
      );
      const sandbox = await driver.create(sandboxRequest());
      await startProgram(sandbox, shell('sleep 1000'));
      await sandbox.freeze();
      await (await driver.create(sandboxRequest())).park(2);
      await driver.close();
      expect(await readdir(place)).toEqual([]);
      // The kernel frees a loop device when the last namespace that saw its mount is gone: soon.
      await expect.poll(() => traces(process.pid, place), { timeout: 40_000 }).toEqual(before);
    });

    test('thirty sandboxes leave no descriptor, mount or zombie in the helper', async () => {
      const others = await helpersOf(process.pid);
      const driver = await start(path.join(folder, 'cycles'));
      try {
        await runProgram(driver, shell('exit 0'));
        const [helper] = (await helpersOf(process.pid)).filter((each) => !others.includes(each));
        const before = await helperFigures(helper!);
        for (let round = 0; round < 6; round++) {
          await Promise.all(
            Array.from({ length: 4 }, () => runProgram(driver, shell('(sleep 100 &); exit 0'))),
          );
          const parked = await driver.create(sandboxRequest());
          await parked.park(1);
          if (round % 2 === 0) await startProgram(parked, shell('sleep 100'));
          await parked.destroy('the test is over');
        }
        await expect.poll(() => helperFigures(helper!), { timeout: 40_000 }).toEqual(before);
      } finally {
        await driver.close();
      }
    });

    test('a killed helper: its sandboxes end as exited, new ones can be made', async () => {
      const others = await helpersOf(process.pid);
      const driver = await start(path.join(folder, 'helper'));
      try {
        const seconds = uniqueSleep();
        const sandbox = await driver.create(sandboxRequest());
        const frozen = await driver.create(sandboxRequest());
        const parked = await driver.create(sandboxRequest());
        await parked.park(1);
        await startProgram(sandbox, shell(`trap "" TERM; sleep ${seconds}; true`));
        await startProgram(frozen, shell(`sleep ${seconds}; true`));
        await until(async () => (await processesWith(`sleep\0${seconds}`)).length === 2);
        await frozen.freeze();
        const [helper] = (await helpersOf(process.pid)).filter((each) => !others.includes(each));
        process.kill(helper!, 'SIGKILL');
        expect(await sandbox.exited).toEqual({
          ...{ code: null, signal: 'SIGKILL', outOfMemory: false },
          isLost: true,
        });
        expect(await frozen.exited).toMatchObject({ code: null });
        expect(await parked.exited).toMatchObject({ code: null });
        await Promise.all([sandbox, frozen, parked].map((each) => each.destroy('lost')));
        expect(await processesWith(`sleep\0${seconds}`)).toEqual([]);
        const { stdout } = await runProgram(driver, shell('echo again'));
        expect(stdout).toBe('again\n');
      } finally {
        await driver.close();
      }
      expect(await readdir(path.join(folder, 'helper'))).toEqual([]);
    });

    test('21: who waits in the kernel holds nobody else up; its end is told as failed, and comes when it is let go', async () => {
      const others = await helpersOf(process.pid);
      const driver = await start(path.join(folder, 'held'), 500);
      const sandbox = await driver.create(sandboxRequest());
      const [helper] = (await helpersOf(process.pid)).filter((each) => !others.includes(each));
      // A file system that is frozen stops who writes to it where no signal is seen.
      const tmp = path.join(await stageOf(helper!), 'sandboxes', sandbox.id, 'tmp');
      const freezes = (how: '--freeze' | '--unfreeze'): unknown =>
        execFileSync('fsfreeze', [how, tmp]);
      freezes('--freeze');
      let isFrozen = true;
      const file = `/tmp/held-${uniqueSleep()}`;
      try {
        await startProgram(sandbox, shell(`echo x > ${file}`));
        await until(async () => (await statesOf(file)).includes('D'));
        const told = expect(sandbox.destroy('the test wants it to')).rejects.toMatchObject({
          message: `Sandbox ${sandbox.id} did not end (the test wants it to).`,
          cause: { message: expect.stringContaining('A process survived SIGKILL.') },
        });
        expect(await runProgram(driver, shell('echo on'))).toMatchObject({ stdout: 'on\n' });
        await told;
        expect(await statesOf(file)).toContain('D');
        expect(await stagedFolders(helper!)).toContain(sandbox.id);
        freezes('--unfreeze');
        isFrozen = false;
        await until(async () => !(await stagedFolders(helper!)).includes(sandbox.id));
        expect(await statesOf(file)).toEqual([]);
      } finally {
        if (isFrozen) freezes('--unfreeze');
        await driver.close();
      }
    });

    test('a killed server takes its sandboxes along', async () => {
      const place = path.join(folder, 'server');
      const server = await startServer(runtime, place);
      server.kill();
      await until(async () => (await processesWith(`sleep\0${server.seconds}`)).length === 0);
      await until(async () => (await helpersOf(server.pid)).length === 0);
      expect((await traces(server.pid, place)).cgroups).toEqual([]);
      await (await start(place)).close();
      expect(await readdir(place)).toEqual([]);
    });

    test('the next start removes what a server and a helper, both killed, left', async () => {
      const place = path.join(folder, 'both');
      const server = await startServer(runtime, place);
      const living = await start(path.join(folder, 'neighbour'));
      try {
        const seconds = uniqueSleep();
        const neighbour = await living.create(sandboxRequest());
        await startProgram(neighbour, { argv: ['/bin/sleep', seconds] });
        await server.killWithHelper();
        await until(async () => (await helpersOf(server.pid)).length === 0);
        expect((await traces(server.pid, place)).cgroups).not.toEqual([]);
        const next = await start(place);
        await next.close();
        expect(await processesWith(`sleep\0${server.seconds}`)).toEqual([]);
        const left = await traces(server.pid, place);
        expect({ ...left, mounts: [] }).toEqual({ cgroups: [], loops: [], mounts: [], runs: [] });
        expect(await readdir(place)).toEqual([]);
        // Those of a living server were not touched.
        expect(await processesWith(`sleep\0${seconds}`)).not.toEqual([]);
      } finally {
        await living.close();
      }
    });
  });
}

/** What a server of this process id, with this folder, has on the machine. */
async function traces(
  pid: number,
  folder: string,
): Promise<Readonly<Record<'cgroups' | 'loops' | 'mounts' | 'runs', readonly string[]>>> {
  const prefix = `hearth-${pid}-`;
  const trees = [
    '/sys/fs/cgroup',
    ...(await namesIn('/sys/fs/cgroup')).map((name) => `/sys/fs/cgroup/${name}`),
  ];
  const found = await Promise.all(trees.map(async (tree) => await namesIn(tree)));
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  return {
    cgroups: found.flat().filter((name) => name.startsWith(prefix)),
    loops: (await loopFiles()).filter((file) => file.startsWith(folder)),
    mounts: mountinfo
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((place) => !isOfOtherTests(place)),
    runs: (await namesIn('/run/hearth')).filter((name) => name.startsWith(prefix)),
  };
}

/** Test files run side by side, each in a temporary folder of its own. */
function isOfOtherTests(place: string): boolean {
  return place.includes('/hearth-suite-') && !place.startsWith(tmpdir());
}

async function loopFiles(): Promise<readonly string[]> {
  const devices = (await namesIn('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  return files.map((file) => file.trim()).filter((file) => file !== '');
}

async function helperFigures(pid: number): Promise<object> {
  const fds = await namesIn(`/proc/${pid}/fd`);
  const links = await Promise.all(
    fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
  return {
    folders: await stagedFolders(pid),
    descriptors: links.filter((link) => link !== '').length,
    mounts: mounts.trim().split('\n').length,
    children: await childrenOf(pid),
  };
}

/** What the helper has in its own mount namespace. */
async function stagedFolders(pid: number): Promise<readonly string[]> {
  return await namesIn(path.join(await stageOf(pid), 'sandboxes'));
}

/** A helper sees the folders of others too, but nothing that is mounted there. */
async function stageOf(helper: number): Promise<string> {
  const place = `/proc/${helper}/root/run/hearth`;
  for (const owner of await namesIn(place)) {
    const stage = path.join(place, owner);
    if (owner.startsWith(`hearth-${process.pid}-`) && existsSync(path.join(stage, 'sandboxes'))) {
      return stage;
    }
  }
  throw new Error('The helper has no stage.');
}

/** `R`, `S`, `D` and so on, of the processes in whose arguments it is. */
async function statesOf(argument: string): Promise<readonly string[]> {
  const pids = await processesWith(argument);
  const stats = pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') gone'));
  const states = (await Promise.all(stats)).map((stat) => stat.slice(stat.lastIndexOf(')') + 2));
  return states.map((state) => state.charAt(0)).filter((state) => state !== 'g');
}

async function helpersOf(pid: number): Promise<number[]> {
  const helpers = await processesWith('sandbox/helper/main.ts');
  const parents = await Promise.all(
    helpers.map(async (helper) => {
      const status = await readFile(`/proc/${helper}/stat`, 'latin1').catch(() => '');
      const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
      return { helper, parent };
    }),
  );
  // One whose server has gone has another parent, but still bears the server's number.
  const known = knownHelpers.get(pid) ?? new Set<number>();
  knownHelpers.set(pid, known);
  for (const { helper, parent } of parents) if (parent === pid) known.add(helper);
  return helpers.filter((helper) => known.has(helper));
}

const knownHelpers = new Map<number, Set<number>>();

async function childrenOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1')).trim();
}

async function namesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? await readdir(folder).catch(() => []) : [];
}

interface ServerProcess {
  readonly pid: number;
  readonly seconds: string;
  kill(): void;
  killWithHelper(): Promise<void>;
}

/** A process of its own that runs a driver with three sandboxes: one of them frozen, one parked. */
async function startServer(runtime: string, folder: string): Promise<ServerProcess> {
  const seconds = uniqueSleep();
  const source = `
    import { startOciDriver } from ${JSON.stringify(path.join(import.meta.dirname, 'start-oci-driver.ts'))};
    const log = { debug() {}, info() {}, warn() {}, error(...all) { console.error(...all); }, with() { return log; } };
    const driver = await startOciDriver({ runtime: ${JSON.stringify(runtime)}, folder: process.argv[2], logger: log, clock: {} });
    const limits = { memoryMib: 128, cpus: 1, tmpMib: 512, maxProcesses: 64, maxFileDescriptors: 256, listeners: [] };
    const program = (script) => ({ argv: ['/bin/sh', '-c', script], env: { PATH: '/bin' }, userEnv: {}, cwd: '/tmp', mounts: [], onOutput() {} });
    const one = await driver.create({ id: 'one', ...limits });
    await one.start(program('trap "" TERM; setsid sleep ${seconds} & sleep ${seconds}; true'));
    const two = await driver.create({ id: 'two', ...limits });
    await two.start(program('sleep ${seconds}; true'));
    console.log('started');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    await two.freeze();
    const three = await driver.create({ id: 'three', ...limits });
    await three.park(1);
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const file = path.join(await mkdtemp(path.join(path.dirname(folder), 'server-')), 'server.mjs');
  await writeFile(file, source);
  const child = spawn(process.execPath, [file, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const pid = child.pid!;
  addSuiteOwner(pid);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await until(() => said === 'started\n');
  await until(async () => (await processesWith(`sleep\0${seconds}`)).length === 3);
  child.stdin.write('freeze\n');
  await until(() => said === 'started\nready\n');
  const [helper] = await helpersOf(pid);
  return {
    pid,
    seconds,
    kill: () => child.kill('SIGKILL'),
    killWithHelper: async () => {
      process.kill(helper!, 'SIGKILL');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
