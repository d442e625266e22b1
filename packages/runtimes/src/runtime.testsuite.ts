/**
 * What every managed runtime does on the wire, whatever its language: the contract of the
 * Runtime API as AWS's own runtimes keep it. The languages' own behaviour is tested beside them.
 */
import { expect, test } from 'vitest';
import type { Answer } from './in-test-runtime-api.ts';
import type { RuntimeInstallation } from './runtime-catalogue.ts';
import { startInTest } from './start-in-test.ts';

export interface RuntimeSamples {
  readonly installation: RuntimeInstallation;
  /** The folder of the sample functions in this language. */
  readonly folder: string;
  /** Handlers by behaviour. */
  readonly handlers: {
    readonly echoes: string;
    readonly nested: string;
    readonly throws: string;
    readonly throwsInInit: string;
    readonly exits42: string;
    /** A module that is there without such a function, a module that is not, and no name at all. */
    readonly missingFunction: string;
    readonly missingModule: string;
    readonly malformed: string;
  };
  readonly initErrors: {
    readonly missingFunction: string;
    readonly missingModule: RegExp;
    readonly malformed: string;
  };
}

export interface Echo {
  readonly event: unknown;
  readonly context: Record<string, unknown>;
  readonly count: number;
  readonly remainingMs: number;
  readonly traceId?: string;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test knows the shape
export function jsonOf<Value = Record<string, unknown>>(answer: Answer): Value {
  return JSON.parse(answer.body.toString('utf8')) as Value;
}

/** Call inside `describe`. */
export function testRuntime({ installation, folder, handlers, initErrors }: RuntimeSamples): void {
  const start = (handler: string): ReturnType<typeof startInTest> =>
    startInTest(installation, folder, handler);

  test('it answers one event after the other in the same process', async () => {
    await using started = await start(handlers.echoes);
    const first = await started.api.invoke('{"n":1}');
    const second = await started.api.invoke('{"n":2}');
    expect(first.kind).toBe('response');
    expect(jsonOf<Echo>(first)).toMatchObject({ event: { n: 1 }, count: 1 });
    expect(jsonOf<Echo>(second)).toMatchObject({ event: { n: 2 }, count: 2 });
  });

  test('the remaining time comes from the deadline, and the trace id of each event is set', async () => {
    await using started = await start(handlers.echoes);
    const traced = { 'Lambda-Runtime-Trace-Id': 'Root=1-67891233-abcdef012345678912345678' };
    const first = jsonOf<Echo>(await started.api.invoke('{}', traced));
    expect(first.traceId).toBe('Root=1-67891233-abcdef012345678912345678');
    expect(first.remainingMs).toBeGreaterThan(0);
    expect(first.remainingMs).toBeLessThanOrEqual(3_000);
    const second = jsonOf<Echo>(await started.api.invoke('{}'));
    expect(second.traceId ?? null).toBeNull();
  });

  test('an event and an answer of six megabytes arrive whole, in chunks and over new connections', async () => {
    await using started = await start(handlers.echoes);
    const event = JSON.stringify({ text: 'é'.repeat(3_000_000) });
    expect(jsonOf<Echo>(await started.api.invoke(event)).event).toEqual(JSON.parse(event));
    started.api.beDifficult();
    // The request for this one was made before the API became difficult.
    await started.api.invoke('{}');
    const again = jsonOf<Echo>(await started.api.invoke(event));
    expect(again.event).toEqual(JSON.parse(event));
    expect(again.count).toBe(3);
  });

  test('a handler in a folder is found', async () => {
    await using started = await start(handlers.nested);
    expect(jsonOf(await started.api.invoke('{}'))).toBe('nested');
  });

  test('a thrown error is reported, and the process goes on', async () => {
    await using started = await start(handlers.throws);
    const answer = await started.api.invoke('{}');
    expect(answer.kind).toBe('error');
    expect(answer.headers['lambda-runtime-function-error-type']).toBe('OrderError');
    expect(jsonOf(answer)).toMatchObject({
      errorType: 'OrderError',
      errorMessage: 'no such order',
    });
    expect((await started.api.invoke('{}')).kind).toBe('error');
  });

  test('an exit in the handler ends the process with that status and without an answer', async () => {
    await using started = await start(handlers.exits42);
    await expect(started.api.invoke('{}')).rejects.toThrow('The runtime ended (42)');
    expect(await started.exited).toEqual({ code: 42, signal: null });
  });

  test('an error while loading is reported as a failed init, and ends the process', async () => {
    await using started = await start(handlers.throwsInInit);
    const report = jsonOf(await started.api.initError);
    expect(report).toMatchObject({ errorMessage: 'not today' });
    expect((await started.exited).code).not.toBe(0);
    expect(await started.end()).toContain('not today');
  });

  test('a missing function, a missing module and a malformed name each have their error', async () => {
    const reportOf = async (handler: string): Promise<Record<string, unknown>> => {
      await using started = await start(handler);
      const answer = await started.api.initError;
      const report = jsonOf(answer);
      expect(answer.headers['lambda-runtime-function-error-type']).toBe(report['errorType']);
      return report;
    };
    expect(await reportOf(handlers.missingFunction)).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: initErrors.missingFunction,
    });
    expect(await reportOf(handlers.missingModule)).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringMatching(initErrors.missingModule) as string,
    });
    expect(await reportOf(handlers.malformed)).toMatchObject({
      errorType: 'Runtime.MalformedHandlerName',
      errorMessage: initErrors.malformed,
    });
  });
}
