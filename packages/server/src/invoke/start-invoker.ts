/**
 * The room's entrance: takes invocations, bounds them, runs them in environments and answers.
 * It owns every environment, the Runtime API and the way of the logs; closing it leaves nothing.
 */
import type { Socket } from 'node:net';
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { awsLimits, type Limits } from '../core/adjustable-limits.ts';
import type { CallAs } from '../core/call-as.ts';
import { functionArn, type FunctionVersion } from '../core/function-version.ts';
import type { Invoker } from '../core/invocation.ts';
import type { RoleSessions } from '../core/role-sessions.ts';
import type { EnvironmentDeps } from '../environment/environment-deps.ts';
import { Environment } from '../environment/environment.ts';
import { createLogShipper, type LogShipper } from '../environment/log/log-shipper.ts';
import type { PreparationDeps } from '../environment/prepare-environment.ts';
import {
  startRuntimePools,
  type PoolCounts,
  type PoolSettings,
} from '../environment/pool/runtime-pools.ts';
import { createTraceWriter, type TraceWriter } from '../environment/tracing/trace-writer.ts';
import { startRuntimeApi } from '../environment/runtime-api/start-runtime-api.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import { Semaphore } from '../lib/semaphore.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { EnvironmentPool, type PoolDeps } from './environment-pool.ts';
import type { InvocationStatistics } from './invocation-counts.ts';
import { InvocationLine } from './invocation-line.ts';
import { streamBandwidth } from './paced-sink.ts';
import { RateLimits } from './rate-limits.ts';
import { Router } from './router.ts';

export interface InvokerDeps {
  readonly driver: SandboxDriver;
  readonly runtimes: RuntimeCatalogue;
  readonly volumes: PreparationDeps['volumes'];
  readonly roles: RoleSessions;
  readonly callAs: CallAs;
  readonly acceptAwsConnection: (socket: Socket, sandboxId: string) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly settings: InvokerSettings;
}

export interface InvokerSettings {
  readonly idleTimeoutMs: number;
  /** `never` makes every invocation's environment brand-new. */
  readonly reuse: 'always' | 'never';
  readonly accountConcurrency: number;
  /** How long `close` waits for invocations that are under way. */
  readonly shutdownGraceMs?: number;
  /** Environments that start at the same time; more wait in line. */
  readonly startsAtOnce?: number;
  /** How many may wait in that line; more are throttled. */
  readonly startQueueLength?: number;
  readonly initTimeoutMs?: number;
  /** Of a streamed answer, after its first 6 MB; AWS's where it is not said. */
  readonly streamBytesPerSecond?: number;
  /** AWS's where it is not said. */
  readonly limits?: Limits;
  /** How old an environment may become. */
  readonly maxAgeMs?: number;
  /** Booted runtimes that are kept ready of each kind; none where it is not said. */
  readonly bootedOfEach?: number;
  /** Parked sandboxes that are kept ready; none where it is not said. */
  readonly parked?: number;
  /** The memory that all of them may take now, of which they have so much. */
  readonly poolBudgetMib?: (pooledMib: number) => number;
  /** As many of them are made at once while no environment works; one where it is not said. */
  readonly processors?: number;
}

/** What health shows. */
interface InvokerSnapshot extends PoolCounts {
  readonly environments: {
    readonly starting: number;
    /** The frozen ones among them. */
    readonly idle: number;
    readonly frozen: number;
    readonly busy: number;
  };
  readonly invocations: number;
  /** Of these: how many ended in a function's error, crash or timeout. */
  readonly errors: number;
  readonly throttles: number;
  readonly platformFaults: number;
  readonly logLinesDropped: number;
  readonly segmentsDropped: number;
}

export interface StartedInvoker extends Invoker, Closeable {
  snapshot(): InvokerSnapshot;
  /** More of the invocations than health shows. */
  statistics(): InvocationStatistics;
}

const STARTS_AT_ONCE = 4;
const POOL_BUDGET_MIB = 1_024;
const START_QUEUE_LENGTH = 1_000;
const SHUTDOWN_GRACE_MS = 5_000;
/** The reaper looks often enough that an environment is idle for at most a quarter too long. */
const MAX_REAP_INTERVAL_MS = 10_000;

export async function startInvoker(deps: InvokerDeps): Promise<StartedInvoker> {
  const { clock, logger, settings } = deps;
  const { limits = awsLimits } = settings;
  const isOnHostLoopback = deps.driver.isolation === 'process';
  const runtimeApi = startRuntimeApi({ logger }, { isOnHostLoopback });
  const logs = createLogShipper({ callAs: deps.callAs, logger });
  const traces = createTraceWriter(deps);
  const atOnce = (): number => (isAtRest(router) ? (settings.processors ?? 1) : 1);
  const poolsOf = { ...poolSettings(settings), atOnce };
  const pools = startRuntimePools({ ...deps, runtimeApi, limits }, poolsOf);
  const all: EnvironmentDeps = { ...environmentDeps(deps), limits, runtimeApi, logs, pools };
  const { accountConcurrency } = settings;
  const rates = new RateLimits(clock, accountConcurrency);
  const tenantLimits = new Map<string, number>();
  const createPool = createPools(all, settings);
  const router: Router = new Router((version, onEmpty, tenantId) =>
    createPool(version, onEmpty, () => {
      // An environment that is not the tenant's own can never serve it: it is one more, or none.
      const limit = tenantId === undefined ? undefined : tenantLimits.get(functionArn(version));
      if (limit !== undefined && router.environmentsOf(version) >= limit) {
        return 'ConcurrentInvocationLimitExceeded';
      }
      return rates.takeStart(version);
    }),
  );
  const reaper = startReaper(settings.idleTimeoutMs, () => {
    const before = clock.monotonicMs() - settings.idleTimeoutMs;
    for (const pool of router.pools) pool.reapIdle(before);
    rates.sweep();
  });
  const bandwidth = streamBandwidth(settings.streamBytesPerSecond);
  const bounds = { rates, accountConcurrency, tenantLimits, bandwidth };
  const line = new InvocationLine({ ...deps, ...bounds, router, traces });
  return {
    invoke: (request) => line.invoke(request),
    retire: (arn, keepIncarnation) => {
      if (keepIncarnation === undefined) tenantLimits.delete(arn);
      router.retire(arn, keepIncarnation);
    },
    provision: (version, count) => router.provision(version, count),
    provisioned: (version) => router.capacityOf(version),
    expect: (version) => pools.expect(version),
    snapshot: () => ({ ...pools.counts(), ...line.totals, ...snapshotOf(router, logs, traces) }),
    statistics: () => line.statistics,
    ...closeable(async () => {
      clearInterval(reaper);
      await line.drain(settings.shutdownGraceMs ?? SHUTDOWN_GRACE_MS);
      await Promise.all([
        pools.close(),
        ...router.pools.map((pool) => pool.destroyAll('the server is shutting down')),
      ]);
      await logs.close();
      await traces.close();
      await runtimeApi.close();
    }),
  };
}

function snapshotOf(router: Router, logs: LogShipper, traces: TraceWriter) {
  return {
    environments: countEnvironments(router),
    logLinesDropped: logs.linesDropped,
    segmentsDropped: traces.dropped,
  } satisfies Partial<InvokerSnapshot>;
}

function startReaper(idleTimeoutMs: number, reap: () => void): NodeJS.Timeout {
  return setInterval(reap, Math.min(MAX_REAP_INTERVAL_MS, Math.max(10, idleTimeoutMs / 4)));
}

function createPools(
  deps: EnvironmentDeps,
  settings: InvokerSettings,
): (
  version: FunctionVersion,
  onEmpty: () => void,
  refuseStart: NonNullable<PoolDeps['refuseStart']>,
) => EnvironmentPool {
  const gate = new Semaphore(
    settings.startsAtOnce ?? STARTS_AT_ONCE,
    settings.startQueueLength ?? START_QUEUE_LENGTH,
  );
  return (version, onEmpty, refuseStart) =>
    new EnvironmentPool({
      gate,
      refuseStart,
      createEnvironment: (listener, initializationType) =>
        new Environment(deps, version, listener, initializationType),
      reusesEnvironments: settings.reuse === 'always',
      onEmpty,
    });
}

function poolSettings({
  bootedOfEach,
  parked,
  poolBudgetMib,
}: InvokerSettings): Omit<PoolSettings, 'atOnce'> {
  const budgetMib = poolBudgetMib ?? (() => POOL_BUDGET_MIB);
  return { booted: bootedOfEach ?? 0, parked: parked ?? 0, budgetMib };
}

function environmentDeps(
  deps: InvokerDeps,
): Omit<EnvironmentDeps, 'limits' | 'runtimeApi' | 'logs' | 'pools'> {
  const { callAs: _, settings, ...rest } = deps;
  const { initTimeoutMs, maxAgeMs } = settings;
  return {
    ...rest,
    ...(initTimeoutMs === undefined ? {} : { initTimeoutMs }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  };
}

/** Whether no invocation is under way and no environment starts: nobody is disturbed. */
function isAtRest(router: Router): boolean {
  const { starting, busy } = countEnvironments(router);
  return starting + busy === 0;
}

function countEnvironments(router: Router): InvokerSnapshot['environments'] {
  const total = { starting: 0, idle: 0, frozen: 0, busy: 0 };
  for (const { counts } of router.pools) {
    total.starting += counts.starting;
    total.idle += counts.idle;
    total.frozen += counts.frozen;
    total.busy += counts.busy;
  }
  return total;
}
