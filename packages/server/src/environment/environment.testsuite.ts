/**
 * The behaviour of environments and of the invoke room over a sandbox driver: each driver runs
 * it. The functions are real processes that speak the Runtime API (`fixtures/behaviours.mjs`).
 */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { functionArn } from '../core/function-version.ts';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { describeFailures } from './environment-failures.testsuite.ts';
import { describeLoad } from './environment-load.testsuite.ts';
import { describeLogs } from './environment-logs.testsuite.ts';
import {
  jsonOf,
  refusalsThrow,
  startStage,
  tailOf,
  until,
  type StageOptions,
  type WithStage,
} from './stage.testsuite.ts';

/** The deadline is told in whole milliseconds, and made of what two clocks say. */
const ROUNDING_MS = 10;

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

    const withStage: WithStage = async (options, act) => {
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
    };

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
        const askedAtMs = Date.now();
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
        const startedAtMs = Number(headers['lambda-runtime-deadline-ms']) - 30_000;
        expect(startedAtMs).toBeGreaterThanOrEqual(askedAtMs - ROUNDING_MS);
        expect(startedAtMs).toBeLessThanOrEqual(Date.now());
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

    describeFailures(withStage, () => driver.isolation);
    describeLogs(withStage);
    describeLoad(withStage);
  });
}
