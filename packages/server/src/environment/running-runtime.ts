/**
 * One attempt to run a function's runtime: a sandbox, the process in it, and its session at the
 * Runtime API. A sandbox is used once, so an environment that has to start its runtime again has
 * a second one of these.
 */
import { RuntimeUnavailable } from '@hearth/runtimes';
import type { ProgramEnd } from '../core/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { KeptTmp, Sandbox, SandboxMount } from '../sandbox/driver.ts';
import type { ShutdownReason } from './extensions-api/extension-registry.ts';
import { environmentVariables } from './environment-variables.ts';
import { giveWay, type GivenWay } from './give-way.ts';
import type { InitEnd, InitFailure } from './init-end.ts';
import type { EnvironmentLog } from './log/environment-log.ts';
import type { BootedRuntime } from './pool/booted-runtime.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import { cpusOf, limitLikeFunction, openSandbox, type OpenSandboxDeps } from './open-sandbox.ts';
import type { SandboxWish } from './open-sandbox.ts';
import { shutDown } from './shut-down.ts';
import { onlyRuntime, startPrograms, type StartedPrograms } from './start-programs.ts';
import { XRAY_DAEMON } from './sandbox-shape.ts';
import { SharedReading } from './shared-reading.ts';
import { Readiness, type ReadinessOwner } from './readiness.ts';
import { RuntimeSession } from './runtime-api/runtime-session.ts';
import type { RuntimeEvent } from './runtime-api/runtime-event.ts';

export interface RuntimeDeps extends OpenSandboxDeps {
  readonly clock: Clock;
}

/** How long a runtime that has reported an init error may take to write its last lines and exit. */
const EXIT_GRACE_MS = 200;
const TASK_ROOT = '/var/task';

export class RunningRuntime {
  readonly session: RuntimeSession;
  /** Its process has ended, or an extension: it can do no more. */
  readonly ended: Promise<ProgramEnd>;
  readonly #sandbox: Sandbox;
  readonly #programs: StartedPrograms;
  readonly #clock: Clock;
  readonly #cpus: number;
  readonly #startedMs: number;
  readonly #readiness: Readiness;
  readonly #givenWay: GivenWay | undefined;
  readonly #peakBytes: SharedReading;

  constructor(parts: RuntimeParts) {
    const { sandbox, session, readiness, clock, cpus, programs, startedMs } = parts;
    this.#cpus = cpus;
    this.session = session;
    this.ended = readiness.ended;
    this.#sandbox = sandbox;
    this.#programs = programs;
    this.#clock = clock;
    this.#startedMs = startedMs;
    this.#readiness = readiness;
    this.#givenWay = parts.givenWay;
    this.#peakBytes = new SharedReading(() => sandbox.memoryPeakBytes());
  }

  deliver(event: RuntimeEvent): void {
    this.session.extensions.deliver(event);
    this.session.deliver(event);
  }

  /** Waits until all ask for their first event, one fails, or their time is used up. */
  async init(limitMs: number): Promise<InitEnd> {
    const limit = Promise.withResolvers<InitFailure>();
    const timer = setTimeout(() => limit.resolve({ kind: 'timed-out' }), limitMs);
    const { initFailed } = this.#readiness;
    const ready = this.#becomeReady();
    // Whatever else decides, a start that fails later is of no interest any more.
    ready.catch(() => {});
    const failure = await Promise.race([
      ready.then(() => undefined),
      initFailed.then((report): InitFailure => ({ kind: 'reported', report })),
      this.ended.then((end): InitFailure => ({ kind: 'exited', end })),
      limit.promise,
    ]);
    clearTimeout(timer);
    const durationMs = this.#clock.monotonicMs() - this.#startedMs;
    if (failure === undefined) {
      this.#endBurst();
      return { kind: 'ready', durationMs };
    }
    if (failure.kind === 'reported') await this.#exitsWithin(EXIT_GRACE_MS);
    return { kind: 'failed', durationMs, failure };
  }

  async #becomeReady(): Promise<void> {
    const { registered, first } = this.#readiness;
    await registered;
    this.#readiness.watchProgram('runtime', await this.#programs.startRuntime());
    await first;
  }

  /** Stops all of its processes from running; see `rest.ts`. */
  freeze(): Promise<void> {
    return this.#sandbox.freeze();
  }

  thaw(): Promise<void> {
    return this.#sandbox.thaw();
  }

  /** The most memory used so far, in whole megabytes as REPORT prints it; 0 if it is not known. */
  async memoryPeakMib(limitMib: number): Promise<number> {
    try {
      const bytes = await this.#peakBytes.get();
      return Math.min(limitMib, Math.ceil(bytes / 1_048_576));
    } catch {
      // The figure is for people to read; its absence must not fail an invocation.
      return 0;
    }
  }

  /** What its programs sent to X-Ray's daemon since it was asked last. */
  async collectSegments(): Promise<readonly Uint8Array[]> {
    try {
      return await this.#sandbox.collect(XRAY_DAEMON);
    } catch {
      // Only a sandbox that is being destroyed refuses: its segments are lost with it.
      return [];
    }
  }

  /** Nobody waits for it: the first invocation is not to pay for the end of init's burst. */
  #endBurst(): void {
    this.#givenWay?.end();
    this.#sandbox.limitCpus(this.#cpus).catch(() => {
      // Only a sandbox that is being destroyed refuses.
    });
  }

  /** Tells the extensions, kills everything, and resolves when it is verified dead. */
  async destroy(reason: string, shutdown: ShutdownReason): Promise<void> {
    try {
      await this.#shutDown(shutdown);
      await this.#sandbox.destroy(reason);
    } finally {
      this.session.cut();
    }
  }

  /** The same, but its /tmp is kept for the next attempt. */
  async retire(reason: string, shutdown: ShutdownReason): Promise<KeptTmp | undefined> {
    try {
      await this.#shutDown(shutdown);
      return await this.#sandbox.retire(reason);
    } finally {
      this.session.cut();
    }
  }

  /** From here on the runtime's calls have no effect. */
  async #shutDown(reason: ShutdownReason): Promise<void> {
    const { session } = this;
    this.#givenWay?.end();
    session.end();
    await shutDown(this.#programs, session.extensions, reason, this.#clock);
  }

  async #exitsWithin(graceMs: number): Promise<void> {
    const grace = Promise.withResolvers<void>();
    const timer = setTimeout(() => grace.resolve(), graceMs);
    await Promise.race([this.ended, grace.promise]);
    clearTimeout(timer);
  }
}

interface RuntimeParts {
  readonly sandbox: Sandbox;
  readonly session: RuntimeSession;
  readonly readiness: Readiness;
  readonly programs: StartedPrograms;
  readonly clock: Clock;
  readonly cpus: number;
  /** When its init began. */
  readonly startedMs: number;
  /** Of one that boots now. */
  readonly givenWay?: GivenWay;
}

export interface StartOptions extends SandboxWish {
  readonly log: EnvironmentLog;
  readonly listener: ReadinessOwner;
}

/**
 * Gives the function to a runtime that has booted already, or makes a sandbox and starts one. When
 * this rejects (the machine refused, or `signal` was aborted meanwhile), nothing of it is left.
 */
export async function startRuntime(
  deps: RuntimeDeps,
  plan: EnvironmentPlan,
  options: StartOptions,
): Promise<RunningRuntime> {
  options.signal.throwIfAborted();
  // A runtime that has booted has a /tmp already, and must not run before its extensions.
  const needsOwn =
    options.tmp !== undefined || plan.extensions.length > 0 || plan.image !== undefined;
  const booted = needsOwn ? undefined : deps.pools.take(plan.version);
  if (booted !== undefined) {
    try {
      return await assignBooted(deps, booted, plan, options);
    } catch (error) {
      await booted.destroy('it could not be given its function');
      options.signal.throwIfAborted();
      // Nothing of the function has run: it starts as if there were no pool.
      deps.logger.warn('pool.assignment-failed', { runtime: plan.version.runtime, error });
    }
  }
  return await startFresh(deps, plan, options);
}

async function assignBooted(
  { clock }: RuntimeDeps,
  booted: BootedRuntime,
  plan: EnvironmentPlan,
  { listener: owner, log, signal }: StartOptions,
): Promise<RunningRuntime> {
  const { sandbox, session } = booted;
  const { version } = plan;
  const readiness = new Readiness(owner);
  const programs = onlyRuntime(sandbox);
  const parts = { sandbox, session, readiness, programs, clock, cpus: cpusOf(version) };
  const runtime = new RunningRuntime({ ...parts, startedMs: clock.monotonicMs() });
  await Promise.all([sandbox.mount(functionMounts(plan)), limitLikeFunction(sandbox, plan)]);
  signal.throwIfAborted();
  openExtensions(session, plan, readiness, log);
  log.deliverInto(sandbox);
  const own = Object.entries(variablesOf(plan, sandbox));
  const platform = Object.fromEntries(own.map(([name, value]) => [name, sandbox.translate(value)]));
  booted.assign(readiness.runtimeListener, log.write, {
    env: { ...version.environment, ...platform },
    cwd: sandbox.translate(TASK_ROOT),
  });
  return runtime;
}

/** What its extensions are told about the function. */
function openExtensions(
  session: RuntimeSession,
  plan: EnvironmentPlan,
  readiness: Readiness,
  log: EnvironmentLog,
): void {
  const { extensions } = session;
  const { name, version, handler, account } = plan.version;
  session.metadata = { token: plan.metadataToken, region: plan.version.region };
  session.telemetry = log;
  // Before anything runs: a name decides whether a registration is that of an external extension.
  for (const extension of plan.extensions) extensions.expect(extension);
  readiness.watch(extensions);
  extensions.open(
    { functionName: name, functionVersion: version, handler, accountId: account },
    readiness.extensionListener,
  );
}

async function startFresh(
  deps: RuntimeDeps,
  plan: EnvironmentPlan,
  options: StartOptions,
): Promise<RunningRuntime> {
  const { log, signal } = options;
  // The function was made where it could run.
  if (plan.image !== undefined && !deps.driver.changesRoot) {
    throw new RuntimeUnavailable(
      'Container images need isolation by crun or runc, which this server does not have.',
    );
  }
  const readiness = new Readiness(options.listener);
  const session = new RuntimeSession(readiness.runtimeListener, deps.limits);
  openExtensions(session, plan, readiness, log);
  const sandbox = await openSandbox(deps, plan, session, options);
  let givenWay: GivenWay | undefined;
  try {
    signal.throwIfAborted();
    log.deliverInto(sandbox);
    const startedMs = deps.clock.monotonicMs();
    const env = variablesOf(plan, sandbox);
    const mounts = [...functionMounts(plan), ...plan.installation.mounts];
    givenWay = await giveWay(sandbox);
    const cwd = plan.image?.workingDirectory ?? TASK_ROOT;
    const start = { sandbox, plan, session, readiness, log, env, mounts, cwd };
    const programs = await startPrograms(start);
    signal.throwIfAborted();
    const timing = { startedMs, clock: deps.clock, givenWay };
    const parts = { sandbox, session, readiness, programs, ...timing };
    return new RunningRuntime({ ...parts, cpus: cpusOf(plan.version) });
  } catch (error) {
    givenWay?.end();
    session.cut();
    await sandbox.destroy('its program could not be started');
    throw error;
  }
}

function variablesOf(plan: EnvironmentPlan, sandbox: Sandbox): Record<string, string> {
  return environmentVariables({
    version: plan.version,
    installation: plan.installation,
    credentials: plan.session.credentials,
    logStream: plan.logStream,
    initializationType: plan.initializationType,
    metadataToken: plan.metadataToken,
    runtimeApi: sandbox.address('runtime-api'),
    awsEndpoint: sandbox.address('aws-endpoint'),
    xrayDaemon: sandbox.address(XRAY_DAEMON),
  });
}

function functionMounts(plan: EnvironmentPlan): readonly SandboxMount[] {
  if (plan.image !== undefined) return [];
  const { codeFolder, layersFolder } = plan;
  const code = { source: codeFolder, target: TASK_ROOT };
  return layersFolder === undefined ? [code] : [code, { source: layersFolder, target: '/opt' }];
}
