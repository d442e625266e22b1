/** The real bootstraps in real environments: what a user sees of them in answers and logs. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { canBootAhead } from '../core/boots-ahead.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import type { Logger } from '../lib/logger.ts';
import { openInTest, sampleFunctions } from '../../../runtimes/src/open-in-test.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { hasLocalListeners } from '../../../testkit/src/has-local-listeners.ts';
import {
  jsonOf,
  poolIsReady,
  refusalsThrow,
  startStage,
  tailOf,
  type Stage,
  type StageOptions,
} from './stage.testsuite.ts';

export function managedRuntimesSuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  settings: StageOptions['settings'] = {},
): void {
  describe(`managed runtimes over ${name}`, () => {
    let folder: string;
    let driver: SandboxDriver;
    let runtimes: RuntimeCatalogue;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-managed-'));
      driver = await startDriver(folder, refusalsThrow);
      runtimes = await openInTest();
    });

    afterAll(async () => {
      await driver.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function withFunction(
      runtime: string,
      code: string,
      handler: string,
      act: (stage: Stage, version: FunctionVersion) => Promise<void>,
    ): Promise<void> {
      const stage = await startStage(driver, sampleFunctions, { runtimes, settings });
      try {
        const isPooled = (settings.bootedOfEach ?? 0) > 0 && canBootAhead(runtime);
        if (isPooled) await poolIsReady(stage.invoker, runtime);
        const changes = { runtime, code: { sha256: code, sizeBytes: 1 }, memoryMib: 1769 };
        await act(stage, stage.version(handler, { ...changes, timeoutSeconds: 30 }));
      } finally {
        await stage.invoker.close();
      }
    }

    test('Node prints through the console, with the request id', () =>
      withFunction(
        'nodejs26.x',
        'nodejs-cjs',
        'prints.handler',
        async ({ invoke, lastRequestId }, version) => {
          const result = await invoke(version, {}, true);
          expect(result.functionError).toBeUndefined();
          expect(tailOf(result)).toContain(`\t${lastRequestId()}\tINFO\t`);
        },
      ));

    test('an error that Node throws is answered with its trace', () =>
      withFunction('nodejs26.x', 'nodejs-cjs', 'throws.handler', async ({ invoke }, version) => {
        const result = await invoke(version, {}, true);
        expect(result.functionError).toBe('Unhandled');
        expect(jsonOf(result)).toMatchObject({
          errorType: expect.any(String),
          trace: expect.any(Array),
        });
        expect(tailOf(result)).toContain('\tERROR\tInvoke Error \t{');
      }));

    test('a module that throws in Node fails the init', () =>
      withFunction(
        'nodejs26.x',
        'nodejs-cjs',
        'throws-in-init.handler',
        async ({ invoke }, version) => {
          const result = await invoke(version, {}, true);
          expect(result.functionError).toBe('Unhandled');
          expect(jsonOf(result)).toHaveProperty('errorMessage');
          expect(tailOf(result)).toContain('\tStatus: error\tError Type: ');
        },
      ));

    test.for([
      ['nodejs26.x', 'nodejs-cjs', 'lists-local-sockets.handler'],
      ['python3.11', 'python', 'lists_local_sockets.handler'],
    ] as const)(
      '%s speaks to the Runtime API by its local name where there is one',
      async ([runtime, code, handler], { skip }) => {
        if (driver.isolation === 'process' || !hasLocalListeners()) skip('TCP is all there is');
        await withFunction(runtime, code, handler, async ({ invoke }, version) => {
          expect(jsonOf(await invoke(version))).toEqual(['@169.254.100.1:9001']);
        });
      },
    );

    test('Python prints and answers', () =>
      withFunction('python3.11', 'python', 'prints.handler', async ({ invoke }, version) => {
        const result = await invoke(version, {}, true);
        expect(result.functionError).toBeUndefined();
        expect(tailOf(result).split('\n').length).toBeGreaterThan(4);
      }));

    test('an error that Python raises is one log event of several lines', () =>
      withFunction(
        'python3.11',
        'python',
        'throws.handler',
        async ({ invoke, invoker, lines }, version) => {
          const result = await invoke(version);
          expect(jsonOf(result)).toMatchObject({ stackTrace: expect.any(Array) });
          await invoker.close();
          const logged = lines.map(({ message }) => message);
          const error = logged.find((message) => message.startsWith('[ERROR]'));
          expect(error).toMatch(/^\[ERROR\] .*\nTraceback \(most recent call last\):\n/);
          expect(error).not.toContain('\r');
        },
      ));

    for (const [runtime, code] of [
      ['nodejs26.x', 'nodejs-cjs'],
      ['python3.11', 'python'],
    ] as const) {
      test(`${runtime} finds the libraries and programs of a layer`, () =>
        withFunction(runtime, code, 'uses_a_layer.handler', async ({ invoke }, version) => {
          const layer = await makeLayer(folder);
          const sha256 = path.relative(sampleFunctions, layer);
          const layers = [{ arn: 'layer', code: { sha256, sizeBytes: 1 } }];
          expect(jsonOf(await invoke({ ...version, layers }))).toEqual(['a library', 'a program']);
        }));
    }

    test('a shell script is a runtime', () =>
      withFunction('provided.al2023', 'shell/echoes', 'any', async ({ invoke }, version) => {
        const result = await invoke(version, { a: 1 });
        expect(jsonOf(result)).toEqual({ event: { a: 1 }, handler: 'any' });
        expect((await invoke(version, { b: 2 })).functionError).toBeUndefined();
      }));
  });
}

async function makeLayer(folder: string): Promise<string> {
  const layer = path.join(folder, 'layer');
  const files = {
    'nodejs/node_modules/layered.js': "module.exports = 'a library';",
    'python/layered.py': "word = 'a library'",
    'bin/layered': '#!/bin/sh\nprintf "a program"\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(layer, name)), { recursive: true });
    await writeFile(path.join(layer, name), text, { mode: 0o755 });
  }
  return layer;
}
