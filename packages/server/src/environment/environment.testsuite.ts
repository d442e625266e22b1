/**
 * The behaviour of environments and of the invoke room over a sandbox driver: each driver runs
 * it. The functions are real processes that speak the Runtime API (`fixtures/behaviours.mjs`).
 */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../testkit/src/seeded-random.ts';
import { functionArn } from '../core/function-version.ts';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import {
  isAlive,
  jsonOf,
  refusalsThrow,
  requestIdOf,
  shapesOf,
  startStage,
  tailOf,
  until,
  type Stage,
  type StageOptions,
} from './stage.testsuite.ts';

export function environmentSuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  settings: StageOptions['settings'] = {},
): void {
  describe(`environments over ${name}`, () => {
    let folder: string;
    let driver: SandboxDriver;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-environment-'));
      await mkdir(path.join(folder, 'code'));
      await mkdir(path.join(folder, 'empty'));
      await mkdir(path.join(folder, 'broken'));
      const broken = path.join(folder, 'broken/bootstrap');
      await writeFile(broken, '#!/no/such/interpreter\n');
      await chmod(broken, 0o755);
      await copyFile(
        path.join(import.meta.dirname, 'fixtures/behaviours.mjs'),
        path.join(folder, 'code/behaviours.mjs'),
      );
      const bootstrap = path.join(folder, 'code/bootstrap');
      await writeFile(bootstrap, '#!/bin/sh\necho "custom runtime"\nexit 9\n');
      await chmod(bootstrap, 0o755);
      await chmod(folder, 0o755);
      driver = await startDriver(path.join(folder, 'sandboxes'), refusalsThrow);
    });

    afterAll(async () => {
      await driver.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function withStage(
      options: StageOptions,
      act: (stage: Stage) => Promise<void>,
    ): Promise<void> {
      const stage = await startStage(driver, folder, {
        ...options,
        settings: { ...settings, ...options.settings },
      });
      try {
        await act(stage);
      } finally {
        await stage.invoker.close();
      }
      expect(stage.sandboxes.size, 'sandboxes left after close').toBe(0);
      expect(stage.pooled.size, 'sandboxes left in the pool after close').toBe(0);
    }

    test('an event comes back as the function answers it', () =>
      withStage({}, async ({ invoke, version }) => {
        const result = await invoke(version('echoes'), { a: 'ü' });
        expect(jsonOf(result)).toEqual({ a: 'ü' });
        expect(result).toMatchObject({
          executedVersion: '$LATEST',
          outcome: { kind: 'succeeded' },
        });
        expect(result.functionError).toBeUndefined();
        expect(result.logTail).toBeUndefined();
      }));

    test('invocations one after the other use one environment, and its module state lives', () =>
      withStage({}, async ({ invoke, version, invoker }) => {
        const counts = version('counts-invocations');
        const answers = [];
        for (let each = 0; each < 5; each++) answers.push(jsonOf(await invoke(counts)));
        expect(answers.map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
        expect(invoker.snapshot()).toMatchObject({ invocations: 5, errors: 0 });
      }));

    test('an environment serves one invocation at a time', () =>
      withStage({}, async ({ invoke, version }) => {
        const sleeps = version('sleeps');
        const results = await Promise.all([1, 2, 3].map(() => invoke(sleeps, { ms: 300 })));
        const answers = results.map(jsonOf).toSorted((a, b) => a.from - b.from);
        const freeAt = new Map<number, number>();
        for (const { token, from, to } of answers) {
          expect(from).toBeGreaterThanOrEqual(freeAt.get(token) ?? 0);
          freeAt.set(token, to);
        }
        expect(freeAt.size).toBeGreaterThan(1);
      }));

    test('where environments are not reused every invocation gets a new one', () =>
      withStage({ settings: { reuse: 'never' } }, async ({ invoke, version }) => {
        const counts = version('counts-invocations');
        const answers = [jsonOf(await invoke(counts)), jsonOf(await invoke(counts))];
        expect(answers.map(({ count }) => count)).toEqual([1, 1]);
      }));

    test('an environment that is idle for too long ends', () =>
      withStage({ settings: { idleTimeoutMs: 40 } }, async ({ invoke, version, sandboxes }) => {
        await invoke(version('echoes'));
        await until(() => sandboxes.size === 0);
      }));

    test('the runtime is told everything about the invocation', () =>
      withStage({}, async ({ invoker, version }) => {
        const function_ = version('tells-headers', { timeoutSeconds: 30 });
        const result = await invoker.invoke({
          requestId: 'request-1',
          version: function_,
          invokedArn: `${functionArn(function_)}:live`,
          payload: Buffer.from('{}'),
          clientContext: '{"custom":\n{"name":"ü"}}',
          wantsLogTail: false,
        });
        const headers = jsonOf(result);
        expect(headers).toMatchObject({
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': 'request-1',
          'lambda-runtime-invoked-function-arn': `${functionArn(function_)}:live`,
          'lambda-runtime-trace-id': expect.stringMatching(
            /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
          ),
        });
        const context = Buffer.from(headers['lambda-runtime-client-context'], 'latin1');
        expect(JSON.parse(context.toString('utf8'))).toEqual({ custom: { name: 'ü' } });
        const leftMs = Number(headers['lambda-runtime-deadline-ms']) - Date.now();
        expect(leftMs).toBeGreaterThan(20_000);
        expect(leftMs).toBeLessThanOrEqual(30_000);
      }));

    test("the process has AWS's variables, and the user's where they may replace them", () =>
      withStage({}, async ({ invoke, version }) => {
        const environment = { TZ: 'Europe/Berlin', _HANDLER: 'stolen', MINE: 'yes' };
        const variables = jsonOf(await invoke(version('tells-environment', { environment })));
        expect(variables).toMatchObject({
          _HANDLER: 'tells-environment',
          TZ: 'Europe/Berlin',
          MINE: 'yes',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: 'ASIATEST',
          AWS_SESSION_TOKEN: 'token',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
          AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/tells-environment',
          AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs26.x',
        });
        expect(variables.AWS_ENDPOINT_URL).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:\d+$/);
        expect(variables.AWS_LAMBDA_LOG_STREAM_NAME).toMatch(
          /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
        );
      }));

    test('an error that the runtime reports is the answer, unhandled', () =>
      withStage({}, async ({ invoke, version, invoker }) => {
        const result = await invoke(version('throws'), {}, true);
        expect(result.functionError).toBe('Unhandled');
        expect(jsonOf(result)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
        expect(tailOf(result)).not.toContain('Status:');
        expect(invoker.snapshot().errors).toBe(1);
      }));

    describe('that fail', () => {
      test.for([
        ['exits-0', 'Runtime exited without providing a reason'],
        ['exits-42', 'Runtime exited with error: exit status 42'],
        ['kills-itself', 'Runtime exited with error: signal: killed'],
      ] as const)('a function that %s is told so', ([handler, text]) =>
        withStage({}, async ({ invoke, version, sandboxes }) => {
          const result = await invoke(version(handler), {}, true);
          expect(result.functionError).toBe('Unhandled');
          expect(sandboxes.size).toBe(0);
          const id = requestIdOf(result);
          expect(Buffer.from(result.payload).toString()).toBe(
            `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ${id} Error: ${text}"}`,
          );
          expect(tailOf(result)).toMatch(/\tStatus: error\tError Type: Runtime\.ExitError\n$/);
        }),
      );

      test.for(['never-responds', 'blocks-the-loop'])(
        'a function that %s is killed at its timeout, before the caller is told',
        (handler) =>
          withStage({}, async ({ invoke, version, sandboxes }) => {
            const result = await invoke(version(handler, { timeoutSeconds: 1 }), {}, true);
            expect(sandboxes.size).toBe(0);
            const id = requestIdOf(result);
            expect(Buffer.from(result.payload).toString()).toBe(
              '{"errorType":"Sandbox.Timedout","errorMessage":' +
                `"RequestId: ${id} Error: Task timed out after 1.00 seconds"}`,
            );
            expect(tailOf(result)).toMatch(/\tDuration: 1000\.00 ms\t.*\tStatus: timeout\n$/m);
          }),
      );

      test('the process tree is gone when a failed invocation is answered', () =>
        withStage({}, async ({ invoke, version }) => {
          const result = await invoke(version('leaves-a-daemon', { timeoutSeconds: 1 }), {}, true);
          expect(result.outcome.kind).toBe('timed-out');
          const pid = Number(/daemon (\d+)/.exec(tailOf(result))?.[1]);
          // In a namespace of its own the pid says nothing here; there the driver verifies it.
          if (driver.isolation === 'process') expect(isAlive(pid)).toBe(false);
        }));

      test('a function that needs more memory than it has is killed, and told so', async () => {
        // Without isolation nothing limits memory.
        if (driver.isolation === 'process') return;
        await withStage({}, async ({ invoke, version }) => {
          const result = await invoke(version('eats-memory', { memoryMib: 128 }), {}, true);
          expect(jsonOf(result)).toMatchObject({
            errorType: 'Runtime.ExitError',
            errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/),
          });
          expect(tailOf(result)).toMatch(
            /\tMemory Size: 128 MB\tMax Memory Used: 12\d MB\t.*Status: error\tError Type: Runtime\.OutOfMemory\n$/,
          );
        });
      });

      test('the next invocation after a crash runs', () =>
        withStage({}, async ({ invoke, version }) => {
          const crashes = version('exits-42');
          expect((await invoke(crashes)).outcome.kind).toBe('crashed');
          expect((await invoke(crashes)).outcome.kind).toBe('crashed');
        }));

      test('an answer counts even if the runtime exits right after it', () =>
        withStage({}, async ({ invoke, version, sandboxes }) => {
          const result = await invoke(version('exits-after-responding'), { said: 1 }, true);
          expect(jsonOf(result)).toEqual({ said: 1 });
          expect(tailOf(result)).toContain('Status: error\tError Type: Runtime.ExitError');
          await until(() => sandboxes.size === 0);
        }));
    });

    describe('whose init fails', () => {
      test('because their program cannot be executed are told so, as a fault of the function', () =>
        withStage({}, async ({ invoke, version }) => {
          const broken = version('any', {
            runtime: 'provided.al2023',
            code: { sha256: 'broken', sizeBytes: 0 },
          });
          const result = await invoke(broken);
          expect(result.functionError).toBe('Unhandled');
          expect(jsonOf(result).errorType).toMatch(/^Runtime\.(ExitError|InvalidEntrypoint)$/);
        }));

      test('answer with the error of the second try, and say so in the log', () =>
        withStage({}, async ({ invoke, version, lines, invoker }) => {
          const result = await invoke(version('throws-in-init'), {}, true);
          expect(jsonOf(result)).toEqual({
            errorType: 'Runtime.ImportModuleError',
            errorMessage: 'no such module',
            trace: [],
          });
          expect(result.functionError).toBe('Unhandled');
          await invoker.close();
          expect(shapesOf(lines)).toEqual([
            'INIT_START Runtime Version: test:26.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:#\n',
            'about to fail\n',
            'INIT_REPORT Init Duration: # ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n',
            'about to fail\n',
            'INIT_REPORT Init Duration: # ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError\n',
            'START RequestId: # Version: $LATEST\n',
            'END RequestId: #\n',
            'REPORT RequestId: #\tDuration: # ms\tBilled Duration: # ms\tMemory Size: 256 MB\tMax Memory Used: # MB\tStatus: error\tError Type: Runtime.ImportModuleError\n',
          ]);
        }));

      test('by an exit answer how the process ended', () =>
        withStage({}, async ({ invoke, version }) => {
          const result = await invoke(version('exits-in-init'));
          expect(jsonOf(result)).toMatchObject({
            errorType: 'Runtime.ExitError',
            errorMessage: expect.stringContaining('Runtime exited with error: exit status 3'),
          });
        }));

      test('by its time limit are tried again under the function timeout', () =>
        withStage(
          { settings: { initTimeoutMs: 200 } },
          async ({ invoke, version, lines, invoker }) => {
            const hangs = version('hangs-in-init', { timeoutSeconds: 1 });
            const result = await invoke(hangs);
            expect(jsonOf(result).errorType).toBe('Sandbox.Timedout');
            await invoker.close();
            const text = lines.map(({ message }) => message).join('');
            expect(text).toMatch(
              /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout\n/,
            );
            expect(text).toMatch(
              /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: invoke\tStatus: timeout\n/,
            );
          },
        ));

      test('only at first are reported without an init duration', () =>
        withStage({ settings: { initTimeoutMs: 300 } }, async ({ invoke, version }) => {
          const environment = { SLOW_MS: '600' };
          const slow = version('is-slow-only-at-first', { environment, timeoutSeconds: 10 });
          const result = await invoke(slow, 'worked', true);
          expect(jsonOf(result)).toBe('worked');
          expect(tailOf(result)).not.toContain('Init Duration');
        }));

      test('for want of an entry point are told which', () =>
        withStage({}, async ({ invoke, version }) => {
          const empty = version('any', {
            runtime: 'provided.al2023',
            code: { sha256: 'empty', sizeBytes: 0 },
          });
          const result = await invoke(empty, {}, true);
          expect(jsonOf(result)).toEqual({
            errorType: 'Runtime.InvalidEntrypoint',
            errorMessage: `RequestId: ${requestIdOf(result)} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`,
          });
        }));

      test('of a custom runtime answer like any other', () =>
        withStage({}, async ({ invoke, version }) => {
          const result = await invoke(version('any', { runtime: 'provided.al2023' }));
          expect(jsonOf(result).errorMessage).toMatch(/exit status 9$/);
        }));
    });

    describe('and hostile runtimes:', () => {
      test('a response above 6 MB is refused and the environment lives on', () =>
        withStage({}, async ({ invoke, version, sandboxes }) => {
          const function_ = version('responds-with-too-much', { timeoutSeconds: 20 });
          const result = await invoke(function_, {}, true);
          expect(Buffer.from(result.payload).toString()).toBe(
            '{"errorMessage":"Response payload size exceeded maximum allowed payload size ' +
              '(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}',
          );
          expect(result.functionError).toBe('Unhandled');
          expect(tailOf(result)).toContain('told 413');
          expect(sandboxes.size).toBe(1);
        }));

      test('a response without end is cut and its environment ends', () =>
        withStage({}, async ({ invoke, version, sandboxes }) => {
          const result = await invoke(version('never-ends-its-response', { timeoutSeconds: 3 }));
          expect(jsonOf(result).errorType).toBe('Function.ResponseSizeTooLarge');
          await until(() => sandboxes.size <= 1);
        }));

      test('a second next in the middle of an invocation is refused', () =>
        withStage({}, async ({ invoke, version }) => {
          const answer = jsonOf(await invoke(version('asks-for-next-twice')));
          expect(answer).toMatchObject({
            status: 403,
            body: { errorType: 'InvalidStateTransition' },
          });
        }));

      test("another invocation's id is refused", () =>
        withStage({}, async ({ invoke, version, lastRequestId }) => {
          const other = invoke(version('sleeps'), { ms: 500 });
          const answer = jsonOf(
            await invoke(version('answers-for-another'), { id: lastRequestId() }),
          );
          expect(answer).toEqual({
            status: 400,
            body: { errorMessage: 'Invalid request ID', errorType: 'InvalidRequestID' },
          });
          expect(jsonOf(await other)).toHaveProperty('token');
        }));

      test('a second answer is refused and changes nothing', () =>
        withStage({}, async ({ invoke, version }) => {
          const result = await invoke(version('answers-twice'), {}, true);
          expect(jsonOf(result)).toBe('first');
          expect(tailOf(result)).toContain('again 403');
        }));

      test('a response that breaks off has answered nothing', () =>
        withStage({}, async ({ invoke, version }) => {
          expect(jsonOf(await invoke(version('breaks-off-its-first-response')))).toBe('whole');
        }));

      test('an init error after init is refused', () =>
        withStage({}, async ({ invoke, version }) => {
          const answer = jsonOf(await invoke(version('posts-an-init-error-too-late')));
          expect(answer).toMatchObject({
            status: 403,
            body: { errorType: 'InvalidStateTransition' },
          });
        }));

      test('unknown paths and wrong methods are refused', () =>
        withStage({}, async ({ invoke, version }) => {
          const answer = jsonOf(await invoke(version('calls-unknown-paths')));
          expect(answer).toEqual({ missing: 404, text: '404 page not found\n', wrong: 405 });
        }));
    });

    describe('and their logs:', () => {
      test('a cold invocation writes exactly the lines of AWS', () =>
        withStage({}, async ({ invoke, version, lines, invoker, calls }) => {
          const result = await invoke(version('prints-lines'), {}, true);
          expect(tailOf(result)).toMatch(
            /^START RequestId: .*\n.*END RequestId: .*\nREPORT [^\n]*\t\n$/s,
          );
          await invoker.close();
          const shapes = shapesOf(lines);
          expect(shapes.toSorted()).toEqual(
            [
              'INIT_START Runtime Version: test:26.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:#\n',
              'START RequestId: # Version: $LATEST\n',
              'first\n',
              'second\n',
              'third without an end',
              'END RequestId: #\n',
              'REPORT RequestId: #\tDuration: # ms\tBilled Duration: # ms\tMemory Size: 256 MB\tMax Memory Used: # MB\tInit Duration: # ms\t\n',
            ].toSorted(),
          );
          expect(shapes[0]).toMatch(/^INIT_START/);
          expect(shapes[1]).toMatch(/^START/);
          expect(shapes.slice(-2).map((line) => line.split(' ')[0])).toEqual(['END', 'REPORT']);
          expect(lines[0]?.group).toBe('/aws/lambda/prints-lines');
          expect(calls.every(({ principal }) => principal.includes(':assumed-role/'))).toBe(true);
        }));

      test('a warm invocation has no init duration and bills whole milliseconds', () =>
        withStage({}, async ({ invoke, version }) => {
          const echoes = version('echoes');
          await invoke(echoes);
          const report = tailOf(await invoke(echoes, {}, true));
          expect(report).not.toContain('Init Duration');
          const [, ms = '', billed = ''] =
            /\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms/.exec(report) ?? [];
          expect(Number(billed)).toBe(Math.ceil(Number(ms)));
        }));

      test('lines that the runtime joined by carriage returns are one event again', () =>
        withStage({}, async ({ invoke, version, lines, invoker }) => {
          await invoke(version('prints-joined-lines'));
          await invoker.close();
          expect(lines.map(({ message }) => message)).toContain('one\n  two\nthree\n');
        }));

      test('forged lines are only output', () =>
        withStage({}, async ({ invoke, version }) => {
          const tail = tailOf(await invoke(version('forges-lines'), {}, true));
          expect(tail.match(/^REPORT RequestId: request-/gm)).toHaveLength(1);
          expect(tail).toMatch(/REPORT RequestId: forged.*REPORT RequestId: request-/s);
        }));

      test('a flood is dropped, told, and does not harm the answer', () =>
        withStage({}, async ({ invoke, version, lines, invoker }) => {
          const floods = version('floods', { timeoutSeconds: 60 });
          const result = await invoke(floods, { mb: 100 }, true);
          expect(jsonOf(result)).toBe('flooded');
          expect(tailOf(result)).toMatch(/\[hearth\] \d+ bytes of output dropped/);
          await invoker.close();
          const written = lines.reduce((sum, { message }) => sum + message.length, 0);
          expect(written).toBeLessThan(60 * 1_048_576);
        }));

      test('in JSON format the platform writes records', () =>
        withStage({}, async ({ invoke, version, lines, invoker }) => {
          const logging = { format: 'JSON', group: '/shared', systemLevel: 'DEBUG' } as const;
          await invoke(version('echoes', { logging }));
          await invoker.close();
          const records = lines.map(({ message }) => JSON.parse(message));
          expect(records.map(({ type }) => type)).toEqual([
            'platform.initStart',
            'platform.initRuntimeDone',
            'platform.initReport',
            'platform.start',
            'platform.runtimeDone',
            'platform.report',
          ]);
          expect(records[5].record).toMatchObject({
            status: 'success',
            metrics: { memorySizeMB: 256, initDurationMs: expect.any(Number) },
          });
          expect(lines[0]?.stream).toMatch(/^\d{4}\/\d\d\/\d\d\/echoes\[\$LATEST\]/);
          expect(new Set(lines.map(({ group }) => group))).toEqual(new Set(['/shared']));
        }));

      test('a role that may not write loses its lines and nothing else', () =>
        withStage({ denies: ['CreateLogStream'] }, async ({ invoke, version, lines, invoker }) => {
          expect(jsonOf(await invoke(version('echoes'), 'still works'))).toBe('still works');
          await invoker.close();
          expect(lines).toEqual([]);
          expect(invoker.snapshot().logLinesDropped).toBeGreaterThanOrEqual(4);
        }));
    });

    describe('under changes and load', () => {
      test('an update under load: every answer is wholly old or wholly new, the old ones end', () =>
        withStage({}, async ({ invoke, version, invoker, sandboxes }) => {
          const old = version('tells-environment', {
            incarnation: 'old',
            environment: { MARK: 'old' },
          });
          const fresh = { ...old, incarnation: 'new', environment: { MARK: 'new' } };
          let current = old;
          const marks: string[] = [];
          const load = Array.from({ length: 4 }, async () => {
            for (let each = 0; each < 8; each++) {
              const used = current;
              const { MARK } = jsonOf(await invoke(used));
              expect(MARK).toBe(used.environment['MARK']);
              marks.push(MARK);
            }
          });
          await until(() => marks.length >= 6);
          current = fresh;
          invoker.retire(functionArn(old), 'new');
          await Promise.all(load);
          invoker.retire(functionArn(old));
          await until(() => sandboxes.size === 0);
          expect(new Set(marks)).toEqual(new Set(['old', 'new']));
        }));

      test('of 500 invocations at once no more than the limit run, the others are throttled', () =>
        withStage({ settings: { accountConcurrency: 5 } }, async ({ invoke, version, invoker }) => {
          const sleeps = version('sleeps');
          const results = await Promise.allSettled(
            Array.from({ length: 500 }, () => invoke(sleeps, { ms: 100 })),
          );
          const failed = results.filter(({ status }) => status === 'rejected');
          expect(failed).toHaveLength(495);
          for (const each of failed as PromiseRejectedResult[]) {
            expect(each.reason).toMatchObject({
              name: 'Throttled',
              reason: 'ConcurrentInvocationLimitExceeded',
            });
          }
          expect(invoker.snapshot().throttles).toBe(495);
        }));

      test('of 500 at once no more than are reserved run, and other functions have the rest', () =>
        withStage({ settings: { accountConcurrency: 8 } }, async ({ invoke, version }) => {
          const reserved = { kind: 'reserved', limit: 5 } as const;
          const others = { kind: 'unreserved', reservedByOthers: 5 } as const;
          const results = Promise.allSettled(
            Array.from({ length: 500 }, () =>
              invoke(version('sleeps'), { ms: 100 }, false, reserved),
            ),
          );
          const beside = Array.from({ length: 3 }, () =>
            invoke(version('echoes'), 1, false, others),
          );
          for (const each of await Promise.all(beside)) {
            expect(each.outcome.kind).toBe('succeeded');
          }
          const failed = (await results).filter((each) => each.status === 'rejected');
          expect(failed).toHaveLength(495);
          for (const { reason } of failed) {
            expect(reason).toMatchObject({
              name: 'Throttled',
              reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
            });
          }
        }));

      test('whatever happens at random, each caller gets what its own function did', () =>
        withStage({}, async ({ invoke, version, invoker, sandboxes }) => {
          const seed = Math.floor(Math.random() * 2 ** 31);
          const random = seededRandom(seed);
          const handlers = ['echoes', 'echoes', 'sleeps', 'throws', 'exits-42', 'exits-in-init'];
          const expected: Record<string, string> = {
            echoes: 'succeeded',
            sleeps: 'succeeded',
            throws: 'function-error',
            'exits-42': 'crashed',
            'exits-in-init': 'crashed',
          };
          const callers = Array.from({ length: 4 }, async (_, caller) => {
            for (let each = 0; each < 12; each++) {
              const handler = handlers[random(handlers.length)]!;
              const incarnation = String(random(2));
              const event = { ms: random(30), caller, each };
              const function_ = version(handler, { incarnation });
              const result = await invoke(function_, event, random(2) === 0);
              expect(result.outcome.kind, `${handler}, seed ${seed}`).toBe(expected[handler]);
              if (handler === 'echoes') expect(jsonOf(result), `seed ${seed}`).toEqual(event);
              if (random(5) === 0) invoker.retire(functionArn(function_), incarnation);
            }
          });
          await Promise.all(callers);
          for (const handler of handlers) invoker.retire(functionArn(version(handler)));
          await until(() => sandboxes.size === 0);
          expect(invoker.snapshot()).toMatchObject({
            invocations: 48,
            platformFaults: 0,
            environments: { starting: 0, idle: 0, frozen: 0, busy: 0 },
          });
        }));

      test('a closed invoker takes nothing more and has told everybody', () =>
        withStage(
          { settings: { shutdownGraceMs: 50 } },
          async ({ invoke, version, invoker, sandboxes }) => {
            const never = invoke(version('never-responds', { timeoutSeconds: 60 }));
            const told = expect(never).rejects.toMatchObject({ name: 'EnvironmentEnded' });
            await until(() => sandboxes.size === 1);
            await invoker.close();
            await told;
            await expect(invoke(version('echoes'))).rejects.toThrow('shutting down');
          },
        ));
    });
  });
}
