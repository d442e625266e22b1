/** Telemetry on its way into sandboxes, over a sandbox driver. */
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FunctionVersion } from '../core/function-version.ts';
import type { Logger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { jsonOf, refusalsThrow, startStage, type Stage } from './stage.testsuite.ts';

const all = ['platform', 'function', 'extension'];
const quick = { timeoutMs: 25 };
const subscribed = [{ status: 200, body: '"OK"' }];

interface Taken {
  readonly type: string;
  readonly time: string;
  readonly record: unknown;
}

interface Answer {
  readonly batches: readonly (readonly Taken[])[];
  readonly count: number;
  readonly replies: unknown;
}

export function telemetrySuite(
  name: string,
  startDriver: (folder: string, logger: Logger) => Promise<SandboxDriver>,
  settings: { readonly bootedOfEach: number },
): void {
  describe(`telemetry over ${name}`, () => {
    let folder: string;
    let driver: SandboxDriver;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'hearth-telemetry-'));
      await chmod(folder, 0o755);
      await mkdir(path.join(folder, 'code'));
      await copyFile(
        path.join(import.meta.dirname, 'fixtures/takes-telemetry.mjs'),
        path.join(folder, 'code/behaviours.mjs'),
      );
      driver = await startDriver(path.join(folder, 'sandboxes'), refusalsThrow);
    });

    afterAll(async () => {
      await driver.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function withFunction(
      options: object,
      act: (call: (event: object) => Promise<Answer>, stage: Stage) => Promise<void>,
      changes: Partial<FunctionVersion> = {},
    ): Promise<void> {
      const stage = await startStage(driver, folder, { settings });
      const subscription = {
        path: '/2022-07-01/telemetry',
        request: { schemaVersion: '2022-12-13', types: all, buffering: quick },
        ...options,
      };
      const environment = { SUBSCRIPTION: JSON.stringify(subscription) };
      const version = stage.version('watched', { environment, ...changes });
      try {
        await act(async (event) => jsonOf(await stage.invoke(version, event)), stage);
      } finally {
        await stage.invoker.close();
      }
      expect(stage.sandboxes.size, 'sandboxes left after close').toBe(0);
    }

    test('an extension gets all that happens from the start of init, as AWS words it', () =>
      withFunction({}, async (call, { lastRequestId }) => {
        await call({ print: 'line', lines: 2 });
        const first = lastRequestId();
        const { batches, replies } = await call({ waitFor: 'platform.report' });
        expect(replies).toEqual(subscribed);
        const taken = batches.flat();
        for (const { time } of taken) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
        const until = taken.findIndex(({ type }) => type === 'platform.report') + 1;
        expect(taken.slice(0, until).map(({ type, record }) => ({ type, record }))).toEqual(
          wholeLife(first),
        );
        expect(taken.slice(until).map(({ type }) => type)).toEqual(['platform.start']);
      }));

    test('over TCP and by the older API the records are those of that API', () =>
      withFunction(
        {
          path: '/2020-08-15/logs',
          protocol: 'TCP',
          request: {
            schemaVersion: '2021-03-18',
            types: ['platform', 'function'],
            buffering: quick,
          },
        },
        async (call, { lastRequestId }) => {
          await call({ print: 'line', lines: 1 });
          const requestId = lastRequestId();
          const { batches } = await call({ waitFor: 'platform.report' });
          const taken = batches.flat();
          expect(taken.slice(0, 8).map(({ type, record }) => ({ type, record }))).toEqual([
            {
              type: 'platform.logsSubscription',
              record: { name: 'watcher', state: 'Subscribed', types: ['platform', 'function'] },
            },
            { type: 'function', record: 'init says hello\n' },
            { type: 'platform.extension', record: { name: 'watcher', state: 'Ready', events: [] } },
            { type: 'platform.start', record: { requestId, version: '$LATEST' } },
            { type: 'function', record: 'line 0 \n' },
            { type: 'platform.runtimeDone', record: { requestId, status: 'success' } },
            { type: 'platform.end', record: { requestId } },
            {
              type: 'platform.report',
              record: { requestId, metrics: expect.objectContaining({ memorySizeMB: 256 }) },
            },
          ]);
        },
      ));

    test('a receiver that cuts connections and answers with errors gets everything all the same', () =>
      withFunction({ failures: ['cut', 500, 'cut', 400] }, async (call) => {
        await call({ print: 'line', lines: 3 });
        const { batches } = await call({ waitFor: 'platform.report' });
        const types = batches.flat().map(({ type }) => type);
        expect(types[0]).toBe('platform.initStart');
        expect(types.filter((type) => type === 'function')).toHaveLength(4);
      }));

    test('a receiver that never answers harms nobody, whatever is written', () =>
      withFunction({ failures: ['hang'] }, async (call) => {
        for (let round = 0; round < 3; round++) {
          const answer = await call({ print: 'flood', lines: 10_000, size: 100 });
          expect(answer.count).toBe(0);
        }
      }));

    test('an init that fails is told with its phase, in the first attempt and in the next', () =>
      withFunction(
        { fails: 'init' },
        async (call, { invoker, lines }) => {
          expect(await call({})).toMatchObject({ errorType: 'Runtime.ExitError' });
          await invoker.close();
          const told = lines
            .filter(({ message }) => message.includes('"platform.init'))
            .map(({ message }) => JSON.parse(message));
          const failed = { status: 'error', errorType: 'Runtime.ExitError' };
          const attempt = (phase: string): readonly object[] => [
            { type: 'platform.initStart', record: { phase } },
            { type: 'platform.initRuntimeDone', record: { phase, ...failed } },
            { type: 'platform.initReport', record: { phase, ...failed } },
          ];
          expect(told).toMatchObject([...attempt('init'), ...attempt('invoke')]);
        },
        { logging: { format: 'JSON', group: '/aws/lambda/watched', systemLevel: 'DEBUG' } },
      ));

    async function extensionLayer(): Promise<Partial<FunctionVersion>> {
      const place = path.join(folder, 'layer-watches/extensions');
      await mkdir(place, { recursive: true });
      const source = path.join(import.meta.dirname, 'fixtures/extensions/python-telemetry');
      await copyFile(source, path.join(place, 'watches'));
      await chmod(path.join(place, 'watches'), 0o755);
      return { layers: [{ arn: 'arn', code: { sha256: 'layer-watches', sizeBytes: 1 } }] };
    }

    // Without isolation nothing is found under the name sandbox.localdomain.
    const isIsolated = !name.includes('process');

    test.runIf(isIsolated)(
      'an extension of its own has everything before it is told to end',
      async () =>
        withFunction(
          { path: '/nowhere' },
          async (call, stage) => {
            await call({ print: 'line', lines: 1 });
            const last = stage.lastRequestId();
            await stage.invoker.close();
            const taken = toldBy(stage);
            const types = taken.map(({ type }) => type);
            // The runtime starts when the extension has registered, and does not wait for more.
            const beside = [
              'platform.telemetrySubscription',
              'platform.extension',
              'extension',
              'function',
            ];
            expect(types.filter((type) => !beside.includes(type))).toEqual([
              'platform.initStart',
              'platform.initRuntimeDone',
              'platform.initReport',
              'platform.start',
              'platform.runtimeDone',
              'platform.report',
            ]);
            expect(types.filter((type) => beside.includes(type)).toSorted()).toEqual([
              'extension',
              'function',
              'function',
              'platform.extension',
              'platform.extension',
              'platform.telemetrySubscription',
            ]);
            expect(taken.at(-1)?.record).toMatchObject({ requestId: last, status: 'success' });
            expect(taken.find(({ type }) => type === 'extension')?.record).toBe(
              'watches subscribed "OK"\n',
            );
          },
          await extensionLayer(),
        ),
    );

    test.runIf(isIsolated)('an extension of its own knows of a timeout before it ends', async () =>
      withFunction(
        { path: '/nowhere' },
        async (call, stage) => {
          const answer = await call({ waitFor: 'never' });
          expect(answer).toMatchObject({ errorType: 'Sandbox.Timedout' });
          await stage.invoker.close();
          const done = toldBy(stage).filter(({ type }) => type === 'platform.runtimeDone');
          expect(done).toMatchObject([
            { record: { status: 'timeout', metrics: { producedBytes: 0 } } },
          ]);
        },
        { ...(await extensionLayer()), timeoutSeconds: 2 },
      ),
    );

    test('a subscription after init, without an identifier or with nonsense is refused', () =>
      withFunction(
        {
          before: [
            { body: { types: [], destination: { protocol: 'HTTP', URI: 'http://sandbox' } } },
            { path: '/2020-08-15/logs', body: { schemaVersion: '2020-08-15' } },
          ],
        },
        async (call) => {
          const { replies } = await call({ late: true });
          expect(replies).toEqual([
            {
              status: 400,
              body:
                '{"errorMessage":"URI port is not provided; types should not be empty",' +
                '"errorType":"ValidationError"}\n',
            },
            { status: 200, body: '"OK"' },
            {
              status: 400,
              body:
                '{"errorMessage":"The extension is subscribed by the Logs API already",' +
                '"errorType":"ValidationError"}\n',
            },
            {
              status: 403,
              body:
                '{"errorMessage":"Telemetry API subscription is closed already",' +
                '"errorType":"Telemetry.SubscriptionClosed"}\n',
            },
          ]);
        },
      ));
  });
}

/** What the extension of its own said at its end. */
function toldBy({ lines }: Stage): readonly Taken[] {
  const text = lines.map(({ message }) => message).join('');
  expect(text).toContain('watches subscribed "OK"\n');
  return JSON.parse(/^watches got (.*)$/m.exec(text)?.[1] ?? '[]');
}

/** The events of an environment until the end of its first invocation, which wrote two lines. */
function wholeLife(requestId: string): readonly object[] {
  const number = expect.any(Number);
  const init = { initializationType: 'on-demand', phase: 'init' };
  const span = (name: string): object => ({
    name,
    start: expect.stringMatching(/Z$/),
    durationMs: number,
  });
  return [
    {
      type: 'platform.initStart',
      record: {
        ...init,
        runtimeVersion: 'test:26.v1',
        runtimeVersionArn: expect.stringMatching(
          /^arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}$/,
        ),
        functionName: 'watched',
        functionVersion: '$LATEST',
        instanceId: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/watched\[\$LATEST\][0-9a-f]{32}$/),
        instanceMaxMemory: 268_435_456,
      },
    },
    {
      type: 'platform.telemetrySubscription',
      record: { name: 'watcher', state: 'Subscribed', types: all },
    },
    { type: 'function', record: 'init says hello\n' },
    { type: 'platform.initRuntimeDone', record: { ...init, status: 'success' } },
    { type: 'platform.extension', record: { name: 'watcher', state: 'Ready', events: [] } },
    {
      type: 'platform.initReport',
      record: { ...init, status: 'success', metrics: { durationMs: number } },
    },
    {
      type: 'platform.start',
      record: {
        requestId,
        functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:watched',
        version: '$LATEST',
      },
    },
    { type: 'function', record: 'line 0 \n' },
    { type: 'function', record: 'line 1 \n' },
    {
      type: 'platform.runtimeDone',
      record: {
        requestId,
        status: 'success',
        spans: [span('responseLatency'), span('responseDuration'), span('runtimeOverhead')],
        metrics: { durationMs: number, producedBytes: number },
      },
    },
    {
      type: 'platform.report',
      record: {
        requestId,
        metrics: {
          durationMs: number,
          billedDurationMs: number,
          memorySizeMB: 256,
          maxMemoryUsedMB: number,
          initDurationMs: number,
        },
        status: 'success',
        spans: [span('extensionOverhead')],
      },
    },
  ];
}
