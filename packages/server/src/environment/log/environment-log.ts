/**
 * The log of one environment: the platform's lines and the function's output in one order, sent
 * to its stream, and kept as a tail for the invocation that asked for it. Platform lines come
 * from here alone: output that looks like one is only output.
 */
import type { FunctionVersion } from '../../core/function-version.ts';
import type { Clock } from '../../lib/clock.ts';
import { applicationFilter } from './application-level.ts';
import type { LogStream } from './log-stream.ts';
import { LogTail } from './log-tail.ts';
import { OrderedLines } from './ordered-lines.ts';
import { OutputBudget } from './output-budget.ts';
import { OutputLines } from './output-lines.ts';
import {
  platformLines,
  type InitReport,
  type InitStart,
  type InvocationReport,
  type PlatformLines,
} from './platform-lines.ts';

export type OutputStream = 'stdout' | 'stderr';

export class EnvironmentLog {
  readonly #clock: Clock;
  readonly #stream: LogStream;
  readonly #lines: PlatformLines;
  readonly #ordered: OrderedLines;
  readonly #output: Readonly<Record<OutputStream, OutputLines>>;
  readonly #budget: OutputBudget;
  #tail: LogTail | undefined;
  /** Of the invocation that runs. */
  #tenantId: string | undefined;
  #lastReport: Promise<unknown> = Promise.resolve();

  constructor(
    deps: { readonly clock: Clock; readonly stream: LogStream },
    { logging, runtime }: Pick<FunctionVersion, 'logging' | 'runtime'>,
  ) {
    const { clock, stream } = deps;
    this.#clock = clock;
    this.#stream = stream;
    this.#lines = platformLines(logging, () => clock.nowMs());
    this.#ordered = new OrderedLines(({ atMs, text }) => stream.append(atMs, text));
    this.#budget = new OutputBudget(clock.monotonicMs());
    const passes =
      logging.format === 'JSON' ? applicationFilter(logging.applicationLevel) : undefined;
    const isManaged = !runtime.startsWith('provided');
    const emit = (line: string): void => {
      if (passes !== undefined && !passes(line)) return;
      this.#append(isManaged && line.includes('\r') ? rejoined(line) : line);
    };
    this.#output = { stdout: new OutputLines(emit), stderr: new OutputLines(emit) };
  }

  write(from: OutputStream, chunk: Uint8Array): void {
    if (this.#budget.spend(chunk.length, this.#clock.monotonicMs())) {
      this.#output[from].write(chunk);
    }
  }

  initStart(start: InitStart): void {
    this.#append(this.#lines.initStart(start));
  }

  initReport(report: InitReport): void {
    this.flushOutput();
    this.#append(this.#lines.initReport(report));
  }

  /** Opens an invocation's part of the log: its tail starts here. */
  start(
    order: {
      readonly requestId: string;
      readonly tenantId?: string;
      readonly wantsLogTail: boolean;
    },
    version: string,
  ): void {
    this.flushOutput();
    this.#tail = order.wantsLogTail ? new LogTail() : undefined;
    this.#tenantId = order.tenantId;
    this.#append(this.#lines.start(order.requestId, version, order.tenantId));
  }

  /**
   * Ends an invocation's part. The place of its REPORT is kept until the memory peak is known;
   * resolves then, with the tail where one was kept. `peakMib` never rejects.
   */
  report(
    requestId: string,
    report: Omit<InvocationReport, 'peakMib'>,
    peakMib: Promise<number>,
  ): Promise<Uint8Array | undefined> {
    this.flushOutput();
    this.#append(this.#lines.end(requestId, report));
    const atMs = this.#clock.nowMs();
    const place = this.#ordered.reserve();
    const tail = this.#tail;
    const tenantId = this.#tenantId;
    this.#tail = undefined;
    const written = peakMib.then((peak) => {
      const text = this.#lines.report(requestId, {
        ...report,
        peakMib: peak,
        ...(tenantId === undefined ? {} : { tenantId }),
      });
      place({ atMs, text: text ?? '' });
      if (text !== undefined) tail?.append(text);
      return tail?.bytes();
    });
    this.#lastReport = written;
    return written;
  }

  /** Unfinished lines become lines, and what was dropped is told. */
  flushOutput(): void {
    this.#output.stdout.flush();
    this.#output.stderr.flush();
    const droppedBytes = this.#budget.takeDropped();
    if (droppedBytes > 0) {
      this.#append(
        `[hearth] ${droppedBytes} bytes of output dropped: written faster than 5 MB/s\n`,
      );
    }
  }

  /** The environment is gone: sends the rest. */
  async end(): Promise<void> {
    this.flushOutput();
    await this.#lastReport;
    await this.#stream.end();
  }

  #append(text: string | undefined): void {
    if (text === undefined) return;
    this.#ordered.append({ atMs: this.#clock.nowMs(), text });
    this.#tail?.append(text);
  }
}

/**
 * A managed runtime writes a message of several lines as one line, joined by carriage returns;
 * in the log it is one event with real line ends again, as on AWS.
 */
function rejoined(line: string): string {
  return line.replaceAll(/\r(?!\n)/g, '\n');
}
