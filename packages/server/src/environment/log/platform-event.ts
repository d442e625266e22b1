/**
 * What the platform has to say about an environment, as one model: each event is AWS's own record,
 * member by member. The lines of the log in both formats and the telemetry that extensions get are
 * made from it. Mirrors AWS's "Telemetry API event schema reference"; the order of members is
 * that of records that AWS wrote in 2024 to 2026. Pure.
 */
import type { InitializationType } from '../../core/initialization-type.ts';

export type InitPhase = 'init' | 'invoke';
export type EventStatus = 'success' | 'failure' | 'error' | 'timeout';

export interface EventOutcome {
  readonly status: EventStatus;
  /** Only beside `error` and `failure`. */
  readonly errorType?: string;
}

export interface TraceContext {
  readonly spanId?: string;
  readonly type: 'X-Amzn-Trace-Id';
  readonly value: string;
}

export interface Span {
  readonly name: 'responseLatency' | 'responseDuration' | 'runtimeOverhead' | 'extensionOverhead';
  /** ISO 8601, in milliseconds. */
  readonly start: string;
  readonly durationMs: number;
}

export interface InitStartRecord {
  readonly initializationType: InitializationType;
  readonly phase: InitPhase;
  readonly runtimeVersion: string;
  readonly runtimeVersionArn: string;
  readonly functionName: string;
  readonly functionVersion: string;
  /** AWS: the name of a log stream with the function's name in it. */
  readonly instanceId: string;
  /** In bytes. */
  readonly instanceMaxMemory: number;
}

export interface InitRuntimeDoneRecord extends EventOutcome {
  readonly initializationType: InitializationType;
  readonly phase: InitPhase;
}

export interface InitReportRecord extends EventOutcome {
  readonly initializationType: InitializationType;
  readonly phase: InitPhase;
  readonly metrics: { readonly durationMs: number };
}

export interface StartRecord {
  readonly requestId: string;
  readonly functionArn: string;
  readonly version: string;
  readonly tenantId?: string;
  readonly tracing?: TraceContext;
}

export interface RuntimeDoneRecord extends EventOutcome {
  readonly requestId: string;
  readonly tracing?: TraceContext;
  readonly spans?: readonly Span[];
  readonly metrics: { readonly durationMs: number; readonly producedBytes: number };
}

export interface ReportRecord extends EventOutcome {
  readonly requestId: string;
  readonly tenantId?: string;
  readonly metrics: {
    readonly durationMs: number;
    readonly billedDurationMs: number;
    readonly memorySizeMB: number;
    readonly maxMemoryUsedMB: number;
    /** Of a cold start whose init succeeded. */
    readonly initDurationMs?: number;
  };
  readonly tracing?: TraceContext;
  readonly spans?: readonly Span[];
}

export interface ExtensionRecord {
  readonly name: string;
  /** AWS's name of its state: `Ready`, `Registered`, `LaunchError`, ... */
  readonly state: string;
  readonly events: readonly string[];
  readonly errorType?: string;
}

export type TelemetryKind = 'platform' | 'function' | 'extension';

export interface SubscriptionRecord {
  readonly name: string;
  readonly state: 'Subscribed';
  readonly types: readonly TelemetryKind[];
}

export interface LogsDroppedRecord {
  readonly droppedBytes: number;
  readonly droppedRecords: number;
  readonly reason: string;
}

export type PlatformEvent =
  | { readonly type: 'platform.initStart'; readonly record: InitStartRecord }
  | { readonly type: 'platform.initRuntimeDone'; readonly record: InitRuntimeDoneRecord }
  | { readonly type: 'platform.initReport'; readonly record: InitReportRecord }
  | { readonly type: 'platform.start'; readonly record: StartRecord }
  | { readonly type: 'platform.runtimeDone'; readonly record: RuntimeDoneRecord }
  /** Of the older Logs API and of the text format only. */
  | { readonly type: 'platform.end'; readonly record: { readonly requestId: string } }
  | { readonly type: 'platform.report'; readonly record: ReportRecord }
  | { readonly type: 'platform.extension'; readonly record: ExtensionRecord }
  | {
      readonly type: 'platform.telemetrySubscription' | 'platform.logsSubscription';
      readonly record: SubscriptionRecord;
    }
  | { readonly type: 'platform.logsDropped'; readonly record: LogsDroppedRecord };

export type SystemLevel = 'DEBUG' | 'INFO' | 'WARN';

/** AWS: the guide's table "System log level event mapping". */
export function systemLevel(event: PlatformEvent): SystemLevel {
  switch (event.type) {
    case 'platform.initStart':
    case 'platform.start':
    case 'platform.end':
    case 'platform.telemetrySubscription':
    case 'platform.logsSubscription':
      return 'INFO';
    case 'platform.initReport':
      if (event.record.status !== 'success') return 'WARN';
      return event.record.initializationType === 'on-demand' ? 'DEBUG' : 'INFO';
    case 'platform.initRuntimeDone':
    case 'platform.runtimeDone':
      return event.record.status === 'success' ? 'DEBUG' : 'WARN';
    case 'platform.report':
      return event.record.status === 'success' ? 'INFO' : 'WARN';
    case 'platform.extension':
      return event.record.errorType === undefined ? 'INFO' : 'WARN';
    case 'platform.logsDropped':
      return 'WARN';
  }
}

/** Milliseconds as AWS writes them: three digits behind the point at most. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
