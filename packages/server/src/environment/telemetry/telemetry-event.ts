/**
 * An event on its way to extensions, and how it reads for each version of the two APIs. Pure.
 * Mirrors "Telemetry API event schema reference" and the older "Using the Lambda Logs API".
 */
import type { PlatformEvent, TelemetryKind } from '../log/platform-event.ts';

export type TelemetryEvent = { readonly atMs: number } & (PlatformEvent | OutputEvent);

/** A line as it was written, with its line end. */
interface OutputEvent {
  readonly type: 'function' | 'extension';
  readonly record: string;
}

export type SchemaVersion =
  | '2020-08-15'
  | '2021-03-18'
  | '2022-07-01'
  | '2022-12-13'
  | '2025-01-29';

export interface Dialect {
  readonly api: 'telemetry' | 'logs';
  readonly schemaVersion: SchemaVersion;
}

export function kindOf({ type }: TelemetryEvent): TelemetryKind {
  return type === 'function' || type === 'extension' ? type : 'platform';
}

/** The JSON texts that the event is in this dialect; none where it does not know the event. */
export function encode(
  { atMs, ...event }: TelemetryEvent,
  dialect: Dialect,
  isJson: boolean,
): readonly string[] {
  const time = new Date(atMs).toISOString();
  const text = (type: string, record: unknown): string => JSON.stringify({ time, type, record });
  if (isOutput(event)) {
    // AWS: before 2022-12-13 a record is a string, whatever the function's log format.
    const isObject = isJson && dialect.api === 'telemetry' && dialect.schemaVersion >= '2022-12-13';
    return [text(event.type, (isObject ? objectIn(event.record) : undefined) ?? event.record)];
  }
  return dialect.api === 'telemetry'
    ? isTelemetry(event)
      ? [text(event.type, event.record)]
      : []
    : logsRecords(event, dialect.schemaVersion).map(({ type, record }) => text(type, record));
}

function isOutput(event: PlatformEvent | OutputEvent): event is OutputEvent {
  return event.type === 'function' || event.type === 'extension';
}

function isTelemetry({ type }: PlatformEvent): boolean {
  return type !== 'platform.end' && type !== 'platform.logsSubscription';
}

/** What the Logs API has of the model: fewer events, with fewer members. */
function logsRecords(
  event: PlatformEvent,
  version: SchemaVersion,
): readonly { readonly type: string; readonly record: unknown }[] {
  const { type } = event;
  switch (type) {
    case 'platform.start': {
      const { requestId, version: functionVersion } = event.record;
      return [{ type, record: { requestId, version: functionVersion } }];
    }
    case 'platform.runtimeDone': {
      const { requestId, status } = event.record;
      const isFailed = status === 'error' || status === 'failure';
      return [
        ...(version === '2020-08-15'
          ? []
          : [{ type, record: { requestId, status: isFailed ? 'failure' : status } }]),
        ...(isFailed
          ? [
              {
                type: 'platform.fault',
                record: `RequestId: ${requestId} Process exited before completing request`,
              },
            ]
          : []),
      ];
    }
    case 'platform.report': {
      const { requestId, metrics } = event.record;
      return [{ type, record: { requestId, metrics } }];
    }
    case 'platform.end':
    case 'platform.extension':
    case 'platform.logsSubscription':
    case 'platform.logsDropped':
      return [{ type, record: event.record }];
    case 'platform.initStart':
    case 'platform.initRuntimeDone':
    case 'platform.initReport':
    case 'platform.telemetrySubscription':
      return [];
  }
}

function objectIn(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
