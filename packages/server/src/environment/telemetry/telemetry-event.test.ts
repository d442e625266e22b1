import { expect, test } from 'vitest';
import {
  encode,
  type Dialect,
  type SchemaVersion,
  type TelemetryEvent,
} from './telemetry-event.ts';

const atMs = Date.UTC(2022, 9, 12, 0, 3, 50, 7);
const line = '{"level":"INFO","message":"Hello world"}\n';
const requestId = '6f7f0961-f834-4211-8a7a-f6fe80b88d56';

function records(
  event: TelemetryEvent,
  schemaVersion: SchemaVersion,
  isJson = false,
): readonly unknown[] {
  const api = schemaVersion < '2022' ? 'logs' : 'telemetry';
  const dialect: Dialect = { api, schemaVersion };
  return encode(event, dialect, isJson).map((text) => JSON.parse(text));
}

test.for([
  ['2025-01-29', true, JSON.parse(line)],
  ['2022-12-13', true, JSON.parse(line)],
  ['2022-12-13', false, line],
  ['2022-07-01', true, line],
  ['2021-03-18', true, line],
] as const)('in schema %s, with JSON logs: %s, a line is %j', ([version, isJson, record]) => {
  const time = '2022-10-12T00:03:50.007Z';
  expect(records({ type: 'function', record: line, atMs }, version, isJson)).toEqual([
    { time, type: 'function', record },
  ]);
});

test.for(['plain text\n', '{broken\n', '[1]\n', '{"a":1} and more\n'])(
  'a line that is no JSON object stays a string: %j',
  (record) => {
    expect(records({ type: 'extension', record, atMs }, '2022-12-13', true)).toMatchObject([
      { type: 'extension', record },
    ]);
  },
);

test.for([
  ['2020-08-15', 'success', []],
  ['2020-08-15', 'error', ['platform.fault']],
  ['2021-03-18', 'timeout', ['platform.runtimeDone']],
  ['2021-03-18', 'error', ['platform.runtimeDone', 'platform.fault']],
  ['2022-07-01', 'error', ['platform.runtimeDone']],
] as const)('in schema %s the end of a runtime with %s is %j', ([version, status, types]) => {
  const record = { requestId, status, metrics: { durationMs: 1, producedBytes: 0 } };
  const told = records({ type: 'platform.runtimeDone', record, atMs }, version);
  expect(told.map((each) => (each as { type: string }).type)).toEqual(types);
});

test('the Logs API calls a failed runtime a failure, and tells its fault as AWS does', () => {
  const record = {
    requestId,
    status: 'error',
    errorType: 'Runtime.ExitError',
    metrics: { durationMs: 1, producedBytes: 0 },
  } as const;
  expect(records({ type: 'platform.runtimeDone', record, atMs }, '2021-03-18')).toMatchObject([
    { record: { requestId, status: 'failure' } },
    { record: `RequestId: ${requestId} Process exited before completing request` },
  ]);
});
