import { expect, test } from 'vitest';
import { platformLines } from './platform-lines.ts';
import type { PlatformEvent } from './platform-event.ts';

const text = platformLines({ format: 'Text', group: '/g' });
const jsonAt = (systemLevel: string): ReturnType<typeof platformLines> =>
  platformLines({ format: 'JSON', group: '/g', systemLevel });

const init = { initializationType: 'on-demand', phase: 'init' } as const;
const requestId = '79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36';

/** The records are those of lines that AWS wrote. */
const recorded: readonly (readonly [
  PlatformEvent,
  string | undefined,
  'DEBUG' | 'INFO' | 'WARN',
])[] = [
  [
    {
      type: 'platform.initStart',
      record: {
        ...init,
        runtimeVersion: 'nodejs:22.mainline.v122',
        runtimeVersionArn: 'arn:aws:lambda:eu-central-1::runtime:775d',
        functionName: 'notifier',
        functionVersion: '$LATEST',
        instanceId: '2026/10/08/notifier[$LATEST]22be53a8cfde4e68b844f8ec293b2543',
        instanceMaxMemory: 268_435_456,
      },
    },
    'INIT_START Runtime Version: nodejs:22.mainline.v122\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:775d\n',
    'INFO',
  ],
  [
    { type: 'platform.initRuntimeDone', record: { ...init, status: 'success' } },
    undefined,
    'DEBUG',
  ],
  [
    {
      type: 'platform.initReport',
      record: { ...init, status: 'success', metrics: { durationMs: 173.778 } },
    },
    undefined,
    'DEBUG',
  ],
  [
    {
      type: 'platform.initReport',
      record: { ...init, status: 'timeout', metrics: { durationMs: 10_000.487 } },
    },
    'INIT_REPORT Init Duration: 10000.49 ms\tPhase: init\tStatus: timeout\n',
    'WARN',
  ],
  [
    {
      type: 'platform.start',
      record: {
        requestId,
        functionArn: 'arn:aws:lambda:eu-central-1:8:function:f',
        version: '$LATEST',
      },
    },
    `START RequestId: ${requestId} Version: $LATEST\n`,
    'INFO',
  ],
  [
    {
      type: 'platform.runtimeDone',
      record: { requestId, status: 'timeout', metrics: { durationMs: 5001.182, producedBytes: 0 } },
    },
    undefined,
    'WARN',
  ],
  [
    {
      type: 'platform.report',
      record: {
        requestId,
        metrics: {
          durationMs: 1233.96,
          billedDurationMs: 1698,
          memorySizeMB: 256,
          maxMemoryUsedMB: 123,
          initDurationMs: 463.512,
        },
        status: 'success',
      },
    },
    `REPORT RequestId: ${requestId}\tDuration: 1233.96 ms\tBilled Duration: 1698 ms\tMemory Size: 256 MB\tMax Memory Used: 123 MB\tInit Duration: 463.51 ms\t\n`,
    'INFO',
  ],
  [
    {
      type: 'platform.telemetrySubscription',
      record: {
        name: 'datadog-agent',
        state: 'Subscribed',
        types: ['platform', 'function', 'extension'],
      },
    },
    'TELEMETRY\tName: datadog-agent\tState: Subscribed\tTypes: [Platform, Function, Extension]\n',
    'INFO',
  ],
  [
    {
      type: 'platform.extension',
      record: { name: 'datadog-agent', state: 'Ready', events: ['INVOKE', 'SHUTDOWN'] },
    },
    'EXTENSION\tName: datadog-agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n',
    'INFO',
  ],
];

test.for(recorded)('%j is the line %j, and a record at level %s', ([event, line, level]) => {
  const atMs = Date.UTC(2026, 9, 8, 7, 30, 27, 768);
  expect(text(event, atMs)).toBe(line);
  const written = `${JSON.stringify({ time: '2026-10-08T07:30:27.768Z', ...event })}\n`;
  const levels = ['DEBUG', 'INFO', 'WARN'];
  for (const least of levels) {
    const passes = levels.indexOf(level) >= levels.indexOf(least);
    expect(jsonAt(least)(event, atMs)).toBe(passes ? written : undefined);
  }
});

test('an init inside an invocation has no line in text, and its record in JSON', () => {
  const [event] = recorded[0]!;
  const again = { ...event, record: { ...event.record, phase: 'invoke' } } as PlatformEvent;
  expect(text(again, 0)).toBe(undefined);
  expect(jsonAt('INFO')(again, 0)).toContain('"phase":"invoke"');
});
