/**
 * The lines that the platform's events become in a function's log, in both formats, exactly as
 * recorded on AWS. Pure. An event may have no line: in JSON where the function's system log level
 * says so, in text because AWS writes none.
 */
import type { LoggingConfiguration } from '../../core/function-version.ts';
import {
  systemLevel,
  type InitReportRecord,
  type PlatformEvent,
  type ReportRecord,
  type SubscriptionRecord,
  type SystemLevel,
} from './platform-event.ts';

export type LineOf = (event: PlatformEvent, atMs: number) => string | undefined;

export function platformLines({ format, systemLevel: level }: LoggingConfiguration): LineOf {
  return format === 'JSON' ? jsonLines(level ?? 'INFO') : textLine;
}

const severity: Readonly<Record<string, number>> = { DEBUG: 0, INFO: 1, WARN: 2 };

function jsonLines(level: string): LineOf {
  const isLeft = (of: SystemLevel): boolean => (severity[of] ?? 1) >= (severity[level] ?? 1);
  return (event, atMs) => {
    // AWS: the JSON format has no END; `platform.runtimeDone` stands in its place.
    if (event.type === 'platform.end' || !isLeft(systemLevel(event))) return undefined;
    const { type, record } = event;
    return `${JSON.stringify({ time: new Date(atMs).toISOString(), type, record })}\n`;
  };
}

function textLine(event: PlatformEvent): string | undefined {
  switch (event.type) {
    case 'platform.initStart':
      // AWS: an init that runs inside an invocation has no line, and neither has an image, whose
      // runtime Lambda does not know.
      return event.record.phase === 'invoke' || event.record.runtimeVersion === ''
        ? undefined
        : `INIT_START Runtime Version: ${event.record.runtimeVersion}` +
            `\tRuntime Version ARN: ${event.record.runtimeVersionArn}\n`;
    case 'platform.initReport':
      return initReportLine(event.record);
    case 'platform.start':
      return `START RequestId: ${event.record.requestId} Version: ${event.record.version}\n`;
    case 'platform.end':
      return `END RequestId: ${event.record.requestId}\n`;
    case 'platform.report':
      return reportLine(event.record);
    case 'platform.extension':
      return (
        `EXTENSION\tName: ${event.record.name}\tState: ${event.record.state}` +
        `\tEvents: [${event.record.events.join(', ')}]` +
        (event.record.errorType === undefined ? '' : `\tError Type: ${event.record.errorType}`) +
        '\n'
      );
    case 'platform.telemetrySubscription':
    case 'platform.logsSubscription':
      return subscriptionLine(event.type, event.record);
    case 'platform.logsDropped':
      // AWS writes none; what was lost must be told all the same.
      return `[hearth] ${event.record.droppedBytes} bytes of output dropped: written faster than 5 MB/s\n`;
    case 'platform.initRuntimeDone':
    case 'platform.runtimeDone':
      return undefined;
  }
}

/** AWS: an init on demand is reported when it failed, one made ahead of need always. */
function initReportLine(record: InitReportRecord): string | undefined {
  if (record.status === 'success' && record.initializationType === 'on-demand') return undefined;
  return (
    `INIT_REPORT Init Duration: ${record.metrics.durationMs.toFixed(2)} ms` +
    `\tPhase: ${record.phase}\tStatus: ${record.status}${errorTypeField(record)}\n`
  );
}

function reportLine(record: ReportRecord): string {
  const { metrics } = record;
  const { initDurationMs } = metrics;
  return (
    `REPORT RequestId: ${record.requestId}\tDuration: ${metrics.durationMs.toFixed(2)} ms` +
    `\tBilled Duration: ${metrics.billedDurationMs} ms\tMemory Size: ${metrics.memorySizeMB} MB` +
    `\tMax Memory Used: ${metrics.maxMemoryUsedMB} MB\t` +
    (initDurationMs === undefined ? '' : `Init Duration: ${initDurationMs.toFixed(2)} ms\t`) +
    // AWS: a successful line ends with its tab, a failed one with the status.
    (record.status === 'success' ? '' : `Status: ${record.status}${errorTypeField(record)}`) +
    '\n'
  );
}

/** AWS: `Types: [Platform, Function]`; the word LOGS for the older API is from memory. */
function subscriptionLine(
  type: 'platform.telemetrySubscription' | 'platform.logsSubscription',
  { name, state, types }: SubscriptionRecord,
): string {
  const word = type === 'platform.logsSubscription' ? 'LOGS' : 'TELEMETRY';
  const names = types.map((each) => each.charAt(0).toUpperCase() + each.slice(1));
  return `${word}\tName: ${name}\tState: ${state}\tTypes: [${names.join(', ')}]\n`;
}

function errorTypeField(record: { readonly status: string; readonly errorType?: string }): string {
  return record.status === 'error' && record.errorType !== undefined
    ? `\tError Type: ${record.errorType}`
    : '';
}
