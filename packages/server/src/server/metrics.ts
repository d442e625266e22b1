/**
 * What `GET /_hearth/metrics` answers. Everything is counted in memory where it happens and only
 * put together here, when somebody asks.
 */
import type { StartedInvoker } from '../invoke/start-invoker.ts';
import type { Clock } from '../lib/clock.ts';
import type { Sample } from '../observe/prometheus/metric.ts';
import { writeMetrics } from '../observe/prometheus/write-metrics.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import type { LambdaCounts } from '../services/lambda/lambda-counts.ts';
import type { StoreCounts } from '../store/store.ts';
import { metricTable, type MetricName } from './metric-table.ts';

export interface MetricsDeps {
  readonly version: string;
  readonly driver: Pick<SandboxDriver, 'isolation'>;
  readonly invoker: Pick<StartedInvoker, 'snapshot' | 'statistics'>;
  readonly lambda: () => LambdaCounts;
  readonly stores: Readonly<Record<string, { readonly counts: StoreCounts }>>;
  /** Records that could not be read, by their kind. */
  readonly damage: () => Readonly<Record<string, number>>;
  readonly clock: Clock;
}

export function createMetricsReport(deps: MetricsDeps): () => string {
  return () =>
    writeMetrics<MetricName>(metricTable, {
      ...ofInvocations(deps.invoker),
      ...ofEnvironments(deps.invoker),
      ...ofLambda(deps.lambda()),
      ...ofProcess(deps.clock),
      hearth_build_info: [
        { labels: { version: deps.version, isolation: deps.driver.isolation }, value: 1 },
      ],
      ...ofStores(deps.stores),
      hearth_damaged_records: by('kind', deps.damage()),
    });
}

type Samples<Name extends MetricName> = Readonly<Record<Name, readonly Sample[]>>;

function ofInvocations(invoker: MetricsDeps['invoker']) {
  const { ended, durations, running, throttles, platformFaults } = invoker.statistics();
  return {
    hearth_invocations_total: ended.map(({ outcome, start, count }) => ({
      labels: { outcome, start },
      value: count,
    })),
    hearth_invocation_duration_seconds: [
      { labels: { start: 'cold' }, value: durations.cold },
      { labels: { start: 'warm' }, value: durations.warm },
    ],
    hearth_invocations_running: [{ value: running }],
    hearth_throttles_total: by('reason', Object.fromEntries(throttles)),
    hearth_platform_faults_total: [{ value: platformFaults }],
  } satisfies Partial<Samples<MetricName>>;
}

function ofEnvironments(invoker: MetricsDeps['invoker']) {
  const { environments, pool, parked, logLinesDropped, segmentsDropped } = invoker.snapshot();
  const { idle, frozen } = environments;
  const pools = Object.entries({ ...pool, parked });
  return {
    // There the frozen ones are among the idle ones; here each is one of a kind.
    hearth_environments: by('state', { ...environments, idle: idle - frozen }),
    hearth_pool_sandboxes: pools.flatMap(([name, { ready, booting }]) => [
      { labels: { pool: name, state: 'ready' }, value: ready },
      { labels: { pool: name, state: 'starting' }, value: booting },
    ]),
    hearth_pool_wanted: pools.map(([name, { wanted }]) => ({
      labels: { pool: name },
      value: wanted,
    })),
    hearth_pool_takes_total: pools.flatMap(([name, { taken, missed }]) => [
      { labels: { pool: name, result: 'taken' }, value: taken },
      { labels: { pool: name, result: 'missed' }, value: missed },
    ]),
    hearth_log_lines_dropped_total: [{ value: logLinesDropped }],
    hearth_segments_dropped_total: [{ value: segmentsDropped }],
  } satisfies Partial<Samples<MetricName>>;
}

function ofLambda({ events, mappings, troubledMappings, undelivered }: LambdaCounts) {
  return {
    hearth_async_events: by('state', {
      waiting: events.waiting,
      delayed: events.delayed,
      running: events.running,
    }),
    hearth_async_oldest_event_age_seconds: [{ value: events.oldestAgeMs / 1_000 }],
    hearth_destination_failures_total: by('kind', {
      destination: undelivered.destinationDeliveryFailures,
      'dead-letter': undelivered.deadLetterErrors,
    }),
    hearth_event_source_mappings: by('state', mappings),
    hearth_event_source_mappings_troubled: [{ value: troubledMappings }],
  } satisfies Partial<Samples<MetricName>>;
}

function ofStores(stores: MetricsDeps['stores']) {
  const entries = Object.entries(stores);
  return {
    hearth_store_writes_total: entries.map(([store, { counts }]) => ({
      labels: { store },
      value: counts.writes,
    })),
    hearth_store_commits_total: entries.map(([store, { counts }]) => ({
      labels: { store },
      value: counts.commits,
    })),
  } satisfies Partial<Samples<MetricName>>;
}

function ofProcess(clock: Clock) {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    process_resident_memory_bytes: [{ value: process.memoryUsage.rss() }],
    process_cpu_seconds_total: [{ value: (userCPUTime + systemCPUTime) / 1_000_000 }],
    process_start_time_seconds: [{ value: clock.nowMs() / 1_000 - process.uptime() }],
  } satisfies Partial<Samples<MetricName>>;
}

/** A sample for each entry, under its name. */
function by(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
