/**
 * One execution environment: serves one incarnation of one function, one invocation at a time.
 * This object is the only writer of its state, and every change goes through the table in
 * `core/environment-state.ts`. It tells its pool when it is free and when it is gone, each gone
 * exactly once. Mirrors AWS's "Lambda execution environment lifecycle".
 */
import { stepEnvironment } from '../core/environment-state.ts';
import type { EnvironmentEvent, EnvironmentState } from '../core/environment-state.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import type { InitializationType } from '../core/initialization-type.ts';
import { PROVISIONED_INIT_TIMEOUT_MS } from '../core/limits.ts';
import type { Outcome, ProgramEnd } from '../core/outcome.ts';
import { invariant } from '../lib/invariant.ts';
import { Attempts } from './attempts.ts';
import type { EnvironmentDeps } from './environment-deps.ts';
import { failureOutcome, failureStatus, type InitFailed, type InitFailure } from './init-end.ts';
import { answerOutcome, drained, report, type ReportStatus } from './invocation-report.ts';
import type { ShutdownReason } from './extensions-api/extension-registry.ts';
import { launchFacts } from './find-extensions.ts';
import {
  EnvironmentEnded,
  withTail,
  type InvocationAnswer,
  type InvocationOrder,
} from './invocation-order.ts';
import { launchFailure } from './launch-failure.ts';
import type { EnvironmentLog, InitSpan } from './log/environment-log.ts';
import { openEnvironmentLog } from './log/open-environment-log.ts';
import { prepareEnvironment } from './prepare-environment.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import { Rest } from './rest.ts';
import { RunningInvocation } from './running-invocation.ts';
import type { RunningRuntime } from './running-runtime.ts';
import type { RuntimeAnswer } from './runtime-api/runtime-session.ts';

export interface EnvironmentListener {
  /** It can take the next invocation. */
  idle(environment: Environment): void;
  /** It is dead and cleaned up; called once. */
  gone(environment: Environment): void;
}

/** Shorter pauses are not worth the two writes, and no caller shall notice them. */
const FREEZE_AFTER_MS = 100;
/** Credentials that expire within this time after the longest invocation are not handed on. */
const CREDENTIALS_MARGIN_MS = 60_000;

export class Environment {
  readonly id: string;
  readonly version: FunctionVersion;
  /** By the monotonic clock; when it last became idle. */
  idleSinceMs = 0;
  readonly #deps: EnvironmentDeps;
  readonly #listener: EnvironmentListener;
  readonly #initializationType: InitializationType;
  readonly #starting = new AbortController();
  #state: EnvironmentState = 'creating';
  #plan: EnvironmentPlan | undefined;
  #log: EnvironmentLog | undefined;
  readonly #attempts: Attempts;
  readonly #rest: Rest;
  readonly #createdMs: number;
  #hasExited = false;
  #settling: Promise<unknown> = Promise.resolve();
  /** The init that the first invocation reports. */
  #coldInitMs: number | undefined;
  #invocation: RunningInvocation | undefined;
  #ending: Promise<void> | undefined;

  constructor(
    deps: EnvironmentDeps,
    version: FunctionVersion,
    listener: EnvironmentListener,
    initializationType: InitializationType = 'on-demand',
  ) {
    this.#deps = deps;
    this.#listener = listener;
    this.#initializationType = initializationType;
    this.version = version;
    this.id = deps.ids.hex(8);
    this.#createdMs = deps.clock.monotonicMs();
    this.#attempts = new Attempts(deps, this.id);
    this.#rest = new Rest({
      logger: deps.logger,
      afterMs: deps.freezeAfterMs ?? FREEZE_AFTER_MS,
      onFrozen: () => {
        if (this.#state === 'idle') this.#step('frozen');
      },
    });
  }

  get state(): EnvironmentState {
    return this.#state;
  }

  /** Whether the next invocation waits for its init, or is the first after one that was its own. */
  get isCold(): boolean {
    const isFirst = this.#coldInitMs !== undefined && this.#initializationType === 'on-demand';
    return isFirst || this.#state === 'reset';
  }

  /** Whether it can take one more: its runtime lives, its credentials will, and it is not old. */
  get isFresh(): boolean {
    if (this.#hasExited) return false;
    const ageMs = this.#deps.clock.monotonicMs() - this.#createdMs;
    if (ageMs > (this.#deps.maxAgeMs ?? Number.POSITIVE_INFINITY)) return false;
    const expiresAtMs = this.#plan?.session.credentials.expiresAtMs ?? Number.POSITIVE_INFINITY;
    const neededMs = this.version.timeoutSeconds * 1000 + CREDENTIALS_MARGIN_MS;
    return expiresAtMs - this.#deps.clock.nowMs() > neededMs;
  }

  /**
   * Resolves when init has ended, well or badly: either way the next step is an invocation, which
   * tries a failed init once more. Rejects when the platform could not start it; then it is gone.
   */
  async start(): Promise<void> {
    try {
      await this.#initialize();
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'its start failed';
      await this.destroy(`it could not be started: ${reason}`);
      throw error;
    }
  }

  /** Rejects with a fault of the platform only; what the function did is an outcome. */
  async invoke(order: InvocationOrder): Promise<InvocationAnswer> {
    const mustInitAgain = this.#state === 'reset';
    this.#step('assigned');
    const waking = this.#rest.wake();
    const invocation = new RunningInvocation(this.#deps.clock, this.#timeoutMs);
    this.#invocation = invocation;
    try {
      if (waking !== undefined) await waking;
      if (mustInitAgain) {
        const failed = await this.#initAgain(invocation);
        if (failed !== undefined) return await this.#answerFailedInit(order, invocation, failed);
      }
      return await this.#run(order, invocation);
    } catch (error) {
      await this.destroy('its invocation failed in the platform');
      throw error;
    }
  }

  /** The init that no invocation has told of yet, in its trace. */
  takeInit(): InitSpan | undefined {
    return this.#log?.takeInit();
  }

  collectSegments(): Promise<readonly string[]> {
    return this.#attempts.collectSegments();
  }

  /** Resolves when what follows the last answer is done: its log lines are written. */
  async settled(): Promise<void> {
    await this.#settling;
  }

  /** Kills it now, whatever it does; resolves when it is verified dead. Idempotent and shared. */
  destroy(reason: string): Promise<void> {
    if (this.#ending !== undefined) return this.#ending;
    this.#step('stop');
    const ended = new EnvironmentEnded(reason);
    this.#starting.abort(ended);
    this.#invocation?.abandon(ended);
    this.#invocation?.dispose();
    this.#ending = this.#end(reason, this.#rest.wake());
    return this.#ending;
  }

  async #initialize(): Promise<void> {
    const { deps, plan, log } = await this.#prepare();
    log.initStart('init', plan);
    const failure = launchFailure(plan);
    if (failure !== undefined) {
      this.#step('started');
      if (plan.extensionProblem !== undefined) log.extensions([launchFacts(plan.extensionProblem)]);
      log.launchError(plan.entryPointProblem?.logLine);
      await this.#failInit(log, { kind: 'failed', durationMs: 0, failure });
      return;
    }
    const runtime = await this.#launchRuntime(plan, log);
    this.#step('started');
    const end = await runtime.init(deps.initTimeoutMs ?? this.#initLimitMs);
    this.#starting.signal.throwIfAborted();
    if (end.kind === 'failed') {
      await this.#failInit(log, end);
      return;
    }
    this.#coldInitMs = end.durationMs;
    await this.#reportInit(log, runtime, end.durationMs);
    this.#becomeIdle();
  }

  async #prepare(): Promise<{
    readonly deps: EnvironmentDeps;
    readonly plan: EnvironmentPlan;
    readonly log: EnvironmentLog;
  }> {
    const deps = this.#deps;
    const plan = await prepareEnvironment(deps, this.version, this.#initializationType);
    this.#starting.signal.throwIfAborted();
    const log = openEnvironmentLog(deps, this.version, plan);
    this.#plan = plan;
    this.#log = log;
    return { deps, plan, log };
  }

  async #failInit(log: EnvironmentLog, end: InitFailed): Promise<void> {
    log.extensions(this.#attempts.current?.session.extensions.all);
    log.initReport({ durationMs: end.durationMs, ...failureStatus(end.failure) });
    await this.#reset('its init failed', end.failure.kind === 'timed-out' ? 'timeout' : 'failure');
    this.#starting.signal.throwIfAborted();
    this.#becomeReset();
  }

  /**
   * AWS: after a failure the environment stays, with what is in its /tmp, and without a process; the
   * next invocation runs its init again. Resolves when everything of the failed attempt is dead.
   */
  async #reset(reason: string, shutdown: ShutdownReason): Promise<void> {
    this.#step('failed');
    await this.#attempts.reset(reason, shutdown, this.#prepared().log);
    this.#hasExited = false;
  }

  /** It is dead, and can be used again. Whoever ended it meanwhile goes on from here. */
  #becomeReset(): void {
    if (this.#state !== 'resetting') return;
    this.#step('destroyed');
    this.idleSinceMs = this.#deps.clock.monotonicMs();
  }

  async #reportInit(
    log: EnvironmentLog,
    runtime: RunningRuntime,
    durationMs: number,
  ): Promise<void> {
    // A cold start waits for the last output of its init only where an extension wants to see it.
    if (log.hasSubscribers) {
      await drained();
      this.#starting.signal.throwIfAborted();
    }
    log.extensions(runtime.session.extensions.all);
    log.initReport({ durationMs, status: 'success' });
  }

  async #launchRuntime(plan: EnvironmentPlan, log: EnvironmentLog): Promise<RunningRuntime> {
    const runtime = await this.#attempts.launch(plan, {
      log,
      listener: {
        ready: () => this.#onReady(),
        runtimeParked: () => this.#onRuntimeParked(log),
        answering: () => log.answering(),
        answered: (answer) => this.#onAnswered(answer),
      },
      signal: this.#starting.signal,
    });
    void runtime.ended.then((end) => this.#onEnded(runtime, end));
    return runtime;
  }

  /** AWS: without INIT_START, inside the invocation and under its timeout. */
  async #initAgain(invocation: RunningInvocation): Promise<InitFailure | undefined> {
    const { plan, log } = this.#prepared();
    log.initStart('invoke', plan);
    const known = launchFailure(plan);
    if (known !== undefined) {
      log.launchError(plan.entryPointProblem?.logLine);
      log.initReport({ durationMs: 0, ...failureStatus(known) });
      return known;
    }
    const runtime = await this.#launchRuntime(plan, log);
    const end = await runtime.init(invocation.remainingMs());
    this.#starting.signal.throwIfAborted();
    if (end.kind === 'ready') {
      await this.#reportInit(log, runtime, end.durationMs);
      this.#step('parked');
      return undefined;
    }
    const { durationMs, failure } = end;
    log.extensions(runtime.session.extensions.all);
    log.initReport({ durationMs, ...failureStatus(failure) });
    return failure;
  }

  async #run(order: InvocationOrder, invocation: RunningInvocation): Promise<InvocationAnswer> {
    const { log, runtime } = this.#prepared();
    invariant(runtime !== undefined, 'an environment that runs an invocation has a runtime');
    log.start(order);
    runtime.deliver({
      ...order,
      deadlineAtMs: this.#deps.clock.nowMs() + invocation.remainingMs(),
    });
    const end = await invocation.end;
    switch (end.kind) {
      case 'answered': {
        const outcome = answerOutcome(end.answer);
        const settled = this.#settle(invocation, runtime);
        this.#settling = settled;
        return order.wantsLogTail ? withTail(outcome, await settled) : { outcome };
      }
      case 'timed-out': {
        const outcome: Outcome = { kind: 'timed-out', afterMs: this.#timeoutMs };
        return withTail(outcome, await this.#endFailed(invocation, { status: 'timeout' }));
      }
      case 'exited': {
        const status = failureStatus(end);
        const tail = await this.#endFailed(invocation, status);
        return withTail({ kind: 'crashed', ...end.end }, tail);
      }
    }
  }

  async #answerFailedInit(
    order: InvocationOrder,
    invocation: RunningInvocation,
    failure: InitFailure,
  ): Promise<InvocationAnswer> {
    const { log } = this.#prepared();
    // AWS: START comes after the init that ran inside the invocation.
    log.start(order);
    const tail = await this.#endFailed(invocation, failureStatus(failure));
    return withTail(failureOutcome(failure, order.requestId, this.#timeoutMs), tail);
  }

  /**
   * After the answer: the invocation lasts until the runtime asks for its next event. Never
   * rejects; the caller may have its answer already.
   */
  async #settle(
    invocation: RunningInvocation,
    runtime: RunningRuntime,
  ): Promise<Uint8Array | undefined> {
    const { log } = this.#prepared();
    try {
      const end = await invocation.settled;
      if (end.kind !== 'parked') {
        const status = end.kind === 'exited' ? failureStatus(end) : { status: 'timeout' as const };
        return await this.#endFailed(invocation, status);
      }
      invocation.dispose();
      await drained();
      if (this.#ending !== undefined) return undefined;
      // Read only now: the caller's answer has left, and need not wait for two files.
      const peak = runtime.memoryPeakMib(this.version.memoryMib);
      const facts = this.#facts(end.atMs - invocation.startedMs, { status: 'success' });
      const written = log.report(report(facts), peak, this.#hasExtensions);
      this.#invocation = undefined;
      this.#becomeIdle();
      return await written;
    } catch (error) {
      // The environment was ended from outside, or could not be; whoever ended it was told.
      this.#deps.logger.debug('environment.unsettled', { environment: this.id, error });
      return undefined;
    }
  }

  /** Resets the environment after its failed invocation; resolves when its processes are dead. */
  async #endFailed(
    invocation: RunningInvocation,
    status: ReportStatus,
  ): Promise<Uint8Array | undefined> {
    invocation.dispose();
    // An extension is to know before it ends too.
    if (this.#log?.hasSubscribers === true) this.#log.runtimeDone(status);
    const isTimeout = status.status === 'timeout';
    const durationMs = isTimeout ? this.#timeoutMs : invocation.elapsedMs();
    const peakMib = (await this.#attempts.current?.memoryPeakMib(this.version.memoryMib)) ?? 0;
    if (this.#ending !== undefined) return undefined;
    const facts = this.#facts(durationMs, status);
    const hasExtensions = this.#hasExtensions;
    await this.#reset(
      isTimeout ? 'its invocation timed out' : 'its runtime failed',
      isTimeout ? 'timeout' : 'failure',
    );
    const tail = this.#log?.report(report(facts), Promise.resolve(peakMib), hasExtensions);
    if (this.#invocation === invocation) this.#invocation = undefined;
    this.#becomeReset();
    if (this.#state === 'reset') this.#listener.idle(this);
    return await tail;
  }

  #facts(durationMs: number, status: ReportStatus): Parameters<typeof report>[0] {
    const initMs = this.#coldInitMs;
    this.#coldInitMs = undefined;
    const { memoryMib } = this.version;
    return { durationMs, memoryMib, status, ...(initMs === undefined ? {} : { initMs }) };
  }

  get #hasExtensions(): boolean {
    return (this.#attempts.current?.session.extensions.all.length ?? 0) > 0;
  }

  #onRuntimeParked(log: EnvironmentLog): void {
    log.parked();
    // Whoever does not watch learns it with the report.
    if (!log.hasSubscribers) return;
    const invocation = this.#invocation;
    void drained().then(() => {
      if (this.#invocation !== invocation) return;
      const outcome = { status: 'success' } as const;
      if (this.#state === 'responded') log.runtimeDone(outcome);
      else if (this.#state !== 'stopping') log.initRuntimeDone(outcome);
    });
  }

  #onReady(): void {
    if (this.#state === 'responded') this.#invocation?.parked();
  }

  #onAnswered(answer: RuntimeAnswer): void {
    this.#log?.answered(answer);
    this.#step('answered');
    this.#invocation?.answered(answer);
  }

  async #onEnded(runtime: RunningRuntime, end: ProgramEnd): Promise<void> {
    if (runtime !== this.#attempts.current) return;
    this.#hasExited = true;
    // An answer that was sent just before the exit may still be on its way through the loop.
    await drained();
    if (this.#state === 'busy' || this.#state === 'responded') this.#invocation?.exited(end);
    if (this.#state !== 'idle' && this.#state !== 'frozen') return;
    await this.destroy('its runtime exited between invocations').catch(() => {});
  }

  #becomeIdle(): void {
    this.#step('parked');
    this.idleSinceMs = this.#deps.clock.monotonicMs();
    const { current } = this.#attempts;
    if (current !== undefined) this.#rest.begin(current);
    this.#listener.idle(this);
  }

  async #end(reason: string, waking: Promise<void> | undefined): Promise<void> {
    try {
      // Who is asked to end must run; what only is killed need not.
      await waking?.catch(() => {});
      await this.#attempts.close(reason, this.#log);
    } catch (error) {
      this.#deps.logger.error('environment.not-destroyed', { environment: this.id, reason, error });
      throw error;
    } finally {
      this.#step('destroyed');
      void this.#log?.end();
      this.#listener.gone(this);
    }
  }

  #step(event: EnvironmentEvent): void {
    const next = stepEnvironment(this.#state, event);
    invariant(next !== undefined, `an environment that is ${this.#state} refuses '${event}'`);
    this.#deps.logger.debug('environment.step', { environment: this.id, event, state: next });
    this.#state = next;
  }

  #prepared(): {
    readonly plan: EnvironmentPlan;
    readonly log: EnvironmentLog;
    readonly runtime: RunningRuntime | undefined;
  } {
    invariant(this.#plan !== undefined && this.#log !== undefined, 'it was started before');
    return { plan: this.#plan, log: this.#log, runtime: this.#attempts.current };
  }

  get #initLimitMs(): number {
    if (this.#initializationType === 'on-demand') return this.#deps.limits.initSeconds * 1_000;
    return Math.max(PROVISIONED_INIT_TIMEOUT_MS, this.#timeoutMs);
  }

  get #timeoutMs(): number {
    return this.version.timeoutSeconds * 1000;
  }
}
