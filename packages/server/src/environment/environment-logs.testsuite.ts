/** What environments write to the log of their function, over a sandbox driver. */
import { describe, expect, test } from 'vitest';
import { jsonOf, shapesOf, tailOf, type WithStage } from './stage.testsuite.ts';

export function describeLogs(withStage: WithStage): void {
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
}
