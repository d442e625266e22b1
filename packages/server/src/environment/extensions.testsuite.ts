/** Extensions in the life of an environment, over a sandbox driver. */
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import type { InvokerSettings } from '../invoke/start-invoker.ts';
import {
  jsonOf,
  refusalsThrow,
  requestIdOf,
  startStage,
  tailOf,
  type Stage,
} from './stage.testsuite.ts';

export function extensionsSuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  suiteSettings: Partial<InvokerSettings> = {},
): void {
  describe(`extensions over ${name}`, () => {
    let folder: string;
    let driver: SandboxDriver;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-extensions-'));
      await chmod(folder, 0o755);
      await mkdir(path.join(folder, 'code'));
      await copyFile(
        path.join(import.meta.dirname, 'fixtures/behaviours.mjs'),
        path.join(folder, 'code/behaviours.mjs'),
      );
      driver = await startDriver(path.join(folder, 'sandboxes'), refusalsThrow);
    });

    afterAll(async () => {
      await driver.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function withStage(
      act: (stage: Stage) => Promise<void>,
      settings: Partial<InvokerSettings> = {},
    ): Promise<void> {
      const all = { ...suiteSettings, ...settings };
      const stage = await startStage(driver, folder, { settings: all });
      try {
        await act(stage);
      } finally {
        await stage.invoker.close();
      }
      expect(stage.sandboxes.size, 'sandboxes left after close').toBe(0);
    }

    /** A layer with one extension of each name. */
    async function layerOf(...names: readonly string[]): Promise<Partial<FunctionVersion>> {
      const sha256 = `layer-${names.join('-')}`;
      const place = path.join(folder, sha256, 'extensions');
      await mkdir(place, { recursive: true });
      for (const each of names) {
        const source = each === 'compiled' ? 'compiled-extension.c' : 'python-extension';
        const from = path.join(import.meta.dirname, 'fixtures/extensions', source);
        const to = path.join(place, each);
        if (each === 'compiled') execFileSync('gcc', ['-o', to, from]);
        else await copyFile(from, to);
        await chmod(to, each === 'cannot-be-executed' ? 0o644 : 0o755);
      }
      return { layers: [{ arn: 'arn', code: { sha256, sizeBytes: 1 } }] };
    }

    const textOf = ({ lines }: Stage): string => lines.map(({ message }) => message).join('');

    describe('of their own', () => {
      test('run before the runtime, see every invocation, and are told of the end', async () => {
        const layer = await layerOf('compiled', 'observes');
        let text = '';
        await withStage(async (stage) => {
          const { invoke, version, invoker } = stage;
          const environment = { MINE: 'yes', _HIDDEN: 'no' };
          const echoes = version('echoes', { ...layer, environment, timeoutSeconds: 30 });
          const first = await invoke(echoes, 1, true);
          expect(jsonOf(first)).toBe(1);
          const tail = tailOf(first);
          expect(tail).toContain(`observes saw INVOKE ${requestIdOf(first)}\n`);
          expect(tail).toContain('compiled saw INVOKE\n');
          expect(jsonOf(await invoke(echoes, 2))).toBe(2);
          await invoker.close();
          text = textOf(stage);
        });
        expect(text).toContain('observes registered for echoes $LATEST\n');
        expect(text.match(/EXTENSION\tName: .*/g)).toEqual([
          'EXTENSION\tName: compiled\tState: Ready\tEvents: [INVOKE, SHUTDOWN]',
          'EXTENSION\tName: observes\tState: Ready\tEvents: [INVOKE, SHUTDOWN]',
        ]);
        expect(text.match(/compiled saw \w+/g)).toEqual([
          'compiled saw INVOKE',
          'compiled saw INVOKE',
          'compiled saw SHUTDOWN',
        ]);
        expect(text).toContain('observes saw SHUTDOWN spindown\n');
        const variables = JSON.parse(/observes variables (.*)/.exec(text)![1]!);
        expect(variables).toMatchObject({
          MINE: 'yes',
          AWS_LAMBDA_FUNCTION_NAME: 'echoes',
          AWS_ACCESS_KEY_ID: 'ASIATEST',
        });
        const hidden = ['_HIDDEN', '_HANDLER', 'AWS_EXECUTION_ENV', 'LAMBDA_TASK_ROOT'];
        for (const each of hidden) expect(variables).not.toHaveProperty(each);
      });

      test('that crash take the invocation along, and the next one starts them again', async () => {
        const layer = await layerOf('crashes-on-invoke', 'observes');
        await withStage(async (stage) => {
          const { invoke, version, invoker } = stage;
          const sleeps = version('sleeps', { ...layer, timeoutSeconds: 30 });
          for (let each = 0; each < 2; each++) {
            const result = await invoke(sleeps, { ms: 100_000 }, true);
            expect(jsonOf(result)).toEqual({
              errorType: 'Extension.Crash',
              errorMessage: `RequestId: ${requestIdOf(result)} Error: exit status 3`,
            });
            expect(tailOf(result)).toContain('Status: error\tError Type: Extension.Crash');
          }
          await invoker.close();
          expect(textOf(stage).match(/observes saw SHUTDOWN failure/g)).toHaveLength(2);
          expect(textOf(stage).match(/INIT_START/g)).toHaveLength(1);
        });
      });

      test.for([
        ['exits-at-once', 'Extension.Crash', 'exit status 4'],
        ['fails-in-init', 'Extension.InitError', 'exit status 6'],
        [
          'cannot-be-executed',
          'Extension.LaunchError',
          'fork/exec /opt/extensions/cannot-be-executed: permission denied',
        ],
      ] as const)('in which one %s fail the init as %s', async ([extension, errorType, words]) => {
        const layer = await layerOf(extension);
        await withStage(async (stage) => {
          const { invoke, version, invoker } = stage;
          const result = await invoke(version('echoes', { ...layer, timeoutSeconds: 30 }), 1, true);
          expect(jsonOf(result)).toEqual({
            errorType,
            errorMessage: `RequestId: ${requestIdOf(result)} Error: ${words}`,
          });
          await invoker.close();
          expect(textOf(stage)).toMatch(
            new RegExp(`INIT_REPORT .*\tPhase: init\tStatus: error\tError Type: ${errorType}\n`),
          );
          expect(textOf(stage)).toMatch(new RegExp(`EXTENSION\tName: ${extension}\tState: `));
        });
      });

      test('of which one never registers use up the time for init', async () => {
        const layer = await layerOf('never-registers');
        await withStage(
          async ({ invoke, version }) => {
            const result = await invoke(version('echoes', { ...layer, timeoutSeconds: 1 }));
            expect(jsonOf(result).errorType).toBe('Sandbox.Timedout');
          },
          { initTimeoutMs: 300 },
        );
      });

      test('that are slow are told of the timeout, and killed where they ignore it', async () => {
        const layer = await layerOf('ignores-shutdown', 'is-slow', 'observes');
        await withStage(async (stage) => {
          const { invoke, version, sandboxes, invoker } = stage;
          const echoes = version('echoes', { ...layer, timeoutSeconds: 2 });
          const result = await invoke(echoes, 5, true);
          // The answer was there in time; what followed it was not.
          expect(jsonOf(result)).toBe(5);
          expect(tailOf(result)).toMatch(/\tStatus: timeout\n$/);
          expect(sandboxes.size).toBe(0);
          await invoker.close();
          expect(textOf(stage)).toContain('observes saw SHUTDOWN timeout\n');
          expect(textOf(stage)).toContain('ignores-shutdown saw SHUTDOWN timeout\n');
        });
      });
    });

    describe('inside the runtime', () => {
      test('prolong the invocation, not the answer', () =>
        withStage(async ({ invoke, version }) => {
          const result = await invoke(version('has-an-internal-extension'), { a: 1 }, true);
          expect(jsonOf(result)).toEqual({ a: 1 });
          expect(tailOf(result)).toMatch(/extension saw INVOKE\nEND /);
        }));

      test('that give up take the invocation along, under their own name', () =>
        withStage(async ({ invoke, version }) => {
          const result = await invoke(version('has-an-extension-that-gives-up'), {}, true);
          expect(jsonOf(result)).toMatchObject({
            errorType: 'Extension.ExitError',
            errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 5$/),
          });
          expect(tailOf(result)).toContain('Status: error\tError Type: Extension.ExitError');
        }));
    });
  });
}
