/**
 * The lines that the platform itself writes into a function's log, in both formats, exactly as
 * recorded on AWS. Pure. In JSON a line is left out when the function's system log level says so.
 */
import type { LoggingConfiguration } from '../../core/function-version.ts';

export interface PlatformLines {
  initStart(start: InitStart): string | undefined;
  initReport(report: InitReport): string | undefined;
  start(requestId: string, version: string, tenantId?: string): string | undefined;
  end(requestId: string, report: Omit<InvocationReport, 'peakMib'>): string | undefined;
  report(requestId: string, report: InvocationReport): string | undefined;
}

export interface InitStart {
  readonly runtimeVersion: string;
  readonly runtimeVersionArn: string;
  readonly functionName: string;
  readonly functionVersion: string;
}

/** Only failed inits of on-demand environments are reported. */
export interface InitReport {
  readonly durationMs: number;
  readonly phase: 'init' | 'invoke';
  readonly status: 'error' | 'timeout';
  readonly errorType?: string;
}

export interface InvocationReport {
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMib: number;
  readonly peakMib: number;
  /** Of a cold start whose init succeeded. */
  readonly initMs?: number;
  readonly status: 'success' | 'error' | 'timeout';
  readonly errorType?: string;
  /** AWS: in the JSON format alone. */
  readonly tenantId?: string;
}

/** `nowMs` stamps the JSON lines; it is called once for each. */
export function platformLines(logging: LoggingConfiguration, nowMs: () => number): PlatformLines {
  return logging.format === 'JSON' ? jsonLines(logging.systemLevel ?? 'INFO', nowMs) : textLines;
}

const textLines: PlatformLines = {
  initStart: (start) =>
    `INIT_START Runtime Version: ${start.runtimeVersion}` +
    `\tRuntime Version ARN: ${start.runtimeVersionArn}\n`,
  initReport: (report) =>
    `INIT_REPORT Init Duration: ${report.durationMs.toFixed(2)} ms` +
    `\tPhase: ${report.phase}\tStatus: ${report.status}${errorTypeField(report)}\n`,
  start: (requestId, version) => `START RequestId: ${requestId} Version: ${version}\n`,
  end: (requestId) => `END RequestId: ${requestId}\n`,
  report: (requestId, report) =>
    `REPORT RequestId: ${requestId}\tDuration: ${report.durationMs.toFixed(2)} ms` +
    `\tBilled Duration: ${report.billedMs} ms\tMemory Size: ${report.memoryMib} MB` +
    `\tMax Memory Used: ${report.peakMib} MB\t` +
    (report.initMs === undefined ? '' : `Init Duration: ${report.initMs.toFixed(2)} ms\t`) +
    // AWS: a successful line ends with its tab, a failed one with the status.
    (report.status === 'success' ? '' : `Status: ${report.status}${errorTypeField(report)}`) +
    '\n',
};

function errorTypeField(report: { readonly status: string; readonly errorType?: string }): string {
  return report.status === 'error' && report.errorType !== undefined
    ? `\tError Type: ${report.errorType}`
    : '';
}

const severity: Readonly<Record<string, number>> = { DEBUG: 0, INFO: 1, WARN: 2 };

function jsonLines(level: string, nowMs: () => number): PlatformLines {
  const least = severity[level] ?? 1;
  const line = (of: 'DEBUG' | 'INFO' | 'WARN', type: string, record: object) =>
    (severity[of] ?? 1) < least
      ? undefined
      : `${JSON.stringify({ time: new Date(nowMs()).toISOString(), type, record })}\n`;
  return {
    initStart: (start) =>
      line('INFO', 'platform.initStart', {
        initializationType: 'on-demand',
        phase: 'init',
        ...start,
      }),
    initReport: ({ durationMs, phase, status, errorType }) =>
      line('WARN', 'platform.initReport', {
        initializationType: 'on-demand',
        phase,
        status,
        ...(errorType === undefined ? {} : { errorType }),
        metrics: { durationMs: rounded(durationMs) },
      }),
    start: (requestId, version, tenantId) =>
      line('INFO', 'platform.start', { requestId, version, ...tenantField(tenantId) }),
    // AWS: the JSON format has no END; what stands in its place is the end of the runtime's work.
    end: (requestId, report) =>
      line(report.status === 'success' ? 'DEBUG' : 'WARN', 'platform.runtimeDone', {
        requestId,
        ...outcomeFields(report),
        metrics: { durationMs: rounded(report.durationMs) },
      }),
    report: (requestId, report) =>
      line(report.status === 'success' ? 'INFO' : 'WARN', 'platform.report', {
        requestId,
        ...tenantField(report.tenantId),
        metrics: {
          durationMs: rounded(report.durationMs),
          billedDurationMs: report.billedMs,
          memorySizeMB: report.memoryMib,
          maxMemoryUsedMB: report.peakMib,
          ...(report.initMs === undefined ? {} : { initDurationMs: rounded(report.initMs) }),
        },
        ...outcomeFields(report),
      }),
  };
}

function tenantField(tenantId: string | undefined): object {
  return tenantId === undefined ? {} : { tenantId };
}

function outcomeFields(report: Pick<InvocationReport, 'status' | 'errorType'>): object {
  const { status, errorType } = report;
  return errorType === undefined ? { status } : { status, errorType };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
