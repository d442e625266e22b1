/**
 * Cold starts of what no booted runtime fits, from parked sandboxes, over the OCI driver: a runtime
 * of one's own, a variable that is read at the start, a wrapper, an extension. What the function
 * sees must be the same as in a sandbox that is made for it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { openInTest } from '../../../../runtimes/src/open-in-test.ts';
import type { FunctionVersion } from '../../core/function-version.ts';
import type { InvokerSettings } from '../../invoke/start-invoker.ts';
import { createLogger } from '../../lib/logger.ts';
import type { SandboxDriver } from '../../sandbox/driver.ts';
import { findCgroups } from '../../sandbox/oci/cgroup-layout.ts';
import { startOciDriver } from '../oci-drivers.testsuite.ts';
import {
  jsonOf,
  parkedIsReady,
  refusalsThrow,
  startStage,
  until,
  type Stage,
} from '../stage.testsuite.ts';

/** A runtime of a user's own; it answers what it sees. */
const BOOTSTRAP = `#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
def read(path):
    with open(path) as file:
        return file.read()
while True:
    with urllib.request.urlopen(api + "next") as event:
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    mounts = [line.split(" ") for line in open("/proc/self/mountinfo")]
    body = {
        "env": dict(os.environ), "cwd": os.getcwd(), "files": sorted(os.listdir(".")),
        "temporary": os.listdir("/tmp"), "opt": sorted(os.listdir("/opt")),
        "mounts": sorted([m[4], m[5]] for m in mounts), "init": read("/proc/1/cmdline"),
        "limits": read("/proc/self/limits"), "groups": read("/proc/self/cgroup"),
    }
    answer = urllib.request.Request(api + request + "/response", json.dumps(body).encode())
    urllib.request.urlopen(answer).read()
`;
const NODE = `exports.handler = async () => ({ env: process.env, arguments: process.argv });`;
const WRAPPER = '#!/bin/sh\nexport WRAPPED="$1"\nexec "$@"\n';

function sharesOfCpus(): {
  readonly tree: string;
  readonly weight: { readonly file: string; readonly ofOneCpu: number };
} {
  const layout = findCgroups(readFileSync('/proc/self/mountinfo', 'utf8'));
  return layout.version === 1
    ? { tree: layout.cpu, weight: { file: 'cpu.shares', ofOneCpu: 1_024 } }
    : { tree: layout.root, weight: { file: 'cpu.weight', ofOneCpu: 100 } };
}

describe('parked sandboxes', () => {
  let folder: string;
  let driver: SandboxDriver;
  let runtimes: RuntimeCatalogue;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hearth-parked-'));
    await chmod(folder, 0o755);
    for (const [name, text] of [
      ['own/bootstrap', BOOTSTRAP],
      ['node/index.js', NODE],
      ['node/wrapper', WRAPPER],
    ] as const) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text, { mode: 0o755 });
    }
    const extensions = path.join(folder, 'layer/extensions');
    await mkdir(extensions, { recursive: true });
    const source = path.join(import.meta.dirname, '../fixtures/extensions/python-extension');
    await copyFile(source, path.join(extensions, 'observes'));
    await chmod(path.join(extensions, 'observes'), 0o755);
    runtimes = await openInTest();
    driver = await startOciDriver(path.join(folder, 'sandboxes'), refusalsThrow);
  });

  afterAll(async () => {
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function withStage(
    settings: Partial<InvokerSettings>,
    act: (stage: Stage) => Promise<void>,
  ): Promise<void> {
    // Deaths in the pool are warned of, and here they are wanted.
    const logger = createLogger(() => {}, 'error');
    const stage = await startStage(driver, folder, { runtimes, settings, logger });
    try {
      await act(stage);
    } finally {
      await stage.invoker.close();
    }
    expect([...stage.sandboxes, ...stage.pooled], 'sandboxes left after close').toEqual([]);
  }

  function versionOf({ version }: Stage, changes: Partial<FunctionVersion>): FunctionVersion {
    const own = { runtime: 'provided.al2023', code: { sha256: 'own', sizeBytes: 1 } };
    return version('index.handler', { name: 'sees', timeoutSeconds: 30, ...own, ...changes });
  }

  function fromPool({ sandboxes }: Stage): readonly boolean[] {
    return [...sandboxes].map(({ id }) => id.startsWith('pool-'));
  }

  const layers = [{ arn: 'layer', code: { sha256: 'layer', sizeBytes: 1 } }];
  const node = { runtime: 'nodejs26.x', code: { sha256: 'node', sizeBytes: 1 } };
  const variables = { PS1: '> ', UMLAUT: 'ü "quoted" \n line', EMPTY: '', PWD: '/elsewhere' };

  test.each<[string, Partial<FunctionVersion>]>([
    ['a runtime of its own', { environment: variables }],
    ['much memory', { memoryMib: 4_000 }],
    ['the least memory', { memoryMib: 128 }],
    ['an extension', { layers }],
    [
      'a variable that is read at the start',
      { ...node, environment: { NODE_OPTIONS: '--no-warnings' } },
    ],
    ['a wrapper', { ...node, environment: { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper' } }],
  ])('a function with %s sees the same, parked ahead or not', async (_, changes) => {
    const seen: unknown[] = [];
    for (const parked of [0, 2]) {
      await withStage({ parked }, async (stage) => {
        if (parked > 0 && changes.layers !== undefined) await haveBesides(stage);
        const text = JSON.stringify(jsonOf(await stage.invoke(versionOf(stage, changes))));
        expect(fromPool(stage)).toEqual([parked > 0]);
        const ids = [...stage.sandboxes].map(({ id }) => id);
        seen.push(
          JSON.parse(
            text
              .replaceAll(/\[\$LATEST\][0-9a-f]{32}/g, 'STREAM')
              .replaceAll(/(METADATA_TOKEN\W{1,6})[0-9a-f]{64}/g, '$1TOKEN')
              .replaceAll(/Root=1-[^";]*;Parent=[0-9a-f]{16}/g, 'TRACE')
              .replaceAll(ids[0] ?? '', 'ID'),
          ),
        );
      });
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  /** The first start with an extension makes it known that there are functions with one. */
  async function haveBesides(stage: Stage): Promise<void> {
    await stage.invoke(versionOf(stage, { layers, name: 'first' }));
    stage.invoker.retire('arn:aws:lambda:eu-west-1:000000000000:function:first', 'none');
    await until(() => stage.sandboxes.size === 0 && stage.invoker.snapshot().parked.ready === 4);
  }

  test.each([128, 4_000])(
    'a function of %i MB has its share of the CPUs once it has started',
    (memoryMib) =>
      withStage({ parked: 2 }, async (stage) => {
        await parkedIsReady(stage.invoker);
        await stage.invoke(versionOf(stage, { memoryMib }));
        const [sandbox] = stage.sandboxes;
        const { tree, weight } = sharesOfCpus();
        const owner = readdirSync(tree).find((name) =>
          existsSync(path.join(tree, name, sandbox?.id ?? 'none')),
        );
        const read = (file: string): number =>
          Number(readFileSync(path.join(tree, owner ?? '', sandbox?.id ?? '', file), 'latin1'));
        // It gave way while it started.
        expect(read('cpu.idle')).toBe(0);
        expect(read(weight.file)).toBe(Math.round((weight.ofOneCpu * memoryMib) / 1_769));
      }),
  );

  test('one that was killed while it waited is replaced, and never given out', () =>
    withStage({ parked: 2 }, async (stage) => {
      const { invoker, pooled } = stage;
      await until(() => invoker.snapshot().parked.ready === 2);
      const first = [...pooled];
      for (const sandbox of first) sandbox.signal('SIGKILL');
      await Promise.all(first.map(({ exited }) => exited));
      await until(() => first.every((each) => !pooled.has(each)));
      await parkedIsReady(invoker);
      const answer = jsonOf(await stage.invoke(versionOf(stage, {})));
      expect(answer).toMatchObject({ cwd: '/var/task', files: ['bootstrap'] });
      expect(fromPool(stage)).toEqual([true]);
      expect(invoker.snapshot().platformFaults).toBe(0);
    }));

  test('a /tmp of another size has a sandbox of its own', () =>
    withStage({ parked: 1 }, async (stage) => {
      await stage.invoke(versionOf(stage, { ephemeralMib: 1_024 }));
      expect(fromPool(stage)).toEqual([false]);
      expect(stage.invoker.snapshot().parked).toMatchObject({ ready: 1, booting: 0 });
    }));

  test('booted runtimes are made of them', () =>
    withStage({ parked: 1, bootedOfEach: 1 }, async ({ invoker, pooled }) => {
      await until(() => invoker.snapshot().parked.ready === 1);
      const [waiting] = [...pooled];
      invoker.expect({ runtime: 'nodejs26.x' });
      await until(() => (invoker.snapshot().pool['nodejs26.x']?.ready ?? 0) === 1);
      await until(() => invoker.snapshot().parked.ready === 1);
      expect(pooled.has(waiting!)).toBe(true);
      expect(pooled.size).toBe(2);
    }));

  test('where memory is scarce none waits, and functions start as without', () => {
    let budgetMib = 100;
    return withStage({ parked: 2, poolBudgetMib: () => budgetMib }, async (stage) => {
      await until(() => stage.invoker.snapshot().parked.ready === 2);
      budgetMib = 0;
      await until(() => stage.pooled.size === 0);
      expect(stage.invoker.snapshot().parked).toMatchObject({ ready: 0, booting: 0, wanted: 0 });
      expect(jsonOf(await stage.invoke(versionOf(stage, {})))).toMatchObject({ cwd: '/var/task' });
      expect(fromPool(stage)).toEqual([false]);
    });
  });
});
