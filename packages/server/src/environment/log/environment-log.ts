/**
 * What one environment has to tell: the platform's events and the output of its programs, in one
 * order. Each becomes a line of the log where the function's logging has one for it, a part of
 * the tail for the invocation that asked for it, and telemetry for the extensions that subscribed.
 * The platform's lines come from here alone: output that looks like one is only output.
 */
import { bringsRuntime, type FunctionVersion } from '../../core/function-version.ts';
import { runtimeVersionArn } from '../../core/runtime-version-arn.ts';
import type { InitializationType } from '../../core/initialization-type.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import type { EnvironmentPlan } from '../prepare-environment.ts';
import type { RuntimeAnswer } from '../runtime-api/runtime-session.ts';
import { LOSS_REASON } from '../telemetry/subscriber.ts';
import type { Subscription } from '../telemetry/subscription.ts';
import type { Dialect, TelemetryEvent } from '../telemetry/telemetry-event.ts';
import { TelemetryRelay } from '../telemetry/telemetry-relay.ts';
import { applicationFilter } from './application-level.ts';
import { InvocationSpans } from './invocation-spans.ts';
import type { LogStream } from './log-stream.ts';
import { LogTail } from './log-tail.ts';
import { OrderedLines } from './ordered-lines.ts';
import { OutputBudget } from './output-budget.ts';
import { OutputLines } from './output-lines.ts';
import {
  roundedMs,
  type EventOutcome,
  type InitPhase,
  type PlatformEvent,
  type ReportRecord,
  type StartRecord,
} from './platform-event.ts';
import { platformLines, type LineOf } from './platform-lines.ts';

export type OutputStream = 'stdout' | 'stderr';
export type WriteOutput = (from: OutputStream, chunk: Uint8Array) => void;

export interface InvocationReport extends EventOutcome {
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMib: number;
  /** Of a cold start whose init succeeded. */
  readonly initMs?: number;
}

export interface InvocationStart {
  readonly requestId: string;
  readonly invokedArn: string;
  readonly traceHeader: string;
  readonly tenantId?: string;
  readonly wantsLogTail: boolean;
}

/** What there is to say about one of the extensions. */
export interface ExtensionFacts {
  readonly name: string;
  readonly phase: string;
  readonly events: readonly string[];
  readonly errorType: string | undefined;
}

/** By the wall clock. */
export interface InitSpan {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly hasFailed: boolean;
}

type InitPlan = Pick<EnvironmentPlan, 'installation' | 'logStream'>;

interface Entry {
  readonly atMs: number;
  readonly text: string | undefined;
  readonly event: TelemetryEvent | undefined;
}

const BYTES_PER_MIB = 1_048_576;
/** What extensions get of their last telemetry they get within this. */
const LAST_DELIVERY_MS = 200;

export class EnvironmentLog {
  /** The output of the runtime's process. */
  readonly write: WriteOutput;
  readonly #clock: Clock;
  readonly #stream: LogStream;
  readonly #version: FunctionVersion;
  readonly #initializationType: InitializationType;
  readonly #isJson: boolean;
  readonly #lineOf: LineOf;
  readonly #passes: ((line: string) => boolean) | undefined;
  readonly #ordered: OrderedLines<Entry>;
  readonly #outputs: OutputLines[] = [];
  readonly #budget: OutputBudget;
  readonly #relay: TelemetryRelay;
  #sandbox: Pick<Sandbox, 'connect'> | undefined;
  #phase: InitPhase = 'init';
  #isInitRuntimeDone = false;
  #lastInit: InitSpan | undefined;
  #invocation: Current | undefined;
  #tail: LogTail | undefined;
  #lastReport: Promise<unknown> = Promise.resolve();

  constructor(
    { clock, stream }: { readonly clock: Clock; readonly stream: LogStream },
    version: FunctionVersion,
    initializationType: InitializationType = 'on-demand',
  ) {
    const { logging } = version;
    const isJson = logging.format === 'JSON';
    this.#isJson = isJson;
    this.#clock = clock;
    this.#stream = stream;
    this.#version = version;
    this.#initializationType = initializationType;
    this.#lineOf = platformLines(logging);
    this.#passes = isJson ? applicationFilter(logging.applicationLevel) : undefined;
    this.#budget = new OutputBudget(clock.monotonicMs());
    this.#relay = new TelemetryRelay(
      (port) => this.#connect(port),
      () => clock.nowMs(),
      isJson,
    );
    this.#ordered = new OrderedLines(({ atMs, text, event }) => {
      if (text !== undefined) stream.append(atMs, text);
      if (event !== undefined) this.#relay.publish(event);
    });
    this.write = this.#openOutput('function');
  }

  /** For the output of one extension's process. */
  openExtensionOutput(): WriteOutput {
    return this.#openOutput('extension');
  }

  /** Where the extensions run from now on. Those of an earlier sandbox are gone. */
  deliverInto(sandbox: Pick<Sandbox, 'connect'>): void {
    this.#sandbox = sandbox;
  }

  initStart(phase: InitPhase, { installation, logStream }: InitPlan): void {
    const { name, version, memoryMib, region } = this.#version;
    const { versionLabel } = installation;
    this.#phase = phase;
    this.#isInitRuntimeDone = false;
    if (phase === 'invoke') this.#relay.reset();
    this.#emit({
      type: 'platform.initStart',
      record: {
        initializationType: this.#initializationType,
        phase,
        runtimeVersion: versionLabel,
        runtimeVersionArn: runtimeVersionArn(region, versionLabel),
        functionName: name,
        functionVersion: version,
        instanceId: logStream.replace('/[', `/${name}[`),
        instanceMaxMemory: memoryMib * BYTES_PER_MIB,
      },
    });
  }

  /** What AWS says of an image that cannot be started; of other functions nothing. */
  launchError(line: string | undefined): void {
    if (line !== undefined)
      this.#append({ atMs: this.#clock.nowMs(), text: `${line}\n`, event: undefined });
  }

  /** The runtime is ready, or never will be. Extensions may still be at work. */
  initRuntimeDone(outcome: EventOutcome): void {
    if (this.#isInitRuntimeDone) return;
    this.#isInitRuntimeDone = true;
    this.flushOutput();
    const record = { ...this.#init, ...picked(outcome) };
    this.#emit({ type: 'platform.initRuntimeDone', record });
  }

  /** When the latest init was, once. */
  takeInit(): InitSpan | undefined {
    const span = this.#lastInit;
    this.#lastInit = undefined;
    return span;
  }

  /** Init is over. */
  initReport(report: EventOutcome & { readonly durationMs: number }): void {
    this.initRuntimeDone(report);
    this.flushOutput();
    const endedAtMs = this.#clock.nowMs();
    const startedAtMs = endedAtMs - report.durationMs;
    this.#lastInit = { startedAtMs, endedAtMs, hasFailed: report.status !== 'success' };
    const metrics = { durationMs: roundedMs(report.durationMs) };
    const record = { ...this.#init, ...picked(report), metrics };
    this.#emit({ type: 'platform.initReport', record });
    this.#relay.closeSubscriptions();
  }

  get #init(): { readonly initializationType: InitializationType; readonly phase: InitPhase } {
    return { initializationType: this.#initializationType, phase: this.#phase };
  }

  /** Whether an extension has subscribed. */
  get hasSubscribers(): boolean {
    return this.#relay.hasSubscribers;
  }

  /** What has become of the extensions, at the end of init. */
  extensions(all: readonly ExtensionFacts[] = []): void {
    for (const { name, phase, events, errorType } of all) {
      const failure = errorType === undefined || errorType === '' ? {} : { errorType };
      const record = { name, state: phase, events, ...failure };
      this.#emit({ type: 'platform.extension', record });
    }
  }

  /** Whether init is still going on, in which alone an extension may subscribe. */
  get takesSubscriptions(): boolean {
    return this.#relay.isOpen;
  }

  /** Which API this extension has subscribed with. */
  subscribedApi(extension: string): Dialect['api'] | undefined {
    return this.#relay.apiOf(extension);
  }

  subscribe(extension: string, subscription: Subscription): void {
    this.#relay.subscribe(extension, subscription);
    const { dialect, kinds } = subscription;
    this.#emit({
      type: `platform.${dialect.api}Subscription`,
      record: { name: extension, state: 'Subscribed', types: kinds },
    });
  }

  /** Opens an invocation's part of the log: its tail starts here. */
  start(order: InvocationStart): void {
    this.flushOutput();
    this.#tail = order.wantsLogTail ? new LogTail() : undefined;
    const { requestId, invokedArn, traceHeader, tenantId } = order;
    const invocation: Current = {
      requestId,
      tenant: tenantId === undefined ? {} : { tenantId },
      // AWS: records carry the trace only where somebody keeps it.
      tracing: /(^|;)Sampled=1/.test(traceHeader)
        ? { tracing: { type: 'X-Amzn-Trace-Id', value: traceHeader } }
        : {},
      spans: new InvocationSpans(this.#clock),
      isRuntimeDone: false,
    };
    this.#invocation = invocation;
    this.#emit({
      type: 'platform.start',
      record: {
        requestId,
        functionArn: invokedArn,
        version: this.#version.version,
        ...invocation.tenant,
        ...invocation.tracing,
      },
    });
  }

  /** The runtime begins to send its answer. */
  answering(): void {
    this.#invocation?.spans.answering();
  }

  /** All of the answer is here. */
  answered(answer: RuntimeAnswer): void {
    this.#invocation?.spans.answered(sizeOf(answer));
  }

  /** The runtime asks for its next event; what it wrote before may still be on its way. */
  parked(): void {
    this.#invocation?.spans.parked();
  }

  /** The runtime is done with the event, or never will be. Extensions may still be at work. */
  runtimeDone(outcome: EventOutcome): void {
    const invocation = this.#invocation;
    if (invocation === undefined || invocation.isRuntimeDone) return;
    invocation.isRuntimeDone = true;
    this.flushOutput();
    // In the text format it has no line: most invocations are spared its figures.
    if (!this.#isJson && !this.#relay.isWatched) return;
    const { requestId, tracing, spans } = invocation;
    const metrics = spans.metrics();
    const ofRuntime = spans.ofRuntime();
    this.#emit({
      type: 'platform.runtimeDone',
      record: {
        requestId,
        ...picked(outcome),
        ...tracing,
        ...(ofRuntime.length === 0 ? {} : { spans: ofRuntime }),
        metrics,
      },
    });
  }

  /**
   * Ends an invocation's part. The place of its REPORT is kept until the memory peak is known;
   * resolves then, with the tail where one was kept. `peakMib` never rejects.
   */
  report(
    report: InvocationReport,
    peakMib: Promise<number>,
    hasExtensions = false,
  ): Promise<Uint8Array | undefined> {
    const invocation = this.#invocation;
    if (invocation === undefined) return Promise.resolve(undefined);
    this.runtimeDone(report);
    this.#invocation = undefined;
    this.flushOutput();
    const { requestId, tenant, tracing } = invocation;
    const spans = hasExtensions ? { spans: invocation.spans.ofExtensions() } : {};
    this.#emit({ type: 'platform.end', record: { requestId } });
    const atMs = this.#clock.nowMs();
    const place = this.#ordered.reserve();
    const tail = this.#tail;
    this.#tail = undefined;
    const written = peakMib.then((peak) => {
      const metrics = metricsOf(report, peak);
      const record = { requestId, ...tenant, metrics, ...picked(report), ...tracing, ...spans };
      const event = { type: 'platform.report', record } as const;
      const text = this.#lineOf(event, atMs);
      place({ atMs, text, event: { ...event, atMs } });
      if (text !== undefined) tail?.append(text);
      return tail?.bytes();
    });
    this.#lastReport = written;
    return written;
  }

  /** Unfinished lines become lines, and what was dropped is told. */
  flushOutput(): void {
    for (const output of this.#outputs) output.flush();
    const dropped = this.#budget.takeDropped();
    if (dropped === undefined) return;
    const record = {
      droppedBytes: dropped.bytes,
      // Nobody looked for line ends in them: as many as were written at once.
      droppedRecords: dropped.chunks,
      reason: LOSS_REASON,
    };
    this.#emit({ type: 'platform.logsDropped', record });
  }

  /**
   * What extensions did not get yet is sent before they are told to end. Resolves when it was
   * taken, or after a moment: a receiver that does not take it must not keep anything waiting.
   */
  async flushTelemetry(): Promise<void> {
    if (!this.hasSubscribers) return;
    this.flushOutput();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_DELIVERY_MS);
    const flushed = this.#lastReport.then(() => this.#relay.flush());
    await Promise.race([flushed, promise]);
    clearTimeout(timer);
  }

  /** The environment is gone: sends the rest to the log. */
  async end(): Promise<void> {
    this.#relay.close();
    this.flushOutput();
    await this.#lastReport;
    await this.#stream.end();
  }

  async #connect(port: number): ReturnType<Sandbox['connect']> {
    if (this.#sandbox === undefined) throw new Error('There is no sandbox yet.');
    return await this.#sandbox.connect(port);
  }

  #openOutput(type: 'function' | 'extension'): WriteOutput {
    const isManaged = !bringsRuntime(this.#version);
    const emit = (line: string): void => this.#emitLine(type, isManaged ? rejoined(line) : line);
    const lines = { stdout: new OutputLines(emit), stderr: new OutputLines(emit) };
    this.#outputs.push(lines.stdout, lines.stderr);
    return (from, chunk) => {
      if (this.#budget.spend(chunk.length, this.#clock.monotonicMs())) lines[from].write(chunk);
    };
  }

  #emitLine(type: 'function' | 'extension', line: string): void {
    const atMs = this.#clock.nowMs();
    // AWS: log levels decide what CloudWatch gets, not what extensions get.
    const text = this.#passes === undefined || this.#passes(line) ? line : undefined;
    const event = this.#relay.isWatched ? { type, record: line, atMs } : undefined;
    this.#append({ atMs, text, event });
  }

  #emit(event: PlatformEvent): void {
    const atMs = this.#clock.nowMs();
    const text = this.#lineOf(event, atMs);
    const told = this.#relay.isWatched ? { ...event, atMs } : undefined;
    if (text !== undefined || told !== undefined) this.#append({ atMs, text, event: told });
  }

  #append(entry: Entry): void {
    this.#ordered.append(entry);
    if (entry.text !== undefined) this.#tail?.append(entry.text);
  }
}

interface Current {
  readonly requestId: string;
  readonly tenant: Pick<StartRecord, 'tenantId'>;
  readonly tracing: Pick<StartRecord, 'tracing'>;
  readonly spans: InvocationSpans;
  isRuntimeDone: boolean;
}

function sizeOf(answer: RuntimeAnswer): number {
  if (answer.kind === 'too-large') return 0;
  return (answer.kind === 'response' ? answer.streamedBytes : undefined) ?? answer.payload.length;
}

function picked({ status, errorType }: EventOutcome): EventOutcome {
  return errorType === undefined ? { status } : { status, errorType };
}

function metricsOf(report: InvocationReport, peakMib: number): ReportRecord['metrics'] {
  const { initMs } = report;
  return {
    durationMs: roundedMs(report.durationMs),
    billedDurationMs: report.billedMs,
    memorySizeMB: report.memoryMib,
    maxMemoryUsedMB: peakMib,
    ...(initMs === undefined ? {} : { initDurationMs: roundedMs(initMs) }),
  };
}

/**
 * A managed runtime writes a message of several lines as one line, joined by carriage returns;
 * in the log it is one event with real line ends again, as on AWS.
 */
function rejoined(line: string): string {
  return line.includes('\r') ? line.replaceAll(/\r(?!\n)/g, '\n') : line;
}
