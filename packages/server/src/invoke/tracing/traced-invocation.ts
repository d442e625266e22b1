/**
 * One invocation whose segments are kept, while it runs: notes when things happened, and writes
 * the segments once nothing more happens. Its caller waits for none of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Throttled, type InvocationRequest, type InvocationResult } from '../../core/invocation.ts';
import type { InvocationTrace } from '../../core/trace.ts';
import type { Environment } from '../../environment/environment.ts';
import type { InitSpan } from '../../environment/log/environment-log.ts';
import type { TraceWriter } from '../../environment/tracing/trace-writer.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { causeOf } from './segment-cause.ts';
import { functionSegment, lambdaSegment, type LambdaEnd } from './segments.ts';

export interface TracingDeps {
  readonly traces: TraceWriter;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Shorter than it takes until an idle environment is frozen. */
const LAST_SEGMENTS_MS = 50;

type TracedEnvironment = Pick<Environment, 'isCold' | 'takeInit' | 'settled' | 'collectSegments'>;

export class TracedInvocation {
  readonly #deps: TracingDeps;
  readonly #request: InvocationRequest;
  readonly #trace: InvocationTrace;
  readonly #inits: InitSpan[] = [];
  #isCold = false;
  #startedAtMs = 0;

  constructor(deps: TracingDeps, request: InvocationRequest, trace: InvocationTrace) {
    this.#deps = deps;
    this.#request = request;
    this.#trace = trace;
  }

  /** Called before the environment gets it. */
  assigned(environment: TracedEnvironment): void {
    this.#startedAtMs = this.#deps.clock.nowMs();
    this.#isCold = environment.isCold;
    const init = environment.takeInit();
    // That of a provisioned one was long before anybody asked.
    if (init !== undefined && this.#isCold) this.#inits.push(init);
  }

  answered(environment: TracedEnvironment, result: InvocationResult): void {
    const { clock, ids, traces } = this.#deps;
    const answeredAtMs = clock.nowMs();
    // One that ran inside the invocation.
    const init = environment.takeInit();
    if (init !== undefined) this.#inits.push(init);
    const cause = causeOf(result, ids.hex(8));
    // AWS: Lambda itself answered; that the function failed stands in the function's segment, and
    // in the try of an event.
    const isEvent = this.#trace.event !== undefined;
    const failure = isEvent && cause !== undefined ? { fault: true as const } : {};
    this.#write(this.#lambda({ endedAtMs: answeredAtMs, status: isEvent ? 202 : 200, failure }));
    traces.expect(
      environment.settled().then(async () => {
        const times = {
          startedAtMs: this.#startedAtMs,
          answeredAtMs,
          settledAtMs: clock.nowMs(),
          inits: this.#inits,
          isCold: this.#isCold,
        };
        this.#write(functionSegment(this.#request, this.#trace, times, cause, this.#idOf));
        this.#write(...(await environment.collectSegments()));
        // What a client has sent at the very end comes a moment after its function's answer.
        await sleep(LAST_SEGMENTS_MS);
        this.#write(...(await environment.collectSegments()));
      }),
    );
  }

  /** It was not run, or not to its end. */
  failed(error: unknown): void {
    const endedAtMs = this.#deps.clock.nowMs();
    this.#write(
      this.#lambda(
        error instanceof Throttled
          ? { endedAtMs, status: 429, failure: { error: true, throttle: true } }
          : { endedAtMs, status: 500, failure: { fault: true } },
      ),
    );
  }

  #lambda(end: LambdaEnd): string {
    return lambdaSegment(this.#request, this.#trace, end, this.#idOf);
  }

  readonly #idOf = (bytes: number): string => this.#deps.ids.hex(bytes);

  #write(...documents: readonly string[]): void {
    if (documents.length > 0) this.#deps.traces.write(this.#request.version, documents);
  }
}
