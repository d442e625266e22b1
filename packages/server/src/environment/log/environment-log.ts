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
  readonly #output: Readonly<Record<OutputStream, OutputLines>>;
  readonly #budget: OutputBudget;
  #tail: LogTail | undefined;

  constructor(
    deps: { readonly clock: Clock; readonly stream: LogStream },
    { logging, runtime }: Pick<FunctionVersion, 'logging' | 'runtime'>,
  ) {
    const { clock, stream } = deps;
    this.#clock = clock;
    this.#stream = stream;
    this.#lines = platformLines(logging, () => clock.nowMs());
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
  start(requestId: string, version: string, keepsTail: boolean): void {
    this.flushOutput();
    this.#tail = keepsTail ? new LogTail() : undefined;
    this.#append(this.#lines.start(requestId, version));
  }

  /** Ends an invocation's part; gives the tail where one was kept. */
  report(requestId: string, report: InvocationReport): Uint8Array | undefined {
    this.flushOutput();
    this.#append(this.#lines.end(requestId, report));
    this.#append(this.#lines.report(requestId, report));
    const tail = this.#tail?.bytes();
    this.#tail = undefined;
    return tail;
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
  end(): Promise<void> {
    this.flushOutput();
    return this.#stream.end();
  }

  #append(line: string | undefined): void {
    if (line === undefined) return;
    this.#stream.append(this.#clock.nowMs(), line);
    this.#tail?.append(line);
  }
}

/**
 * A managed runtime writes a message of several lines as one line, joined by carriage returns;
 * in the log it is one event with real line ends again, as on AWS.
 */
function rejoined(line: string): string {
  return line.replaceAll(/\r(?!\n)/g, '\n');
}
