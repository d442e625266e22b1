/** Many invocations at once, updates beside them, and the end of the invoker, over a sandbox driver. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../testkit/src/seeded-random.ts';
import { functionArn } from '../core/function-version.ts';
import { jsonOf, until, type WithStage } from './stage.testsuite.ts';

export function describeLoad(withStage: WithStage): void {
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
        const beside = Array.from({ length: 3 }, () => invoke(version('echoes'), 1, false, others));
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
}
