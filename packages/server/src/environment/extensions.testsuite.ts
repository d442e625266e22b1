/** Extensions in the life of an environment, over a sandbox driver. */
import { copyFile, mkdir, mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { jsonOf, refusalsThrow, startStage, tailOf, type Stage } from './stage.testsuite.ts';

export function extensionsSuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
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

    async function withStage(act: (stage: Stage) => Promise<void>): Promise<void> {
      const stage = await startStage(driver, folder, {});
      try {
        await act(stage);
      } finally {
        await stage.invoker.close();
      }
      expect(stage.sandboxes.size, 'sandboxes left after close').toBe(0);
    }

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
