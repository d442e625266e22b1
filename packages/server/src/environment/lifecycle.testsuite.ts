/** What becomes of an environment between and after its invocations, over a sandbox driver. */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../testkit/src/seeded-random.ts';
import type { InvokerSettings } from '../invoke/start-invoker.ts';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import {
  jsonOf,
  refusalsThrow,
  shapesOf,
  startStage,
  tailOf,
  until,
  type Stage,
} from './stage.testsuite.ts';

export function lifecycleSuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  usual: Partial<InvokerSettings> = {},
): void {
  describe(`the life of environments over ${name}`, () => {
    let folder: string;
    let driver: SandboxDriver;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-lifecycle-'));
      await chmod(folder, 0o755);
      const code = path.join(folder, 'code');
      await mkdir(code);
      const fixture = path.join(import.meta.dirname, 'fixtures/behaviours.mjs');
      await copyFile(fixture, path.join(code, 'behaviours.mjs'));
      const wrapper = '#!/bin/sh\nexport SET_BY_WRAPPER=wrapped\nexec "$@"\n';
      await writeFile(path.join(code, 'wrapper'), wrapper, { mode: 0o755 });
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
      const stage = await startStage(driver, folder, { settings: { ...usual, ...settings } });
      try {
        await act(stage);
      } finally {
        await stage.invoker.close();
      }
      expect(stage.sandboxes.size, 'sandboxes left after close').toBe(0);
    }

    test.for([
      ['exit', 'crashed', 30],
      ['hang', 'timed-out', 1],
    ] as const)(
      'after an %s the environment is reset: /tmp stays, nothing else does, init runs inside the next',
      ([end, kind, timeoutSeconds]) =>
        withStage(async ({ invoke, version, lines, invoker, sandboxes }) => {
          const marks = version('marks-tmp-and-ends', { timeoutSeconds });
          expect(jsonOf(await invoke(marks))).toEqual({ marks: 0, count: 1 });
          expect((await invoke(marks, { end })).outcome.kind).toBe(kind);
          // None of the failed attempt is left.
          await until(() => sandboxes.size === 0);
          const result = await invoke({ ...marks, timeoutSeconds: 30 }, {}, true);
          expect(jsonOf(result)).toEqual({ marks: 2, count: 1 });
          expect(tailOf(result)).not.toContain('Init Duration');
          expect(jsonOf(await invoke(marks))).toEqual({ marks: 3, count: 2 });
          await invoker.close();
          expect(shapesOf(lines).filter((line) => line.startsWith('INIT'))).toHaveLength(1);
          expect(new Set(lines.map(({ stream }) => stream)).size).toBe(1);
        }),
    );

    test('a failed init is tried again by each invocation, in the same environment', () =>
      withStage(async ({ invoke, version, lines, invoker }) => {
        const fails = version('fails-at-first', { timeoutSeconds: 30 });
        expect((await invoke(fails)).outcome.kind).toBe('crashed');
        expect((await invoke(fails)).outcome.kind).toBe('crashed');
        expect(jsonOf(await invoke(fails, 'works'))).toBe('works');
        await invoker.close();
        expect(shapesOf(lines).filter((line) => line.startsWith('INIT'))).toEqual([
          expect.stringMatching(/^INIT_START /),
          expect.stringMatching(/^INIT_REPORT .*Phase: init\tStatus: error/),
          expect.stringMatching(/^INIT_REPORT .*Phase: invoke\tStatus: error/),
          expect.stringMatching(/^INIT_REPORT .*Phase: invoke\tStatus: error/),
        ]);
      }));

    test('an idle environment is frozen: what it left running stands still until it is needed', () =>
      withStage(async ({ invoke, version, invoker }) => {
        const ticks = version('ticks', { timeoutSeconds: 30 });
        await invoke(ticks);
        await until(() => invoker.snapshot().environments.frozen === 1);
        await sleep(400);
        await invoke(ticks);
        // Its timer is late once it runs again; the next invocation sees by how much.
        const { longestGapMs } = jsonOf(await invoke(ticks));
        expect(longestGapMs).toBeGreaterThanOrEqual(399);
      }));

    test('a frozen environment ends like any other', () =>
      withStage(
        async ({ invoke, version, invoker, sandboxes }) => {
          await invoke(version('echoes'));
          await until(() => invoker.snapshot().environments.frozen === 1);
          await until(() => sandboxes.size === 0);
        },
        { idleTimeoutMs: 1_500 },
      ));

    test('an environment that has become old serves no further invocation', () =>
      withStage(
        async ({ invoke, version }) => {
          const counts = version('counts-invocations', { timeoutSeconds: 30 });
          const [first, second] = [await invoke(counts), await invoke(counts)];
          expect([jsonOf(first).count, jsonOf(second).count]).toEqual([1, 1]);
        },
        { maxAgeMs: 0 },
      ));

    test('a wrapper starts the runtime', () =>
      withStage(async ({ invoke, version }) => {
        const wrapped = { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper' };
        const tells = version('tells-wrapper', { environment: wrapped, timeoutSeconds: 30 });
        // Without isolation the user's own variables keep the paths of the inside.
        if (driver.isolation === 'process') return;
        expect(jsonOf(await invoke(tells))).toBe('wrapped');
        const missing = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/missing' };
        const other = { environment: missing, incarnation: 'other', timeoutSeconds: 30 };
        const result = await invoke(version('tells-wrapper', other), {}, true);
        expect(jsonOf(result).errorMessage).toMatch(/exit status 127$/);
      }));

    test('the metadata endpoint tells the zone to whoever has the token', () =>
      withStage(async ({ invoke, version }) => {
        expect(jsonOf(await invoke(version('asks-for-metadata')))).toEqual({
          metadata: { AvailabilityZoneID: 'euw1-az1' },
          cache: 'private, max-age=43200, immutable',
          refusals: [401, 401, 405],
        });
      }));

    test('the calls of SnapStart are not there for functions without it', () =>
      withStage(async ({ invoke, version }) => {
        expect(jsonOf(await invoke(version('restores')))).toEqual([404, 404]);
      }));

    test('sandboxes that are killed at any moment take their own invocations along and nothing else', () =>
      withStage(async ({ invoke, version, invoker, sandboxes }) => {
        const seed = Math.floor(Math.random() * 2 ** 31);
        const random = seededRandom(seed);
        const over = new AbortController();
        const killer = (async () => {
          while (!over.signal.aborted) {
            const all = [...sandboxes];
            all[random(all.length + 1)]?.signal('SIGKILL');
            await sleep(10 + random(60));
          }
        })();
        const kinds: string[] = [];
        const callers = Array.from({ length: 4 }, async (_, caller) => {
          for (let each = 0; each < 15; each++) {
            const event = { caller, each, ms: random(40) };
            const handler = random(2) === 0 ? 'echoes' : 'echoes-late';
            const result = await invoke(version(handler, { timeoutSeconds: 60 }), event);
            kinds.push(result.outcome.kind);
            if (result.outcome.kind === 'succeeded') {
              expect(jsonOf(result), `seed ${seed}`).toEqual(event);
            } else {
              expect(jsonOf(result).errorMessage, `seed ${seed}`).toMatch(/signal: killed$/);
            }
          }
        });
        await Promise.all(callers);
        over.abort();
        await killer;
        expect(kinds.length).toBe(60);
        expect(invoker.snapshot().platformFaults, `seed ${seed}`).toBe(0);
        // One that was killed in its sleep dies when it is woken; after those everything works.
        let last = '';
        for (let each = 0; each < 10 && last !== 'succeeded'; each++) {
          last = (await invoke(version('echoes', { timeoutSeconds: 60 }))).outcome.kind;
        }
        expect(last, `seed ${seed}`).toBe('succeeded');
      }));
  });
}
