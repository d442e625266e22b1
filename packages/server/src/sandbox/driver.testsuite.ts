/** The contract of every sandbox driver. */
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SandboxFailure, type Sandbox } from './driver.ts';
import { useDriver, type DriverSuite } from './driver-under-test.testsuite.ts';
import {
  NODE_MOUNT,
  nodeProgram,
  processesWith,
  runProgram,
  sandboxRequest,
  shell,
  startProgram,
  uniqueSleep,
  until,
} from './run-program.testsuite.ts';

/** Its `sleep`s of so many seconds, and what runs them where that is a kernel of its own (gVisor). */
async function runningOf(sandbox: Sandbox, seconds: string): Promise<number[]> {
  return [...(await processesWith(`sleep\0${seconds}`)), ...(await processesWith(sandbox.id))];
}

/** Two ports of the host's loopback device that nobody uses now. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  await Promise.all(
    servers.map(
      (server) => new Promise<void>((listens) => void server.listen(0, '127.0.0.1', listens)),
    ),
  );
  const [first, second] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return [first!, second!];
}

export function describeSandboxDriver(name: string, suite: DriverSuite): void {
  describe(`the sandbox driver contract: ${name}`, () => {
    const tested = useDriver(suite);

    async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
      const made = await mkdtemp(path.join(tested.folder, 'volume-'));
      await chmod(made, 0o755);
      for (const [file, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(made, file)), { recursive: true });
        await writeFile(path.join(made, file), text);
      }
      return made;
    }

    test('reports the exit status of the program', async () => {
      const { exit } = await runProgram(tested.driver, shell('exit 42'));
      expect(exit).toEqual({ code: 42, signal: null, outOfMemory: false });
    });

    test.each(['SEGV', 'KILL', 'TERM', 'ABRT'])('reports a death by SIG%s', async (signal) => {
      const { exit } = await runProgram(tested.driver, shell(`kill -${signal} $$`));
      expect(exit).toEqual({ code: null, signal: `SIG${signal}`, outOfMemory: false });
    });

    // A shell passes both on as 128 and the signal's number.
    test.each([129, 130, 137, 139, 141, 143, 192, 255])(
      'tells exit status %i from a signal',
      async (code) => {
        const { exit } = await runProgram(tested.driver, shell(`exit ${code}`));
        expect(exit).toEqual({ code, signal: null, outOfMemory: false });
      },
    );

    test('a program that is not there ends with status 127', async () => {
      const { exit } = await runProgram(tested.driver, { argv: ['/var/task/bootstrap'] });
      expect(exit.code).toBe(127);
    });

    test('delivers both streams in full and in order before it reports the exit', async () => {
      const script = `
        for (let i = 0; i < 20000; i++) process.stdout.write('line ' + i + ' of the output\\n');
        for (let i = 0; i < 5000; i++) process.stderr.write('error ' + i + '\\n');`;
      const { stdout, stderr } = await runProgram(tested.driver, nodeProgram(script));
      const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} of the output\n`);
      const errors = Array.from({ length: 5_000 }, (_, i) => `error ${i}\n`);
      expect(stdout).toBe(lines.join(''));
      expect(stderr).toBe(errors.join(''));
    });

    test('binary output arrives byte for byte', async () => {
      const script = 'process.stdout.write(Buffer.from(Array.from({ length: 256 }, (_, i) => i)))';
      const sandbox = await tested.create();
      const bytes: number[] = [];
      const onOutput = (_: string, chunk: Uint8Array): void => void bytes.push(...chunk);
      await startProgram(sandbox, { ...nodeProgram(script), onOutput });
      await sandbox.exited;
      expect(bytes).toEqual(Array.from({ length: 256 }, (_, i) => i));
    });

    test('a listener is reachable at its address, and each connection is handed over', async () => {
      const listeners = ['runtime-api', 'aws-endpoint'].map((listener, index) => ({
        name: listener,
        port: 9001 + index,
        onConnection: (socket: Socket) => {
          socket.on('error', () => {});
          socket.once('data', (data) => socket.end(`${listener} heard ${data.toString()}`));
        },
      }));
      const sandbox = await tested.create({ listeners });
      const script = `
        const net = require('node:net');
        for (const address of process.argv.slice(1)) {
          const [host, port] = address.split(':');
          const socket = net.connect(Number(port), host, () => socket.write('you'));
          socket.on('data', (data) => console.log(data.toString()));
        }`;
      const addresses = ['runtime-api', 'aws-endpoint'].map((each) => sandbox.address(each));
      const output = await startProgram(sandbox, nodeProgram(script, ...addresses));
      expect(await sandbox.exited).toMatchObject({ code: 0 });
      expect(output.stdout().trim().split('\n').sort()).toEqual([
        'aws-endpoint heard you',
        'runtime-api heard you',
      ]);
    });

    test('a connection can be made to what listens inside, and to nothing else', async () => {
      const [port, silent] = suite.isIsolated ? ([8124, 8125] as const) : await freePorts();
      const sandbox = await tested.create();
      const output = await startProgram(
        sandbox,
        nodeProgram(
          `const server = require('node:net').createServer((socket) => {
             socket.write('hello '.repeat(50000));
             socket.on('data', (chunk) => console.log('got ' + chunk));
           });
           server.listen(${port}, '0.0.0.0', () => console.log('listens'));`,
        ),
      );
      await until(() => output.stdout().includes('listens'));
      await expect(sandbox.connect(silent)).rejects.toThrow(SandboxFailure);
      const sockets = await Promise.all([sandbox.connect(port), sandbox.connect(port)]);
      for (const socket of sockets) {
        let received = 0;
        socket.on('data', (chunk) => (received += chunk.length));
        socket.write('news');
        await until(() => received === 300_000);
      }
      await until(() => output.stdout().split('got news').length === 3);
      await sandbox.destroy('the test is over');
      await until(() => sockets.every((socket) => socket.destroyed));
      await expect(sandbox.connect(port)).rejects.toThrow(SandboxFailure);
    });

    test('mounted folders and files are where they were asked for', async () => {
      const task = await folderWith({ 'index.js': 'code', 'lib/a.js': 'a' });
      const file = path.join(await folderWith({ bootstrap: 'the file' }), 'bootstrap');
      const { stdout } = await runProgram(tested.driver, {
        argv: ['/bin/cat', '/var/task/index.js', '/var/task/lib/a.js', '/var/runtime/bootstrap'],
        mounts: [
          { source: task, target: '/var/task' },
          { source: file, target: '/var/runtime/bootstrap' },
        ],
      });
      expect(stdout).toBe('codeathe file');
    });

    test('a mount below another is reachable through both, and the outer one is whole', async () => {
      const runtime = await folderWith({ 'index.mjs': 'runtime;', 'lib/own.js': 'own;' });
      const packages = await folderWith({ 'sdk/index.js': 'sdk;' });
      const extra = await folderWith({ 'x.js': 'extra;' });
      const { stdout } = await runProgram(tested.driver, {
        ...shell(
          'cd "$1" && cat index.mjs lib/own.js node_modules/sdk/index.js lib/extra/x.js; ls',
          '/var/runtime',
        ),
        mounts: [
          { source: extra, target: '/var/runtime/lib/extra' },
          { source: packages, target: '/var/runtime/node_modules' },
          { source: runtime, target: '/var/runtime' },
        ],
      });
      expect(stdout).toBe('runtime;own;sdk;extra;index.mjs\nlib\nnode_modules\n');
      expect((await readdir(runtime)).sort()).toEqual(['index.mjs', 'lib']);
      expect(await readdir(path.join(runtime, 'lib'))).toEqual(['own.js']);
    });

    test('a source below a folder that only root may pass can be mounted', async () => {
      const closed = path.join(tested.folder, 'closed');
      await mkdir(path.join(closed, 'volume'), { recursive: true });
      await chmod(closed, 0o700);
      await writeFile(path.join(closed, 'volume/file'), 'content');
      const mounts = [{ source: path.join(closed, 'volume'), target: '/var/task' }];
      const { stdout } = await runProgram(tested.driver, {
        argv: ['/bin/cat', '/var/task/file'],
        mounts,
      });
      expect(stdout).toBe('content');
    });

    test('the program has its arguments, its folder, both kinds of variables, and no others', async () => {
      const task = await folderWith({ file: '' });
      const script =
        'console.log(JSON.stringify({ argv: process.argv.slice(1), env: process.env, files: require("node:fs").readdirSync(".") }))';
      const { stdout } = await runProgram(tested.driver, {
        ...nodeProgram(script, '--', 'a b', '', '$HOME'),
        cwd: '/var/task',
        mounts: [NODE_MOUNT, { source: task, target: '/var/task' }],
        env: { AWS_REGION: 'eu-central-1', SHARED: 'platform' },
        userEnv: { MINE: 'x=1\ny', SHARED: 'user', EMPTY: '' },
      });
      const seen = JSON.parse(stdout) as { argv: string[]; env: object; files: string[] };
      expect(seen.argv).toEqual(['a b', '', '$HOME']);
      expect(seen.files).toEqual(['file']);
      expect(seen.env).toMatchObject({
        AWS_REGION: 'eu-central-1',
        SHARED: 'platform',
        MINE: 'x=1\ny',
        EMPTY: '',
      });
      const extra = ['PWD', 'OLDPWD', 'HOME', 'SHLVL', '_', 'TMPDIR', 'HEARTH_SANDBOX'];
      const names = Object.keys(seen.env).filter((each) => !extra.includes(each));
      expect(names.sort()).toEqual(['AWS_REGION', 'EMPTY', 'MINE', 'SHARED']);
    });

    test('each sandbox has a /tmp of its own that it can write', async () => {
      const script = 'ls -A "$1"; echo data > "$1/file" && cat "$1/file"';
      for (let round = 0; round < 2; round++) {
        const { stdout } = await runProgram(tested.driver, shell(script, '/tmp'));
        expect(stdout).toBe('data\n');
      }
    });

    test('opening more files than allowed fails inside with EMFILE', async () => {
      const script = `
        const fs = require('node:fs');
        let opened = 0;
        try { for (;;) { fs.openSync('/dev/null'); opened++; } }
        catch (error) { fs.writeSync(1, error.code + (opened < 256)); }`;
      const { stdout } = await runProgram(tested.driver, nodeProgram(script));
      expect(stdout).toBe('EMFILEtrue');
    });

    test('the peak of memory is that of the tree', async () => {
      const sandbox = await tested.create();
      const script =
        'global.kept = Buffer.alloc(64 << 20, 1); console.log("big"); setTimeout(() => {}, 1e6)';
      const output = await startProgram(sandbox, nodeProgram(script));
      await until(() => output.stdout() === 'big\n');
      const peak = await sandbox.memoryPeakBytes();
      expect(peak).toBeGreaterThan(64 * 1024 * 1024);
      expect(peak).toBeLessThan(256 * 1024 * 1024);
    });

    test('SIGTERM reaches the program, which may handle it', async () => {
      const sandbox = await tested.create();
      const script = `process.on('SIGTERM', () => { console.log('bye'); process.exit(7); });
        setInterval(() => {}, 1000); console.log('ready');`;
      const output = await startProgram(sandbox, nodeProgram(script));
      await until(() => output.stdout() === 'ready\n');
      sandbox.signal('SIGTERM');
      expect(await sandbox.exited).toEqual({ code: 7, signal: null, outOfMemory: false });
      expect(output.stdout()).toBe('ready\nbye\n');
    });

    test('a program that kills itself leaves its own output and no word of ours', async () => {
      const { exit, stdout, stderr } = await runProgram(
        tested.driver,
        shell('echo out; echo err >&2; kill -KILL $$'),
      );
      expect(exit).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false });
      expect({ stdout, stderr }).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    });

    test('SIGTERM ends a program that does not handle it, and SIGKILL one that ignores it', async () => {
      const polite = await tested.create();
      await startProgram(polite, { argv: ['/bin/sleep', '1000'] });
      polite.signal('SIGTERM');
      expect(await polite.exited).toEqual({ code: null, signal: 'SIGTERM', outOfMemory: false });
      const rude = await tested.create();
      const output = await startProgram(
        rude,
        shell('trap "" TERM; echo ready; while :; do sleep 1; done'),
      );
      await until(() => output.stdout() === 'ready\n');
      rude.signal('SIGTERM');
      rude.signal('SIGKILL');
      expect(await rude.exited).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false });
    });

    test('a frozen tree does nothing until it is thawed', async () => {
      const sandbox = await tested.create();
      const loop = (word: string): string => `while :; do echo ${word}; sleep 0.01; done`;
      const daemon = `setsid sh -c '${loop('daemon')}' &`;
      const script = `(${loop('child')}) & ${daemon} ${loop('parent')}`;
      const output = await startProgram(sandbox, shell(script));
      const words = ['child', 'daemon', 'parent'];
      await until(() => words.every((word) => output.stdout().includes(word)));
      await sandbox.freeze();
      await sandbox.freeze();
      // What was written before may still be on its way.
      await sleep(100);
      const frozen = output.stdout().length;
      await sleep(200);
      expect(output.stdout().length).toBe(frozen);
      await sandbox.thaw();
      await sandbox.thaw();
      await until(() => words.every((word) => output.stdout().slice(frozen).includes(word)));
    });

    test('a tree that starts programs all the time is frozen at any moment', async () => {
      const sandbox = await tested.create();
      const loop = 'while :; do /bin/true; done';
      const output = await startProgram(sandbox, shell(`${loop} & ${loop} & echo on; ${loop}`));
      await until(() => output.stdout() === 'on\n');
      for (let round = 0; round < 60; round++) {
        await sandbox.freeze();
        await sandbox.thaw();
        await sleep(round % 7);
      }
      // Two CPUs that have much else to do let it take half a minute.
    }, 120_000);

    test('destroy ends a daemon that forked twice and a program that ignores SIGTERM', async () => {
      const sandbox = await tested.create();
      const seconds = uniqueSleep();
      const script = `trap "" TERM; (setsid sh -c 'trap "" TERM; sleep ${seconds} & echo ready; wait' &) ; echo ready; sleep ${seconds}`;
      const output = await startProgram(sandbox, shell(script));
      await until(() => output.stdout() === 'ready\nready\n');
      expect(await runningOf(sandbox, seconds)).not.toEqual([]);
      await sandbox.destroy('the test says so');
      expect(await runningOf(sandbox, seconds)).toEqual([]);
      expect(await sandbox.exited).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false });
    });

    test('destroy ends a daemon that outlived the program', async () => {
      const sandbox = await tested.create();
      const seconds = uniqueSleep();
      await startProgram(sandbox, shell(`setsid sleep ${seconds} & sleep 0.1; exit 5`));
      expect(await sandbox.exited).toEqual({ code: 5, signal: null, outOfMemory: false });
      await sandbox.destroy('the test says so');
      expect(await processesWith(`sleep\0${seconds}`)).toEqual([]);
    });

    test('destroy ends a frozen tree', async () => {
      const sandbox = await tested.create();
      const seconds = uniqueSleep();
      const script = `sleep ${seconds} & echo ready; sleep ${seconds}`;
      const output = await startProgram(sandbox, shell(script));
      await until(() => output.stdout() === 'ready\n');
      // The shell says so before its children are what it starts.
      await expect.poll(() => runningOf(sandbox, seconds), { timeout: 30_000 }).not.toEqual([]);
      await sandbox.freeze();
      await sandbox.destroy('the test says so');
      expect(await runningOf(sandbox, seconds)).toEqual([]);
    });

    test('destroy is shared by all callers, and works on one that was never started', async () => {
      const sandbox = await tested.create({
        listeners: [{ name: 'runtime-api', port: 9001, onConnection: (socket) => socket.end() }],
      });
      const [first, second] = [sandbox.destroy('first'), sandbox.destroy('second')];
      expect(first).toBe(second);
      await first;
      expect(await sandbox.exited).toMatchObject({ code: null });
      await expect(startProgram(sandbox, shell('exit 0'))).rejects.toThrow(SandboxFailure);
    });

    test('an id can be used again once its sandbox is destroyed', async () => {
      for (const word of ['first', 'second']) {
        const { stdout } = await runProgram(tested.driver, shell(`echo ${word}`), { id: 'again' });
        expect(stdout).toBe(`${word}\n`);
      }
    });

    test('ten sandboxes at once start, run and end beside each other', async () => {
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          runProgram(tested.driver, shell(`echo ${index}; exit ${index}`)),
        ),
      );
      expect(all.map(({ stdout }) => stdout)).toEqual(all.map((_, index) => `${index}\n`));
      expect(all.map(({ exit }) => exit.code)).toEqual(all.map((_, index) => index));
    });

    test('a mount whose source is gone fails the start with SandboxFailure', async () => {
      const sandbox = await tested.create();
      const mounts = [
        { source: path.join(tested.folder, 'nowhere'), target: '/var/task' },
        { source: path.join(tested.folder, 'nowhere2'), target: '/var/task/a' },
      ];
      await expect(startProgram(sandbox, { ...shell('exit 0'), mounts })).rejects.toThrow(
        SandboxFailure,
      );
      await sandbox.destroy('it did not start');
    });

    test('a closed driver ends what still runs and creates nothing more', async () => {
      const other = await suite.start(path.join(tested.folder, 'other'));
      const sandbox = await other.create(sandboxRequest());
      const seconds = uniqueSleep();
      await startProgram(sandbox, { argv: ['/bin/sleep', seconds] });
      await other.close();
      expect(await processesWith(`sleep\0${seconds}`)).toEqual([]);
      await expect(other.create(sandboxRequest())).rejects.toThrow(SandboxFailure);
      expect(await readdir(path.join(tested.folder, 'other'))).toEqual([]);
    });

    test.runIf(suite.isIsolated)('two sandboxes see nothing of each other', async () => {
      const first = await tested.create();
      const seconds = uniqueSleep();
      const output = await startProgram(
        first,
        shell(`echo secret > /tmp/secret; echo ready; exec sleep ${seconds}`),
      );
      await until(() => output.stdout() === 'ready\n');
      const script =
        'ls -A /tmp; for p in /proc/[0-9]*; do tr "\\0" " " < "$p/cmdline"; done; echo; id -u';
      const { stdout } = await runProgram(tested.driver, shell(script));
      expect(stdout).not.toContain('secret');
      expect(stdout).not.toContain(seconds);
      expect(stdout.trim().split('\n').at(-1)).toBe('993');
      const [pid] = await processesWith(`sleep\0${seconds}`);
      const outside = await readFile(`/proc/${pid}/status`, 'latin1');
      const uid = Number(/^Uid:\s+(\d+)/m.exec(outside)?.[1]);
      expect(uid).toBeGreaterThan(1_000_000);
    });
  });
}
