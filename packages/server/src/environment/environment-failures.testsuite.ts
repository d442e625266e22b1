/** Functions and runtimes that fail, and those that do what they may not, over a sandbox driver. */
import { describe, expect, test } from 'vitest';
import type { SandboxDriver } from '../sandbox/driver.ts';
import {
  isAlive,
  jsonOf,
  requestIdOf,
  shapesOf,
  tailOf,
  until,
  type WithStage,
} from './stage.testsuite.ts';

export function describeFailures(
  withStage: WithStage,
  isolation: () => SandboxDriver['isolation'],
): void {
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
        if (isolation() === 'process') expect(isAlive(pid)).toBe(false);
      }));

    test('a function that needs more memory than it has is killed, and told so', async () => {
      // Without isolation nothing limits memory.
      if (isolation() === 'process') return;
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
}
