/**
 * The sandboxes of one environment, one after the other: each attempt to run the function's programs
 * has its own, and what a failed one left in /tmp goes to the next. Nothing of them outlives `close`.
 */
import type { KeptTmp } from '../sandbox/driver.ts';
import type { ShutdownReason } from './extensions-api/extension-registry.ts';
import type { EnvironmentLog } from './log/environment-log.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import { segmentsIn } from './tracing/daemon-datagrams.ts';
import {
  startRuntime,
  type RunningRuntime,
  type RuntimeDeps,
  type StartOptions,
} from './running-runtime.ts';

export class Attempts {
  readonly #deps: RuntimeDeps;
  readonly #environmentId: string;
  #made = 0;
  #current: RunningRuntime | undefined;
  /** What the last attempt left for the next. */
  #tmp: KeptTmp | undefined;
  /** What an attempt that failed had sent to X-Ray's daemon. */
  #uncollected: Uint8Array[] = [];
  /** Making a sandbox, and the end of one: both are awaited before the environment is gone. */
  #launch: Promise<unknown> = Promise.resolve();
  #resetting: Promise<unknown> = Promise.resolve();

  constructor(deps: RuntimeDeps, environmentId: string) {
    this.#deps = deps;
    this.#environmentId = environmentId;
  }

  get current(): RunningRuntime | undefined {
    return this.#current;
  }

  async launch(
    plan: EnvironmentPlan,
    options: Omit<StartOptions, 'sandboxId' | 'tmp'>,
  ): Promise<RunningRuntime> {
    this.#made += 1;
    const sandboxId = `${this.#environmentId}-${this.#made}`;
    const tmp = this.#tmp === undefined ? {} : { tmp: this.#tmp };
    const launch = startRuntime(this.#deps, plan, { ...options, ...tmp, sandboxId });
    this.#launch = launch.catch(() => {});
    this.#current = await launch;
    this.#tmp = undefined;
    return this.#current;
  }

  /** Segments that the function has sent to X-Ray's daemon since this was asked last, as JSON. */
  async collectSegments(): Promise<readonly string[]> {
    const left = this.#uncollected.splice(0);
    return segmentsIn([...left, ...((await this.#current?.collectSegments()) ?? [])]);
  }

  /** Ends the current one and keeps its /tmp; resolves when its processes are dead. */
  async reset(reason: string, shutdown: ShutdownReason, log: EnvironmentLog): Promise<void> {
    const runtime = this.#current;
    this.#current = undefined;
    if (runtime === undefined) return;
    const ending = this.#retire(runtime, reason, shutdown, log);
    this.#resetting = ending.catch(() => {});
    await ending;
  }

  /** Rejects when something could not be ended. */
  async close(reason: string, log: EnvironmentLog | undefined): Promise<void> {
    await this.#launch;
    await this.#resetting;
    await log?.flushTelemetry();
    await this.#current?.destroy(reason, 'spindown');
    await this.#tmp?.discard();
  }

  async #retire(
    runtime: RunningRuntime,
    reason: string,
    shutdown: ShutdownReason,
    log: EnvironmentLog,
  ): Promise<void> {
    await log.flushTelemetry();
    // Nothing of an attempt before that one is wanted any more.
    this.#uncollected = [...(await runtime.collectSegments())];
    this.#tmp = await runtime.retire(reason, shutdown);
  }
}
