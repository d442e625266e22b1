/**
 * Booted runtimes as a function meets them: the real bootstraps, over the OCI driver. What a
 * function can see of its process must be the same whether it was started for it or before it.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { openInTest } from '../../../../runtimes/src/open-in-test.ts';
import type { FunctionVersion } from '../../core/function-version.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/logger.ts';
import { startSandboxDriver } from '../../sandbox/choose-driver.ts';
import type { SandboxDriver } from '../../sandbox/driver.ts';
import {
  jsonOf,
  poolIsReady,
  refusalsThrow,
  startStage,
  until,
  type Stage,
} from '../stage.testsuite.ts';

const NODE = `
const fs = require('node:fs');
const { request } = require('node:http');
const atInit = JSON.stringify(process.env);
const lines = (file) => fs.readFileSync(file, 'utf8').trim().split('\\n');
const attempt = (action) => { try { action(); return 'done'; } catch (error) { return error.code; } };
const ask = (path) => new Promise((resolve, reject) => {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  request({ host, port, path }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk)).on('end', () => resolve([response.statusCode, text]));
  }).on('error', reject).end();
});
exports.handler = async () => ({
  env: process.env,
  envAtInit: JSON.parse(atInit),
  child: require('node:child_process').execFileSync('/usr/bin/env', { encoding: 'utf8' }).trim().split('\\n').sort(),
  mounts: lines('/proc/self/mountinfo').map((line) => line.split(' ')).filter((f) => f[4] === '/var/task').map((f) => f[5]),
  targets: lines('/proc/self/mountinfo').map((line) => line.split(' ')[4]).sort(),
  files: fs.readdirSync('.').sort(),
  writes: attempt(() => fs.writeFileSync('/var/task/open-to-all', 'x')),
  makes: attempt(() => fs.mkdirSync('/var/task/new')),
  cwd: process.cwd(),
  argv: process.argv, execArgv: process.execArgv, argv0: process.argv0, title: process.title,
  cmdline: fs.readFileSync('/proc/self/cmdline', 'utf8'),
  ids: [process.getuid(), process.getgid(), process.getgroups(), process.pid, process.ppid],
  limits: lines('/proc/self/limits'),
  status: lines('/proc/self/status').filter((line) => /^(Cap|NoNewPrivs|Seccomp:|Umask)/.test(line)),
  owner: [fs.statSync('/var/task').uid, fs.statSync('index.js').mode],
  fds: fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd).replace(/\\d+/g, '#'); } catch { return 'gone'; } }).sort(),
  cached: Object.keys(require.cache).sort(),
  paths: module.paths, mainFile: require.main?.filename,
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort(),
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  symbols: Object.getOwnPropertySymbols(globalThis).map(String).sort(),
  heap: require('node:v8').getHeapStatistics().heap_size_limit,
  cpus: require('node:os').availableParallelism(), host: require('node:os').hostname(),
  temporary: fs.readdirSync('/tmp'),
  assignment: await ask('/hearth/assignment'), unknown: await ask('/hearth/other'),
});
`;

const PYTHON = `
import os, sys, logging, subprocess, urllib.request, urllib.error
at_init = dict(os.environ)
def ask(path):
    try:
        return urllib.request.urlopen("http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + path).status
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode()]
def attempt(path):
    try:
        open(path, "w")
        return "done"
    except OSError as error:
        return error.errno
def handler(event, context):
    mounts = [line.split(" ") for line in open("/proc/self/mountinfo")]
    return {
        "env": dict(os.environ), "envAtInit": at_init,
        "child": sorted(subprocess.check_output(["/usr/bin/env"], text=True).split("\\n")),
        "mounts": [m[5] for m in mounts if m[4] == "/var/task"],
        "targets": sorted(m[4] for m in mounts),
        "files": sorted(os.listdir(".")), "cwd": os.getcwd(),
        "writes": attempt("/var/task/open-to-all"),
        "argv": sys.argv, "orig": getattr(sys, "orig_argv", None), "flags": str(sys.flags), "path": sys.path,
        "ids": [os.getuid(), os.getgid(), os.getgroups(), os.getpid(), os.getppid()],
        "handlers": [type(h).__name__ for h in logging.getLogger().handlers],
        "main": sorted(vars(sys.modules["__main__"])),
        "encodings": [sys.getfilesystemencoding(), sys.stdout.encoding],
        "context": {k: v for k, v in vars(context).items() if isinstance(v, str) and k != "aws_request_id"},
        "assignment": ask("/hearth/assignment"), "unknown": ask("/hearth/other"),
    }
`;

/** The addon says that it is none, once the loader has found it. */
const USES_LAYER = `
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { library } = require('of-layer');
const found = () => {
  try { process.dlopen({ exports: {} }, 'libanswer.so'); } catch ({ message }) { return message; }
};
exports.handler = async () => ({
  library,
  imported: (await import('of-layer')).library,
  program: execFileSync('layer-tool', { encoding: 'utf8' }).trim(),
  shared: /cannot open/.test(found()) ? 'not found' : 42,
  mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').map((line) => line.split(' ')).filter((f) => f[4] === '/opt').map((f) => f[5]),
});
`;
const USES_LAYER_PYTHON = `
import ctypes, subprocess
from of_layer import library
def handler(event, context):
    return {
        "library": library,
        "program": subprocess.check_output(["layer-tool"], text=True).strip(),
        "shared": ctypes.CDLL("libanswer.so").answer(),
        "mounts": [line.split(" ")[5] for line in open("/proc/self/mountinfo") if line.split(" ")[4] == "/opt"],
    }
`;

async function makeLayer(layer: string): Promise<void> {
  const files = {
    'nodejs/node_modules/of-layer/index.js': "exports.library = 'of the layer';",
    'python/of_layer.py': "library = 'of the layer'",
    'bin/layer-tool': '#!/bin/sh\necho ran\n',
    'lib/answer.c': 'int answer(void) { return 42; }',
  };
  for (const [name, text] of Object.entries(files)) {
    const place = path.join(layer, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, text, { mode: 0o755 });
  }
  const source = path.join(layer, 'lib/answer.c');
  const library = path.join(layer, 'lib/libanswer.so');
  execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source]);
}

/** Slowly enough that two of them run at the same time. */
const answers = (word: string): string =>
  `exports.handler = () => new Promise((resolve) => setTimeout(resolve, 100, '${word}'));`;

describe('booted runtimes', () => {
  let folder: string;
  let driver: SandboxDriver;
  let runtimes: RuntimeCatalogue;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hearth-pool-'));
    await makeLayer(path.join(folder, 'layer'));
    for (const [name, file, text] of [
      ['uses-layer', 'index.js', USES_LAYER],
      ['uses-layer-py', 'index.py', USES_LAYER_PYTHON],
      ['node', 'index.js', NODE],
      ['python', 'index.py', PYTHON],
      ['old', 'index.js', answers('old')],
      ['new', 'index.js', answers('new')],
    ] as const) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, file), text);
      const open = path.join(folder, name, 'open-to-all');
      await writeFile(open, 'mine');
      await chmod(open, 0o666);
      await chmod(path.join(folder, name), 0o777);
    }
    await chmod(folder, 0o755);
    runtimes = await openInTest();
    ({ driver } = await startSandboxDriver({
      isolation: 'oci',
      ociRuntime: 'auto',
      isLoopbackOnly: true,
      folder: path.join(folder, 'sandboxes'),
      clock: systemClock,
      logger: refusalsThrow,
    }));
  });

  afterAll(async () => {
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function withStage(
    bootedOfEach: number,
    act: (stage: Stage) => Promise<void>,
    settings: { readonly reuse?: 'never' } = {},
  ): Promise<void> {
    const stage = await startStage(driver, folder, {
      runtimes,
      settings: { bootedOfEach, ...settings },
      // Deaths in the pool are warned of, and here they are wanted.
      logger: createLogger(() => {}, 'error'),
    });
    try {
      await act(stage);
    } finally {
      await stage.invoker.close();
    }
    expect([...stage.sandboxes, ...stage.pooled], 'sandboxes left after close').toEqual([]);
  }

  function change(code: string, more: Partial<FunctionVersion> = {}): Partial<FunctionVersion> {
    return { name: 'sees', memoryMib: 1_769, code: { sha256: code, sizeBytes: 1 }, ...more };
  }

  function isFromPool({ sandboxes }: Stage): boolean {
    return [...sandboxes].every(({ id }) => id.startsWith('pool-'));
  }

  async function seenBy(
    bootedOfEach: number,
    code: string,
    more: Partial<FunctionVersion>,
  ): Promise<Record<string, unknown>> {
    let seen: Record<string, unknown> = {};
    await withStage(bootedOfEach, async (stage) => {
      const { invoke, invoker, version } = stage;
      const sees = version('index.handler', change(code, more));
      if (bootedOfEach > 0) await poolIsReady(invoker, sees.runtime);
      const text = JSON.stringify(jsonOf(await invoke(sees)));
      expect(isFromPool(stage)).toBe(bootedOfEach > 0);
      // What is made for each environment anew.
      seen = JSON.parse(
        text
          .replaceAll(/\[\$LATEST\][0-9a-f]{32}/g, 'STREAM')
          .replaceAll(/(METADATA_TOKEN\W{1,6})[0-9a-f]{64}/g, '$1TOKEN')
          .replaceAll(/Root=1-[^";]*;Parent=[0-9a-f]{16}/g, 'TRACE'),
      ) as Record<string, unknown>;
    });
    return seen;
  }

  const USER_VARIABLES = { TABLE: 'orders', EMPTY: '', UMLAUT: 'ü "quoted" \n line', _X: 'y' };

  for (const [runtime, code] of [
    ['nodejs26.x', 'node'],
    ['python3.11', 'python'],
  ] as const) {
    test(`a function of ${runtime} sees the same process whether it was booted ahead or not`, async () => {
      for (const more of [
        { environment: USER_VARIABLES },
        { logging: { format: 'JSON', group: '/aws/lambda/sees' } as const, memoryMib: 128 },
      ]) {
        const fresh = await seenBy(0, code, { runtime, ...more });
        const booted = await seenBy(1, code, { runtime, ...more });
        expect(booted).toEqual(fresh);
        expect(booted['mounts']).toEqual([expect.stringMatching(/^ro,nosuid,nodev/)]);
        expect(booted['assignment']).toEqual(booted['unknown']);
      }
      expect(await readFile(path.join(folder, code, 'open-to-all'), 'utf8')).toBe('mine');
    });
  }

  for (const [runtime, code] of [
    ['nodejs26.x', 'uses-layer'],
    ['python3.11', 'uses-layer-py'],
  ] as const) {
    test(`a function of ${runtime} finds the libraries and programs of its layer, booted ahead or not`, async () => {
      const layers = [{ arn: 'l', code: { sha256: 'layer', sizeBytes: 1 } }];
      for (const bootedOfEach of [0, 1]) {
        const seen = await seenBy(bootedOfEach, code, { runtime, layers });
        if (code === 'uses-layer') expect(seen['imported']).toBe('of the layer');
        expect(seen).toMatchObject({ library: 'of the layer', program: 'ran', shared: 42 });
        expect(seen['mounts']).toEqual([expect.stringMatching(/^ro,nosuid,nodev/)]);
      }
    });
  }

  test('what reads its settings at its start is started for itself', () =>
    withStage(1, async (stage) => {
      await poolIsReady(stage.invoker, 'nodejs26.x');
      const environment = { NODE_OPTIONS: '--no-deprecation' };
      await stage.invoke(stage.version('index.handler', change('old', { environment })));
      expect([...stage.sandboxes].some(({ id }) => id.startsWith('pool-'))).toBe(false);
      expect(stage.invoker.snapshot().pool['nodejs26.x']).toMatchObject({ ready: 1, booting: 0 });
    }));

  test('the log begins with INIT_START and has nothing of what came before the function', () =>
    withStage(1, async (stage) => {
      await poolIsReady(stage.invoker, 'nodejs26.x');
      await stage.invoke(stage.version('index.handler', change('old')));
      expect(isFromPool(stage)).toBe(true);
      await stage.invoker.close();
      expect(stage.lines.map(({ message }) => message.split(' ')[0])).toEqual([
        'INIT_START',
        'START',
        'END',
        'REPORT',
      ]);
      expect(stage.lines.at(-1)?.message).toMatch(
        /Memory Size: 1769 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms/,
      );
    }));

  test('no two environments share one, neither at once nor one after the other', () =>
    withStage(
      3,
      async (stage) => {
        const { invoke, version, invoker, sandboxes } = stage;
        const given: string[] = [];
        for (let round = 0; round < 3; round += 1) {
          invoker.expect({ runtime: 'nodejs26.x' });
          await until(() => (invoker.snapshot().pool['nodejs26.x']?.ready ?? 0) >= 2);
          const results = ['old', 'new'].map((name) =>
            invoke(version('index.handler', { ...change(name), name })),
          );
          await until(() => sandboxes.size === 2);
          given.push(...[...sandboxes].map(({ id }) => id));
          expect((await Promise.all(results)).map((each) => jsonOf(each))).toEqual(['old', 'new']);
          await until(() => sandboxes.size === 0);
        }
        expect(given.every((id) => id.startsWith('pool-'))).toBe(true);
        expect(new Set(given).size).toBe(6);
      },
      { reuse: 'never' },
    ));

  test('an update is served by new code, from the pool as well', () =>
    withStage(2, async (stage) => {
      const { invoke, invoker, version } = stage;
      await poolIsReady(invoker, 'nodejs26.x');
      const old = version('index.handler', change('old'));
      expect(jsonOf(await invoke(old))).toBe('old');
      await poolIsReady(invoker, 'nodejs26.x');
      const updated = version('index.handler', change('new', { incarnation: 'two' }));
      invoker.retire(`arn:aws:lambda:${old.region}:${old.account}:function:${old.name}`, 'two');
      expect(jsonOf(await invoke(updated))).toBe('new');
      expect(isFromPool(stage)).toBe(true);
    }));

  test('one that is killed in the pool is replaced, and never given out', () =>
    withStage(2, async (stage) => {
      const { invoke, invoker, version, pooled } = stage;
      invoker.expect({ runtime: 'nodejs26.x' });
      const ready = (): number => invoker.snapshot().pool['nodejs26.x']?.ready ?? 0;
      await until(() => ready() === 2);
      const first = [...pooled];
      for (const sandbox of first) sandbox.signal('SIGKILL');
      await Promise.all(first.map(({ exited }) => exited));
      await until(() => ready() === 2 && first.every((each) => !pooled.has(each)));
      expect(jsonOf(await invoke(version('index.handler', change('old'))))).toBe('old');
      expect(invoker.snapshot().platformFaults).toBe(0);
    }));

  test('one whose process was killed from outside is replaced as well', () =>
    withStage(1, async ({ invoker, pooled }) => {
      await poolIsReady(invoker, 'nodejs26.x');
      const [first] = [...pooled];
      const pids = pidsOf(first?.id ?? 'none');
      expect(pids.length).toBeGreaterThan(0);
      // By their ids, and only those of this sandbox.
      for (const pid of pids) killIfThere(pid);
      await first?.exited;
      await until(() => first !== undefined && !pooled.has(first));
      await poolIsReady(invoker, 'nodejs26.x');
    }));
});

/** The end of a sandbox's first process is that of the others, at once. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes in the control groups of one sandbox of this test. */
function pidsOf(sandboxId: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${sandboxId}\n`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
