/**
 * One attempt to run a function's runtime: a sandbox, the process in it, and its session at the
 * Runtime API. A sandbox is used once, so an environment that has to start its runtime again has
 * a second one of these.
 */
import type { Socket } from 'node:net';
import { MEMORY_MIB_PER_CPU, SANDBOX_FILE_DESCRIPTORS, SANDBOX_PROCESSES } from '../core/limits.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import type { ProcessExit } from '../core/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { Sandbox, SandboxDriver, SandboxListener } from '../sandbox/driver.ts';
import { environmentVariables } from './environment-variables.ts';
import type { InitEnd, InitFailure } from './init-end.ts';
import type { EnvironmentLog } from './log/environment-log.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import { SharedReading } from './shared-reading.ts';
import { RuntimeSession, type RuntimeListener } from './runtime-api/runtime-session.ts';
import type { RuntimeApi } from './runtime-api/start-runtime-api.ts';

export interface RuntimeDeps {
  readonly driver: SandboxDriver;
  readonly runtimeApi: RuntimeApi;
  readonly acceptAwsConnection: (socket: Socket, sandboxId: string) => void;
  readonly clock: Clock;
}

/** How long a runtime that has reported an init error may take to write its last lines and exit. */
const EXIT_GRACE_MS = 200;
/**
 * CPUs during init, whatever the function's share is: AWS gives init a burst as well, and at
 * 128 MB (0.07 CPUs) an interpreter alone would take half a second to start.
 */
const INIT_CPUS = 2;
const RUNTIME_API_PORT = 9001;
const AWS_ENDPOINT_PORT = 4566;

export class RunningRuntime {
  readonly session: RuntimeSession;
  readonly exited: Promise<ProcessExit>;
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  readonly #cpus: number;
  readonly #startedMs: number;
  readonly #initFailed: Promise<InitFailure>;
  readonly #parked: Promise<void>;
  readonly #peakBytes: SharedReading;

  constructor(
    sandbox: Sandbox,
    session: RuntimeSession,
    init: { readonly parked: Promise<void>; readonly failed: Promise<InitFailure> },
    clock: Clock,
    cpus: number,
  ) {
    this.#cpus = cpus;
    this.session = session;
    this.exited = sandbox.exited;
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.#parked = init.parked;
    this.#initFailed = init.failed;
    this.#peakBytes = new SharedReading(() => sandbox.memoryPeakBytes());
  }

  /** Waits until the runtime asks for its first event, fails, or has used up its time. */
  async init(limitMs: number): Promise<InitEnd> {
    const limit = Promise.withResolvers<InitFailure>();
    const timer = setTimeout(() => limit.resolve({ kind: 'timed-out' }), limitMs);
    const exited = this.exited.then((exit): InitFailure => ({ kind: 'exited', exit }));
    const failure = await Promise.race([
      this.#parked.then(() => undefined),
      this.#initFailed,
      exited,
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

  /** Nobody waits for it: the first invocation is not to pay for the end of init's burst. */
  #endBurst(): void {
    if (this.#cpus >= INIT_CPUS) return;
    this.#sandbox.limitCpus(this.#cpus).catch(() => {
      // Only a sandbox that is being destroyed refuses.
    });
  }

  /** Kills everything and resolves when it is verified dead. */
  async destroy(reason: string): Promise<void> {
    this.session.end();
    try {
      await this.#sandbox.destroy(reason);
    } finally {
      this.session.cut();
    }
  }

  async #exitsWithin(graceMs: number): Promise<void> {
    const grace = Promise.withResolvers<void>();
    const timer = setTimeout(() => grace.resolve(), graceMs);
    await Promise.race([this.exited, grace.promise]);
    clearTimeout(timer);
  }
}

/**
 * Makes a sandbox and starts the runtime in it. When this rejects (the machine refused, or
 * `signal` was aborted meanwhile), nothing of the sandbox is left.
 */
export async function startRuntime(
  deps: RuntimeDeps,
  plan: EnvironmentPlan,
  options: {
    readonly sandboxId: string;
    readonly log: EnvironmentLog;
    readonly listener: Omit<RuntimeListener, 'initFailed'>;
    readonly signal: AbortSignal;
  },
): Promise<RunningRuntime> {
  const { log, signal } = options;
  const parked = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<InitFailure>();
  const session = new RuntimeSession({
    parked() {
      parked.resolve();
      options.listener.parked();
    },
    initFailed: (report) => failed.resolve({ kind: 'reported', report }),
    answered: (answer) => options.listener.answered(answer),
  });
  signal.throwIfAborted();
  const sandbox = await deps.driver.create(
    sandboxRequest(plan, options.sandboxId, [
      {
        name: 'runtime-api',
        port: RUNTIME_API_PORT,
        onConnection: (socket) => deps.runtimeApi.accept(socket, session),
      },
      {
        name: 'aws-endpoint',
        port: AWS_ENDPOINT_PORT,
        onConnection: (socket) => deps.acceptAwsConnection(socket, options.sandboxId),
      },
    ]),
  );
  try {
    signal.throwIfAborted();
    const runtime = new RunningRuntime(
      sandbox,
      session,
      { parked: parked.promise, failed: failed.promise },
      deps.clock,
      cpusOf(plan.version),
    );
    await startProgram(sandbox, plan, log);
    signal.throwIfAborted();
    return runtime;
  } catch (error) {
    session.cut();
    await sandbox.destroy('its program could not be started');
    throw error;
  }
}

function cpusOf({ memoryMib }: FunctionVersion): number {
  return memoryMib / MEMORY_MIB_PER_CPU;
}

function sandboxRequest(
  { version }: EnvironmentPlan,
  id: string,
  listeners: readonly SandboxListener[],
): Parameters<SandboxDriver['create']>[0] {
  return {
    id,
    memoryMib: version.memoryMib,
    cpus: Math.max(INIT_CPUS, cpusOf(version)),
    tmpMib: version.ephemeralMib,
    maxProcesses: SANDBOX_PROCESSES,
    maxFileDescriptors: SANDBOX_FILE_DESCRIPTORS,
    listeners,
  };
}

async function startProgram(
  sandbox: Sandbox,
  plan: EnvironmentPlan,
  log: EnvironmentLog,
): Promise<void> {
  const { version, installation } = plan;
  await sandbox.start({
    argv: installation.argv,
    env: environmentVariables({
      version,
      installation,
      credentials: plan.session.credentials,
      logStream: plan.logStream,
      runtimeApi: sandbox.address('runtime-api'),
      awsEndpoint: sandbox.address('aws-endpoint'),
    }),
    userEnv: version.environment,
    cwd: '/var/task',
    mounts: [{ source: plan.codeFolder, target: '/var/task' }, ...installation.mounts],
    onOutput: (stream, chunk) => log.write(stream, chunk),
  });
}
