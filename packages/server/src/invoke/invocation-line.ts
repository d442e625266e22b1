/** The invocations that are under way, how they are bounded, and what became of all of them. */
import type { BandwidthLimit } from '../core/bandwidth.ts';
import { functionArn, type FunctionVersion } from '../core/function-version.ts';
import {
  Throttled,
  type ConcurrencyShare,
  type InvocationRequest,
  type InvocationResult,
} from '../core/invocation.ts';
import type { InvocationTrace } from '../core/trace.ts';
import { EnvironmentEnded } from '../environment/invocation-order.ts';
import { answerOf } from './answers.ts';
import { Concurrency, unreserved } from './concurrency.ts';
import { InvocationCounts, type InvocationStatistics } from './invocation-counts.ts';
import { paceSink } from './paced-sink.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Router } from './router.ts';
import { tenantEnvironmentLimit } from './tenant-limit.ts';
import { TracedInvocation, type TracingDeps } from './tracing/traced-invocation.ts';
import { newTraceHeader } from './trace-header.ts';

export interface InvocationLineDeps extends TracingDeps {
  readonly router: Router;
  readonly rates: RateLimits;
  readonly accountConcurrency: number;
  /** Of each streamed answer. */
  readonly bandwidth: BandwidthLimit;
  /** By function ARN: how many environments its tenants may have now. */
  readonly tenantLimits: Map<string, number>;
}

export class InvocationLine {
  readonly #counts = new InvocationCounts();
  readonly #deps: InvocationLineDeps;
  readonly #concurrency: Concurrency;
  readonly #running = new Set<Promise<InvocationResult>>();
  #isDraining = false;

  constructor(deps: InvocationLineDeps) {
    this.#deps = deps;
    this.#concurrency = new Concurrency(deps.accountConcurrency);
  }

  get totals(): InvocationCounts['totals'] {
    return this.#counts.totals;
  }

  get statistics(): InvocationStatistics {
    return { running: this.#running.size, ...this.#counts.statistics };
  }

  async invoke(request: InvocationRequest): Promise<InvocationResult> {
    if (this.#isDraining) throw new EnvironmentEnded('the server is shutting down');
    const { trace } = request;
    const running = trace === undefined ? this.#admit(request) : this.#admitTraced(request, trace);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      if (error instanceof Throttled) this.#counts.throttled(error.reason);
      else this.#counts.platformFaults += 1;
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** No more are taken; resolves when those under way have ended, or the grace is over. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const grace = Promise.withResolvers<void>();
    const timer = setTimeout(() => grace.resolve(), graceMs);
    await Promise.race([Promise.allSettled(this.#running), grace.promise]);
    clearTimeout(timer);
  }

  /** A slot of what is provisioned of the version, else one of the others. */
  #take(version: FunctionVersion, share: ConcurrencyShare): () => void {
    const { router, rates } = this.#deps;
    const provisioned = router.provisionedOf(version);
    if (provisioned !== undefined) {
      const { ofVersion } = provisioned;
      const release = this.#concurrency.takeProvisioned(version, share, ofVersion);
      if (release !== undefined) {
        if (rates.takeProvisioned(version, ofVersion)) return release;
        release();
      }
    }
    const release = this.#concurrency.take(version, share, provisioned?.ofFunction);
    try {
      rates.takeRequest(version, share);
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #admitTraced(
    request: InvocationRequest,
    trace: InvocationTrace,
  ): Promise<InvocationResult> {
    const traced = new TracedInvocation(this.#deps, request, trace);
    try {
      return await this.#admit(request, traced);
    } catch (error) {
      traced.failed(error);
      throw error;
    }
  }

  async #admit(request: InvocationRequest, traced?: TracedInvocation): Promise<InvocationResult> {
    const { version, requestId, invokedArn, payload, clientContext, tenantId } = request;
    const { router, tenantLimits, accountConcurrency, clock } = this.#deps;
    const startedMs = clock.monotonicMs();
    const share = request.share ?? unreserved;
    const release = this.#take(version, share);
    const sink = request.sink && paceSink(request.sink, this.#deps.bandwidth, clock);
    try {
      if (tenantId !== undefined) {
        tenantLimits.set(functionArn(version), tenantEnvironmentLimit(share, accountConcurrency));
      }
      const environment = await router.poolFor(version, tenantId).acquire();
      const start = environment.isCold ? 'cold' : 'warm';
      traced?.assigned(environment);
      const { outcome, logTail } = await environment.invoke({
        requestId,
        invokedArn,
        payload,
        wantsLogTail: request.wantsLogTail,
        ...(clientContext === undefined ? {} : { clientContext }),
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(sink === undefined ? {} : { sink }),
        traceHeader: request.traceHeader ?? newTraceHeader(this.#deps),
      });
      this.#counts.ended(start, outcome.kind, clock.monotonicMs() - startedMs);
      const result = answerOf(outcome, { requestId, executedVersion: version.version }, logTail);
      traced?.answered(environment, result);
      return result;
    } finally {
      sink?.end();
      release();
    }
  }
}
